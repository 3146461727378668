"""The Job that publishes a version of a static site to its slot's folder in a bucket.

Files that browsers cache for ever are uploaded first, the pages that refer to them last; files that the version no
longer has are deleted at the end. A slot is filled while it has no visitors, so no page ever lacks its files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pulumi_kubernetes import batch, core, meta

from components.manifests import names, pod
from components.manifests.environment import BucketFacts
from components.manifests.scope import Scope
from components.manifests.versions import Pins
from components.sites.manifests import artefact
from slipway.settings.services import Site
from slipway.settings.stacks import SystemDeployment

# The checksums of encrypted files in a bucket are unusable: files that may change under the same name are always sent.
SCRIPT = f"""\
set -eu
test -s /artefact/index.html
hashed='{{{{.*{artefact.HASHED.replace("$", "")}}}}}'
for bucket in $BUCKETS; do
  to=":s3,provider=AWS,env_auth=true,no_check_bucket=true,region=${{bucket%%:*}}:${{bucket#*:}}/$SLOT"
  echo "$VERSION to $SLOT in ${{bucket#*:}}: files whose names carry a digest"
  rclone copy /artefact "$to" --size-only --include "$hashed" \\
    --header-upload "Cache-Control: public, max-age=31536000, immutable"
  echo "all other files"
  rclone copy /artefact "$to" --ignore-times --exclude "$hashed" --exclude "*.html" --exclude /config.json \\
    --header-upload "Cache-Control: no-cache"
  rclone copyto /config/config.json "$to/config.json" --ignore-times --header-upload "Cache-Control: no-cache"
  rclone copy /artefact "$to" --ignore-times --include "*.html" --header-upload "Cache-Control: no-cache"
  echo "away with what this version does not have"
  rclone sync /artefact "$to" --size-only --exclude /config.json
done
echo "published"
"""


@dataclass(frozen=True, kw_only=True)
class Publication:
    """A version of a site and the `buckets` to publish it to; `settings` are those of /config.json."""

    pins: Pins
    name: str
    slot: str
    site: Site
    deployment: SystemDeployment
    registry: str
    buckets: Sequence[BucketFacts]
    settings: Mapping[str, str]
    account: str
    """Service account with write access to the bucket."""
    identity: pod.Identity

    @property
    def job_name(self) -> str:
        """Returns a name with a digest of everything that is published, because a Job's template is immutable."""
        deployed = self.deployment.slot(self.slot)
        what = deployed.artefacts.get(self.name)
        content = [
            SCRIPT,
            self.pins.image("rclone"),
            self.registry,
            self.site.artefact,
            self.site.folder,
            deployed.version,
        ]
        text = json.dumps([*content, repr(what), dict(self.settings)], sort_keys=True)
        return names.hashed(self.job_group, hashlib.sha256(text.encode()).hexdigest())

    @property
    def job_group(self) -> str:
        return f"{names.in_slot(self.name, self.slot)}-publish"

    @property
    def pods(self) -> dict[str, str]:
        return {"app.kubernetes.io/name": self.job_group}


def job(scope: Scope, publication: Publication) -> batch.v1.JobInitArgs:
    return batch.v1.JobInitArgs(
        metadata=scope.metadata(
            publication.job_name,
            publication.site.source,
            service=publication.job_group,
            annotations={"pulumi.com/replaceUnready": "true"},
        ),
        spec=batch.v1.JobSpecArgs(
            backoff_limit=3,
            active_deadline_seconds=540,
            pod_failure_policy=pod.disruptions_ignored(),
            template=core.v1.PodTemplateSpecArgs(
                metadata=meta.v1.ObjectMetaArgs(
                    labels={**names.labels(scope.system, publication.job_group), **publication.identity.labels},
                    annotations=pod.UNDISTURBED,
                ),
                spec=_pod(publication),
            ),
        ),
    )


def _pod(publication: Publication) -> core.v1.PodSpecArgs:
    config = core.v1.ConfigMapVolumeSourceArgs(name=names.in_slot(publication.name, publication.slot))
    return core.v1.PodSpecArgs(
        restart_policy="Never",
        service_account_name=publication.account,
        automount_service_account_token=False,
        enable_service_links=False,
        security_context=pod.security(artefact.USER),
        volumes=[
            artefact.volume(),
            core.v1.VolumeArgs(name="config", config_map=config),
            *pod.scratch_volumes(["/tmp"]),
        ],
        init_containers=[
            artefact.fetch(
                publication.pins,
                publication.site,
                publication.name,
                publication.deployment,
                publication.slot,
                publication.registry,
            )
        ],
        containers=[_rclone(publication)],
    )


def _rclone(publication: Publication) -> core.v1.ContainerArgs:
    environment = {
        "BUCKETS": " ".join(f"{bucket.region}:{bucket.name}" for bucket in publication.buckets),
        "SLOT": publication.slot,
        "VERSION": publication.deployment.slot(publication.slot).version or "",
        "RCLONE_CONFIG": "/tmp/rclone.conf",
        "RCLONE_CACHE_DIR": "/tmp",
    }
    return core.v1.ContainerArgs(
        name="publish",
        image=publication.pins.image("rclone"),
        command=["sh", "-c", SCRIPT],
        env=[core.v1.EnvVarArgs(name=name, value=value) for name, value in environment.items()],
        env_from=pod.identity_environment(publication.identity),
        resources=pod.resources(artefact.SMALL),
        security_context=pod.container_security(),
        volume_mounts=[
            artefact.mount(),
            core.v1.VolumeMountArgs(name="config", mount_path="/config", read_only=True),
            *pod.scratch_mounts(["/tmp"]),
        ],
    )
