"""The Job that imports the definitions into a managed broker; it is idempotent."""

from __future__ import annotations

from dataclasses import dataclass

from pulumi_kubernetes import batch, core, meta

from components.manifests import names, pod
from components.manifests.scope import Scope
from slipway.settings.services import Resources

PORT = 443
"""The management API of a managed broker, over HTTPS."""
SCRIPT = """\
set -eu
umask 077
printf 'user = "%s:%s"\\n' "$USERNAME" "$PASSWORD" > /tmp/login
exec curl --config /tmp/login --silent --show-error --fail --retry 10 --retry-delay 5 --retry-all-errors \\
  --max-time 30 --header 'content-type: application/json' --data-binary @/definitions/definitions.json \\
  "https://$HOST/api/definitions"
"""
USER = 100
"""User id of `curl_user`. Source: curl/curl-container."""


@dataclass(frozen=True, kw_only=True)
class Import:
    """The import of definitions; `login` is the Secret with the broker's login."""

    broker: str
    source: str
    login: str
    digest: str

    @property
    def group(self) -> str:
        return names.shortened(f"{self.broker}-definitions", names.JOB_GROUP)

    @property
    def name(self) -> str:
        """Returns a name with a digest of the definitions, because a Job's template is immutable."""
        return names.hashed(self.group, self.digest)

    @property
    def pods(self) -> dict[str, str]:
        return {"app.kubernetes.io/name": self.group}


def job(scope: Scope, wanted: Import) -> batch.v1.JobInitArgs:
    return batch.v1.JobInitArgs(
        metadata=scope.metadata(
            wanted.name, wanted.source, service=wanted.group, annotations={"pulumi.com/replaceUnready": "true"}
        ),
        spec=batch.v1.JobSpecArgs(
            backoff_limit=3,
            active_deadline_seconds=540,
            template=core.v1.PodTemplateSpecArgs(
                metadata=meta.v1.ObjectMetaArgs(labels=names.labels(scope.system, wanted.group)),
                spec=core.v1.PodSpecArgs(
                    restart_policy="Never",
                    automount_service_account_token=False,
                    enable_service_links=False,
                    security_context=pod.security(USER),
                    volumes=[
                        core.v1.VolumeArgs(
                            name="definitions", config_map=core.v1.ConfigMapVolumeSourceArgs(name=wanted.group)
                        ),
                        *pod.scratch_volumes(["/tmp"]),
                    ],
                    containers=[_container(scope, wanted)],
                ),
            ),
        ),
    )


def _container(scope: Scope, wanted: Import) -> core.v1.ContainerArgs:
    def key(variable: str, name: str) -> core.v1.EnvVarArgs:
        source = core.v1.SecretKeySelectorArgs(name=wanted.login, key=name)
        return core.v1.EnvVarArgs(name=variable, value_from=core.v1.EnvVarSourceArgs(secret_key_ref=source))

    return core.v1.ContainerArgs(
        name="import",
        image=scope.pins.image("curl"),
        command=["sh", "-c", SCRIPT],
        env=[key("HOST", "host"), key("USERNAME", "username"), key("PASSWORD", "password")],
        resources=pod.resources(Resources(cpu="10m", memory="32Mi", cpu_limit="200m", memory_limit="64Mi")),
        security_context=pod.container_security(),
        volume_mounts=[
            core.v1.VolumeMountArgs(name="definitions", mount_path="/definitions", read_only=True),
            *pod.scratch_mounts(["/tmp"]),
        ],
    )
