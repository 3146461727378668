"""The pods of backups: one container for PostgreSQL and one for the bucket, in either order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pulumi_kubernetes import core, meta

from components.manifests import names, pod
from components.manifests.environment import SecretKey, Variables, login_secret
from components.manifests.scope import Scope
from components.system.backups.manifests import script
from components.system.backups.manifests.rclone import Store, remote
from components.system.backups.manifests.retention import BUCKET
from components.system.database.manifests import roles as database_roles
from slipway.settings.services import Resources

POSTGRES = Resources(cpu="100m", memory="256Mi", cpu_limit="2", memory_limit="1Gi")
"""Resources of a container. Requests are small, because the pods of all databases may run at once on a small node."""
RCLONE = Resources(cpu="100m", memory="128Mi", cpu_limit="1", memory_limit="512Mi")
MAX_AGE_HOURS = 26
"""Hours after which the newest backup is stale. Chosen: a day, and two hours to make one."""
LOGIN = {"PGHOST": "host", "PGPORT": "port", "PGDATABASE": "name", "PGUSER": "user", "PGPASSWORD": "password"}
"""The keys of a login, by libpq's variables."""


@dataclass(frozen=True, kw_only=True)
class Dumps:
    """The dumps of one database. `storage` is the maximum in GiB on the node's disk: the dump and, for its test, the
    restored data."""

    database: str
    source: str
    store: Store
    identity: pod.Identity
    tls: str
    storage: int
    owner: str | None = None
    """The role that owns the database, if declared."""
    extensions: Sequence[str] = ()

    @property
    def roles(self) -> dict[str, str]:
        """Returns the settings of a restored copy besides the dump: its owner and extensions."""
        roles = database_roles.role_names(self.database, self.owner)
        return {**{role.upper(): name for role, name in roles.items()}, "EXTENSIONS": ",".join(self.extensions)}


def dumping(scope: Scope, dumps: Dumps, name: str) -> core.v1.PodTemplateSpecArgs:
    """Returns a pod that dumps and test-restores the database, then uploads the dump."""
    login = login_secret(dumps.database, "backup")
    secrets = Variables({}, {variable: SecretKey(login, key) for variable, key in LOGIN.items()})
    dump = _container(
        scope, dumps, "dump", "postgres", {"PGSSLMODE": dumps.tls, **dumps.roles}, pod.environment(secrets)
    )
    return _template(scope, dumps, name, dump, _rclone(scope, dumps, "upload"))


def testing(scope: Scope, dumps: Dumps, name: str) -> core.v1.PodTemplateSpecArgs:
    """Returns a pod that downloads the newest dump and restores it without access to a live server."""
    fetch = _rclone(scope, dumps, "fetch", MAX_AGE_HOURS=str(MAX_AGE_HOURS))
    return _template(scope, dumps, name, fetch, _container(scope, dumps, "test", "postgres", dumps.roles))


def restoring(scope: Scope, dumps: Dumps, name: str, at: str) -> core.v1.PodTemplateSpecArgs:
    """Returns a pod that downloads the dump of a time and restores it into a new database of the live server, with the
    administrator's login."""
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
            annotations={**names.source_annotation(dumps.source), **pod.UNDISTURBED},
        ),
        spec=core.v1.PodSpecArgs(
            restart_policy="Never",
            service_account_name=BUCKET,
            automount_service_account_token=False,
            enable_service_links=False,
            security_context=pod.security(database_roles.POSTGRES_USER),
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
    """Returns a container that runs the script of its name."""
    environment = {"DATABASE": dumps.database, **(plain or {})}
    return core.v1.ContainerArgs(
        name=name,
        image=scope.pins.image(image),
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
