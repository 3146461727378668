"""The Job that publishes a version of a static site to its slot's folder in a bucket.

What a browser may keep for ever goes first and the pages that refer to it last; what the version no longer has goes at
the end. A slot is filled while nobody visits it, so no page ever lacks its files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pulumi_kubernetes import batch, core, meta

from builders import artefact, names, pod
from builders.environment import BucketFacts
from builders.parts import Parts
from builders.scope import Scope
from settings.services import Site
from settings.stacks import Placement

# A bucket's checksums say nothing of encrypted files: what may change under its name is always sent.
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
    """A version of a site on its way to `buckets`; `settings` are those of /config.json."""

    parts: Parts
    name: str
    slot: str
    site: Site
    placement: Placement
    registry: str
    buckets: Sequence[BucketFacts]
    settings: Mapping[str, str]
    account: str
    """Service account that may write to the bucket."""
    identity: pod.Identity

    @property
    def job_name(self) -> str:
        """Holds a digest of all that is published, for a Job's template is immutable."""
        placed = self.placement.slot(self.slot)
        what = placed.artefacts.get(self.name)
        content = [
            SCRIPT,
            self.parts.image("rclone"),
            self.registry,
            self.site.artefact,
            self.site.folder,
            placed.version,
        ]
        text = json.dumps([*content, repr(what), dict(self.settings)], sort_keys=True)
        return f"{self.job_group}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"

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
            template=core.v1.PodTemplateSpecArgs(
                metadata=meta.v1.ObjectMetaArgs(
                    labels={**names.labels(scope.system, publication.job_group), **publication.identity.labels}
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
                publication.parts,
                publication.site,
                publication.name,
                publication.placement,
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
        "VERSION": publication.placement.slot(publication.slot).version or "",
        "RCLONE_CONFIG": "/tmp/rclone.conf",
        "RCLONE_CACHE_DIR": "/tmp",
    }
    return core.v1.ContainerArgs(
        name="publish",
        image=publication.parts.image("rclone"),
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
