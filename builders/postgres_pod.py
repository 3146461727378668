"""PostgreSQL in one plain pod, for tests: no operator, no standby, no backups, no TLS."""

from __future__ import annotations

from pulumi_kubernetes import apps, core, meta

from builders import names, pod
from builders.parts import Parts
from builders.scope import Scope
from settings.databases import Database
from settings.services import Resources

PORT = 5432
USER = 70
DATA = "/var/lib/postgresql/data"
RESOURCES = Resources(cpu="100m", memory="128Mi", cpu_limit="1", memory_limit="512Mi")


def pods(name: str) -> dict[str, str]:
    return {"app.kubernetes.io/name": f"{name}-postgres"}


def service(scope: Scope, *, name: str, source: str) -> core.v1.ServiceInitArgs:
    """The pod's address."""
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
    """`superuser` is a Secret with the login of the administrator."""
    return apps.v1.StatefulSetInitArgs(
        metadata=scope.metadata(name, settings.source, annotations={names.BACKUP_RETENTION: "none"}),
        spec=apps.v1.StatefulSetSpecArgs(
            service_name=name,
            replicas=1,
            selector=meta.v1.LabelSelectorArgs(match_labels=pods(name)),
            template=core.v1.PodTemplateSpecArgs(
                metadata=meta.v1.ObjectMetaArgs(labels={**names.labels(scope.system), **pods(name)}),
                spec=core.v1.PodSpecArgs(
                    automount_service_account_token=False,
                    enable_service_links=False,
                    security_context=pod.security(USER),
                    volumes=pod.scratch_volumes(["/tmp", "/var/run/postgresql"]),
                    containers=[_container(scope.parts, settings, superuser)],
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


def _container(parts: Parts, settings: Database, superuser: str) -> core.v1.ContainerArgs:
    def key(name: str) -> core.v1.EnvVarSourceArgs:
        return core.v1.EnvVarSourceArgs(secret_key_ref=core.v1.SecretKeySelectorArgs(name=superuser, key=name))

    ready = core.v1.ProbeArgs(
        exec_=core.v1.ExecActionArgs(command=["pg_isready", "--host=127.0.0.1"]), period_seconds=2, failure_threshold=30
    )
    return core.v1.ContainerArgs(
        name="postgres",
        image=parts.image("postgres"),
        args=[
            "-c",
            "shared_preload_libraries=pg_stat_statements",
            "-c",
            f"log_min_duration_statement={settings.slow_query_ms}",
        ],
        env=[
            core.v1.EnvVarArgs(name="POSTGRES_USER", value_from=key("username")),
            core.v1.EnvVarArgs(name="POSTGRES_PASSWORD", value_from=key("password")),
            # The volume's own folder may hold `lost+found`, which initdb refuses.
            core.v1.EnvVarArgs(name="PGDATA", value=f"{DATA}/pgdata"),
        ],
        ports=[core.v1.ContainerPortArgs(name="postgres", container_port=PORT)],
        resources=pod.resources(RESOURCES),
        security_context=pod.container_security(),
        readiness_probe=ready,
        startup_probe=ready,
        liveness_probe=ready,
        volume_mounts=[
            core.v1.VolumeMountArgs(name="data", mount_path=DATA),
            *pod.scratch_mounts(["/tmp", "/var/run/postgresql"]),
        ],
    )
