"""PostgreSQL in one plain pod, for tests: no operator, no standby, no backups, no TLS."""

from __future__ import annotations

from pulumi_kubernetes import apps, core, meta

from components.manifests import names, pod, priorities
from components.manifests.scope import Scope
from components.manifests.versions import Pins
from slipway.settings.databases import Database
from slipway.settings.services import Resources

PORT = 5432
"""PostgreSQL's default port."""
USER = 70
"""User id of `postgres`. Source: docker-library/postgres, Alpine images."""
DATA = "/var/lib/postgresql/data"
RESOURCES = Resources(cpu="100m", memory="128Mi", cpu_limit="1", memory_limit="512Mi")


def pods(name: str) -> dict[str, str]:
    return {"app.kubernetes.io/name": f"{name}-postgres"}


def service(scope: Scope, *, name: str, source: str) -> core.v1.ServiceInitArgs:
    """Returns the Service of the pod."""
    return core.v1.ServiceInitArgs(
        metadata=scope.metadata(name, source),
        spec=core.v1.ServiceSpecArgs(
            cluster_ip="None",
            selector=pods(name),
            ports=[core.v1.ServicePortArgs(name="postgres", port=PORT, target_port="postgres")],
        ),
    )


def stateful_set(
    scope: Scope, *, name: str, settings: Database, superuser: str, storage_class: str | None
) -> apps.v1.StatefulSetInitArgs:
    """Returns the StatefulSet; `superuser` is a Secret with the administrator's login."""
    return apps.v1.StatefulSetInitArgs(
        metadata=scope.metadata(name, settings.source, annotations={names.BACKUP_RETENTION: "none"}),
        spec=apps.v1.StatefulSetSpecArgs(
            service_name=name,
            replicas=1,
            selector=meta.v1.LabelSelectorArgs(match_labels=pods(name)),
            template=core.v1.PodTemplateSpecArgs(
                metadata=meta.v1.ObjectMetaArgs(labels={**names.labels(scope.system), **pods(name)}),
                spec=core.v1.PodSpecArgs(
                    priority_class_name=priorities.DATA,
                    automount_service_account_token=False,
                    enable_service_links=False,
                    security_context=pod.security(USER),
                    volumes=pod.scratch_volumes(["/tmp", "/var/run/postgresql"]),
                    containers=[_container(scope.pins, settings, superuser)],
                ),
            ),
            volume_claim_templates=[
                core.v1.PersistentVolumeClaimArgs(
                    metadata=meta.v1.ObjectMetaArgs(name="data"),
                    spec=core.v1.PersistentVolumeClaimSpecArgs(
                        access_modes=["ReadWriteOnce"],
                        storage_class_name=storage_class,
                        resources=core.v1.VolumeResourceRequirementsArgs(requests={"storage": f"{settings.storage}Gi"}),
                    ),
                )
            ],
        ),
    )


def _container(pins: Pins, settings: Database, superuser: str) -> core.v1.ContainerArgs:
    def key(name: str) -> core.v1.EnvVarSourceArgs:
        return core.v1.EnvVarSourceArgs(secret_key_ref=core.v1.SecretKeySelectorArgs(name=superuser, key=name))

    ready = core.v1.ExecActionArgs(command=["pg_isready", "--host=127.0.0.1", "--timeout=5"])
    return core.v1.ContainerArgs(
        name="postgres",
        image=pins.image("postgres"),
        args=[
            "-c",
            "shared_preload_libraries=pg_stat_statements",
            "-c",
            f"log_min_duration_statement={settings.slow_query_ms}",
        ],
        env=[
            core.v1.EnvVarArgs(name="POSTGRES_USER", value_from=key("username")),
            core.v1.EnvVarArgs(name="POSTGRES_PASSWORD", value_from=key("password")),
            # The volume's root may contain `lost+found`, which initdb refuses.
            core.v1.EnvVarArgs(name="PGDATA", value=f"{DATA}/pgdata"),
        ],
        ports=[core.v1.ContainerPortArgs(name="postgres", container_port=PORT)],
        resources=pod.resources(RESOURCES),
        security_context=pod.container_security(),
        startup_probe=core.v1.ProbeArgs(exec_=ready, period_seconds=2, timeout_seconds=6, failure_threshold=300),
        readiness_probe=core.v1.ProbeArgs(exec_=ready, period_seconds=10, timeout_seconds=6, failure_threshold=3),
        # A server that is busy or in crash recovery does not answer, and must not be killed for it.
        liveness_probe=core.v1.ProbeArgs(
            tcp_socket=core.v1.TCPSocketActionArgs(port="postgres"),
            period_seconds=10,
            timeout_seconds=5,
            failure_threshold=6,
        ),
        volume_mounts=[
            core.v1.VolumeMountArgs(name="data", mount_path=DATA),
            *pod.scratch_mounts(["/tmp", "/var/run/postgresql"]),
        ],
    )
