"""A database as a system sees it: asked of the cloud, its roles made, its logins in Secrets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import batch, core, networking

from builders import database_roles, network_policy, secret
from builders.environment import login_secret
from builders.network_policy import Target
from builders.scope import Scope
from components.cloud.contract import Address, Cloud, PostgresArgs, PostgresEndpoint, Role
from settings import databases


@dataclass(frozen=True, kw_only=True)
class DatabaseArgs:
    scope: Scope
    cloud: Cloud
    settings: databases.Database
    ready: Sequence[pulumi.Resource]


class Database(pulumi.ComponentResource):
    """Depended on as a whole, it means: the server is there and the roles are made."""

    server: str
    """The cloud's name of it."""
    target: Target
    """What network policies open for the services that use it."""

    def __init__(self, name: str, args: DatabaseArgs, parent: pulumi.Resource) -> None:
        super().__init__(
            "slipway:system:Database", args.scope.logical(name), opts=pulumi.ResourceOptions(parent=parent)
        )
        self._args = args
        self._opts = pulumi.ResourceOptions(parent=self, depends_on=list(args.ready))
        endpoint = args.cloud.postgres(
            PostgresArgs(
                system=args.scope.system,
                name=name,
                settings=args.settings,
                namespace=args.scope.namespace,
                ready=args.ready,
            ),
            self,
        )
        serving = endpoint.pooled or endpoint.direct
        self._login(endpoint, endpoint.app, "app", serving)
        self._login(endpoint, endpoint.owner, "owner", endpoint.direct)
        self._login(endpoint, endpoint.backup, "backup", endpoint.direct)
        self._make_roles(endpoint)

        self.server = endpoint.server
        self.target = Target(serving.port, networks=endpoint.reach.networks, pods=endpoint.reach.pods)
        self.register_outputs({})

    def _login(self, endpoint: PostgresEndpoint, role: Role, kind: str, address: Address) -> None:
        values = {
            "host": address.host,
            "port": str(address.port),
            "name": endpoint.database,
            "user": role.name,
            "password": role.password,
            "url": pulumi.Output.format(
                "postgresql://{0}:{1}@{2}:{3}/{4}?sslmode=require",
                role.name,
                role.password,
                address.host,
                str(address.port),
                endpoint.database,
            ),
        }
        self._secret(login_secret(endpoint.database, kind), values)

    def _make_roles(self, endpoint: PostgresEndpoint) -> None:
        scope = self._args.scope
        login = login_secret(endpoint.database, "admin")
        job = database_roles.RolesJob(
            database=endpoint.database,
            source=self._args.settings.source,
            login=login,
            extensions=("pg_stat_statements", *self._args.settings.extensions),
        )
        needed: list[pulumi.Resource] = [
            self._secret(login, _administration(endpoint)),
            core.v1.ConfigMap(scope.logical(job.scripts), database_roles.scripts(scope, job), opts=self._opts),
            networking.v1.NetworkPolicy(
                scope.logical(job.scripts),
                network_policy.of_job(
                    scope,
                    name=job.scripts,
                    source=job.source,
                    pods=job.pods,
                    targets=[Target(endpoint.direct.port, endpoint.reach.networks, endpoint.reach.pods)],
                ),
                opts=self._opts,
            ),
        ]
        batch.v1.Job(
            scope.logical(job.scripts),
            database_roles.job(scope, job),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*self._args.ready, *needed]),
        )

    def _secret(self, name: str, values: dict[str, pulumi.Input[str]]) -> core.v1.Secret:
        entry = secret.secret(self._args.scope, name=name, source=self._args.settings.source, values=values)
        return core.v1.Secret(self._args.scope.logical(name), entry, opts=self._opts)


def _administration(endpoint: PostgresEndpoint) -> dict[str, pulumi.Input[str]]:
    """The environment of the roles Job: the administrator's login as psql reads it, and the roles to make."""
    return {
        "PGHOST": endpoint.direct.host,
        "PGPORT": str(endpoint.direct.port),
        "PGUSER": endpoint.admin.name,
        "PGPASSWORD": endpoint.admin.password,
        "PGDATABASE": "postgres",
        "PGSSLMODE": "require",
        "DATABASE": endpoint.database,
        "OWNER": endpoint.owner.name,
        "OWNER_PASSWORD": endpoint.owner.password,
        "APP": endpoint.app.name,
        "APP_PASSWORD": endpoint.app.password,
        "BACKUP": endpoint.backup.name,
        "BACKUP_PASSWORD": endpoint.backup.password,
    }
