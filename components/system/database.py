"""A database as a system sees it: asked of the cloud, its roles made, its logins in Secrets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import apiextensions, apps, batch, core, networking

from builders import database_roles, monitors, network_policy, postgres_exporter
from builders.environment import login_secret
from builders.network_policy import Target
from builders.scope import Scope
from components.cloud import contract
from components.cloud.contract import Address, Cloud, PostgresEndpoint, Role, SecretStore
from settings import databases


@dataclass(frozen=True, kw_only=True)
class DatabaseArgs:
    scope: Scope
    cloud: Cloud
    settings: databases.Database
    store: SecretStore
    ready: Sequence[pulumi.Resource]

    def wanted(self, name: str) -> contract.DatabaseArgs:
        """What the cloud is asked for."""
        return contract.DatabaseArgs(
            scope=self.scope,
            name=name,
            settings=self.settings,
            ready=self.ready,
        )


class Database(pulumi.ComponentResource):
    """PostgreSQL. Depended on as a whole, it means: the server is there and the roles are made."""

    server: str
    """The cloud's name of it."""
    target: Target
    """What network policies open for the services that use it."""
    direct: Target
    """The same for migrations and dumps, which go to the server itself and never to a pooler."""
    tls: str
    """PostgreSQL's `sslmode`."""

    def __init__(self, name: str, args: DatabaseArgs, parent: pulumi.Resource) -> None:
        super().__init__(
            "slipway:system:Database", args.scope.logical(name), opts=pulumi.ResourceOptions(parent=parent)
        )
        self._args = args
        endpoint = args.cloud.postgres(args.wanted(name), self)
        serving = endpoint.pooled or endpoint.direct
        self._login(endpoint, endpoint.app, "app", serving)
        self._login(endpoint, endpoint.owner, "owner", endpoint.direct)
        self._login(endpoint, endpoint.backup, "backup", endpoint.direct)
        made = self._make_roles(endpoint)
        servers = {"primary": endpoint.direct}
        servers |= {f"reader-{index}": reader for index, reader in enumerate(endpoint.readers, 1)}
        for role, address in servers.items():
            self._watch(endpoint, role, address, made)

        self.server = endpoint.server
        self.direct = Target(endpoint.direct.port, endpoint.reach.networks, endpoint.reach.pods)
        self.tls = endpoint.tls
        self.target = Target(serving.port, networks=endpoint.reach.networks, pods=endpoint.reach.pods)
        self.register_outputs({})

    def _login(self, endpoint: PostgresEndpoint, role: Role, kind: str, address: Address) -> None:
        values = login("postgresql", role, address, endpoint.database, f"sslmode={endpoint.tls}")
        self._keep(login_secret(endpoint.database, kind), values)

    def _watch(self, endpoint: PostgresEndpoint, role: str, address: Address, made: pulumi.Resource) -> None:
        scope, database = self._args.scope, endpoint.database
        source = self._args.settings.source
        login_of = login_secret(database, "monitor" if role == "primary" else f"{role}-monitor")
        values = login("postgresql", endpoint.monitor, address, database, f"sslmode={endpoint.tls}")
        exporter = postgres_exporter.Exporter(database=database, role=role, source=source, login=login_of)
        opts = pulumi.ResourceOptions(parent=self, depends_on=[*self._args.ready, made, self._keep(login_of, values)])
        target = Target(address.port, endpoint.reach.networks, endpoint.reach.pods)
        networking.v1.NetworkPolicy(
            scope.logical(exporter.name),
            network_policy.of_exporter(
                scope,
                name=exporter.name,
                source=source,
                pods=exporter.pods,
                port=postgres_exporter.PORT,
                targets=[target],
            ),
            opts=opts,
        )
        apps.v1.Deployment(scope.logical(exporter.name), postgres_exporter.deployment(scope, exporter), opts=opts)
        apiextensions.CustomResource(
            scope.logical(exporter.name),
            api_version=monitors.API_VERSION,
            kind="PodMonitor",
            metadata=scope.metadata(exporter.name, source),
            spec=monitors.pods(exporter.pods, "metrics", database=database),
            opts=opts,
        )

    def _make_roles(self, endpoint: PostgresEndpoint) -> pulumi.Resource:
        scope = self._args.scope
        opts = pulumi.ResourceOptions(parent=self, depends_on=list(self._args.ready))
        admin = login_secret(endpoint.database, "admin")
        job = database_roles.RolesJob(
            database=endpoint.database,
            source=self._args.settings.source,
            login=admin,
            extensions=("pg_stat_statements", *self._args.settings.extensions),
            image=self._args.scope.parts.image("postgres"),
        )
        needed: list[pulumi.Resource] = [
            self._keep(admin, _administration(endpoint)),
            core.v1.ConfigMap(scope.logical(job.scripts), database_roles.scripts(scope, job), opts=opts),
            networking.v1.NetworkPolicy(
                scope.logical(job.scripts),
                network_policy.of_job(
                    scope,
                    name=job.scripts,
                    source=job.source,
                    pods=job.pods,
                    targets=[Target(endpoint.direct.port, endpoint.reach.networks, endpoint.reach.pods)],
                ),
                opts=opts,
            ),
        ]
        return batch.v1.Job(
            scope.logical(job.scripts),
            database_roles.job(scope, job),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*self._args.ready, *needed]),
        )

    def _keep(self, name: str, values: dict[str, pulumi.Input[str]]) -> pulumi.Resource:
        return self._args.store.keep(name, self._args.settings.source, values, self)


def login(scheme: str, role: Role, address: Address, database: str, query: str) -> dict[str, pulumi.Input[str]]:
    """The parts of a login, and `url` with all of them."""
    port = str(address.port)
    return {
        "host": address.host,
        "port": port,
        "name": database,
        "user": role.name,
        "password": role.password,
        "url": pulumi.Output.format(
            "{0}://{1}:{2}@{3}:{4}/{5}?{6}", scheme, role.name, role.password, address.host, port, database, query
        ),
    }


def _administration(endpoint: PostgresEndpoint) -> dict[str, pulumi.Input[str]]:
    """The environment of the roles Job: the administrator's login as psql reads it, and the roles to make."""
    return {
        "PGHOST": endpoint.direct.host,
        "PGPORT": str(endpoint.direct.port),
        "PGUSER": endpoint.admin.name,
        "PGPASSWORD": endpoint.admin.password,
        "PGDATABASE": "postgres",
        "PGSSLMODE": endpoint.tls,
        "DATABASE": endpoint.database,
        "OWNER": endpoint.owner.name,
        "OWNER_PASSWORD": endpoint.owner.password,
        "APP": endpoint.app.name,
        "APP_PASSWORD": endpoint.app.password,
        "BACKUP": endpoint.backup.name,
        "BACKUP_PASSWORD": endpoint.backup.password,
        "MONITOR": endpoint.monitor.name,
        "MONITOR_PASSWORD": endpoint.monitor.password,
    }
