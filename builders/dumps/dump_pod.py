"""The pods of backups: one container that talks to PostgreSQL and one that talks to the bucket, in either order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pulumi_kubernetes import core, meta

from builders import names, pod
from builders.backups import BUCKET
from builders.database_roles import POSTGRES_USER
from builders.dumps import script
from builders.dumps.store import Store, remote
from builders.environment import SecretKey, Variables, login_secret
from builders.scope import Scope
from settings.services import Resources

POSTGRES = Resources(cpu="250m", memory="512Mi", cpu_limit="2", memory_limit="1Gi")
RCLONE = Resources(cpu="100m", memory="128Mi", cpu_limit="1", memory_limit="512Mi")
MAX_AGE_HOURS = 26
"""A newest backup older than this is stale: a night was missed."""
LOGIN = {"PGHOST": "host", "PGPORT": "port", "PGDATABASE": "name", "PGUSER": "user", "PGPASSWORD": "password"}
"""The entries of a login, by libpq's names for them."""


@dataclass(frozen=True, kw_only=True)
class Dumps:
    """The dumps of one database. `storage` is what a pod may hold on its node's disk, in GiB: the dump and, to prove
    it, the restored data."""

    database: str
    source: str
    store: Store
    identity: pod.Identity
    tls: str
    storage: int
    extensions: Sequence[str] = ()


def dumping(scope: Scope, dumps: Dumps, name: str) -> core.v1.PodTemplateSpecArgs:
    """Dump and prove; upload."""
    login = login_secret(dumps.database, "backup")
    secrets = Variables({}, {variable: SecretKey(login, key) for variable, key in LOGIN.items()})
    dump = _container(scope, dumps, "dump", "postgres", {"PGSSLMODE": dumps.tls}, pod.environment(secrets))
    return _template(scope, dumps, name, dump, _rclone(scope, dumps, "upload"))


def testing(scope: Scope, dumps: Dumps, name: str) -> core.v1.PodTemplateSpecArgs:
    """Fetch the newest; restore it beside, where no live server is."""
    fetch = _rclone(scope, dumps, "fetch", MAX_AGE_HOURS=str(MAX_AGE_HOURS))
    return _template(scope, dumps, name, fetch, _container(scope, dumps, "test", "postgres"))


def restoring(scope: Scope, dumps: Dumps, name: str, at: str) -> core.v1.PodTemplateSpecArgs:
    """Fetch that of a time; restore it into a new database of the live server, by the administrator's login."""
    restore = _container(scope, dumps, "restore", "postgres", {"EXTENSIONS": ",".join(dumps.extensions)})
    admin = core.v1.SecretEnvSourceArgs(name=login_secret(dumps.database, "admin"))
    restore.env_from = [core.v1.EnvFromSourceArgs(secret_ref=admin)]
    return _template(scope, dumps, name, _rclone(scope, dumps, "fetch", AT=at), restore)


def _template(
    scope: Scope, dumps: Dumps, name: str, first: core.v1.ContainerArgs, then: core.v1.ContainerArgs
) -> core.v1.PodTemplateSpecArgs:
    room = core.v1.EmptyDirVolumeSourceArgs(size_limit=f"{dumps.storage}Gi")
    return core.v1.PodTemplateSpecArgs(
        metadata=meta.v1.ObjectMetaArgs(
            labels={**names.supporting(scope.system, name), **dumps.identity.labels},
            annotations=names.source_annotation(dumps.source),
        ),
        spec=core.v1.PodSpecArgs(
            restart_policy="Never",
            service_account_name=BUCKET,
            automount_service_account_token=False,
            enable_service_links=False,
            security_context=pod.security(POSTGRES_USER),
            volumes=[
                core.v1.VolumeArgs(name="work", empty_dir=room),
                core.v1.VolumeArgs(name="scripts", config_map=core.v1.ConfigMapVolumeSourceArgs(name=script.NAME)),
                *pod.scratch_volumes(["/tmp"]),
            ],
            init_containers=[first],
            containers=[then],
        ),
    )


def _rclone(scope: Scope, dumps: Dumps, name: str, **more: str) -> core.v1.ContainerArgs:
    container = _container(scope, dumps, name, "rclone", {**remote(dumps.store), **more}, resources=RCLONE)
    container.env_from = pod.identity_environment(dumps.identity)
    return container


def _container(
    scope: Scope,
    dumps: Dumps,
    name: str,
    image: str,
    plain: Mapping[str, str] | None = None,
    secret: Sequence[core.v1.EnvVarArgs] = (),
    resources: Resources = POSTGRES,
) -> core.v1.ContainerArgs:
    """One that runs the script of its name."""
    environment = {"DATABASE": dumps.database, **(plain or {})}
    return core.v1.ContainerArgs(
        name=name,
        image=scope.parts.image(image),
        command=["sh", f"/scripts/{name}.sh"],
        env=[*(core.v1.EnvVarArgs(name=key, value=value) for key, value in environment.items()), *secret],
        resources=pod.resources(resources),
        security_context=pod.container_security(),
        volume_mounts=[
            core.v1.VolumeMountArgs(name="work", mount_path="/work"),
            core.v1.VolumeMountArgs(name="scripts", mount_path="/scripts", read_only=True),
            *pod.scratch_mounts(["/tmp"]),
        ],
    )
