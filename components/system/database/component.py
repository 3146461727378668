"""A PostgreSQL database of a system: the server, its roles, and their logins as Secrets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import apiextensions, apps, batch, core, networking

from components.clouds import contract
from components.clouds.contract import Address, Cloud, PostgresEndpoint, Role, SecretStore
from components.cluster.monitoring.manifests import monitors
from components.manifests import network_policy
from components.manifests.environment import login_secret
from components.manifests.network_policy import NetworkPeer
from components.manifests.scope import Scope
from components.system.database.manifests import exporter as postgres_exporter
from components.system.database.manifests import roles as database_roles
from slipway.settings import databases


@dataclass(frozen=True, kw_only=True)
class DatabaseArgs:
    scope: Scope
    name: str
    cloud: Cloud
    settings: databases.Database
    store: SecretStore
    depends_on: Sequence[pulumi.Resource]

    @property
    def wanted(self) -> contract.DatabaseArgs:
        """The database to request from the cloud."""
        return contract.DatabaseArgs(scope=self.scope, name=self.name, settings=self.settings)

    def resource_options(self, parent: pulumi.Resource) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=parent, depends_on=list(self.depends_on))


class Database(pulumi.ComponentResource):
    """A PostgreSQL database. Depending on this component waits for the server and for its roles."""

    server: str
    """Name of the server in the cloud."""
    peer: NetworkPeer
    """Peer in the network policies of the services that use the database."""
    direct: NetworkPeer
    """The same for migrations and dumps, which connect to the server directly and never through a pooler."""
    tls: str
    """PostgreSQL's `sslmode`."""

    def __init__(self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:system:Database", name, opts=opts)
        self._args = args
        endpoint = args.cloud.postgres(args.wanted, args.resource_options(self))
        serving = endpoint.pooled or endpoint.direct
        changes_schema = args.settings.schema_by == "services"
        self._login(endpoint, endpoint.owner if changes_schema else endpoint.app, "app", serving)
        self._login(endpoint, endpoint.owner, "owner", endpoint.direct)
        self._login(endpoint, endpoint.backup, "backup", endpoint.direct)
        made = self._make_roles(endpoint)
        servers = {"primary": endpoint.direct}
        servers |= {f"reader-{index}": reader for index, reader in enumerate(endpoint.readers, 1)}
        for role, address in servers.items() if args.scope.watched else ():
            self._watch(endpoint, role, address, made)

        self.server, self.address = endpoint.server, serving
        self.direct = NetworkPeer(endpoint.direct.port, endpoint.peers.networks, endpoint.peers.pods)
        self.tls = endpoint.tls
        self.peer = NetworkPeer(serving.port, networks=endpoint.peers.networks, pods=endpoint.peers.pods)
        self.register_outputs({})

    def _login(self, endpoint: PostgresEndpoint, role: Role, kind: str, address: Address) -> None:
        values = login("postgresql", role, address, endpoint.database, f"sslmode={endpoint.tls}")
        self._put_secret(login_secret(endpoint.database, kind), values)

    def _watch(self, endpoint: PostgresEndpoint, role: str, address: Address, made: pulumi.Resource) -> None:
        scope, database = self._args.scope, endpoint.database
        source = self._args.settings.source
        login_of = login_secret(database, "monitor" if role == "primary" else f"{role}-monitor")
        values = login("postgresql", endpoint.monitor, address, database, f"sslmode={endpoint.tls}")
        exporter = postgres_exporter.Exporter(database=database, role=role, source=source, login=login_of)
        opts = pulumi.ResourceOptions(
            parent=self, depends_on=[*self._args.depends_on, made, self._put_secret(login_of, values)]
        )
        peer = NetworkPeer(address.port, endpoint.peers.networks, endpoint.peers.pods)
        networking.v1.NetworkPolicy(
            scope.logical(exporter.name),
            network_policy.of_exporter(
                scope,
                name=exporter.name,
                source=source,
                pods=exporter.pods,
                port=postgres_exporter.PORT,
                peers=[peer],
            ),
            opts=opts,
        )
        apps.v1.Deployment(scope.logical(exporter.name), postgres_exporter.deployment(scope, exporter), opts=opts)
        apiextensions.CustomResource(
            scope.logical(exporter.name),
            api_version=monitors.API_VERSION,
            kind="PodMonitor",
            metadata=scope.selected(exporter.name, source),
            spec=monitors.pods(exporter.pods, "metrics", database=database),
            opts=opts,
        )

    def _make_roles(self, endpoint: PostgresEndpoint) -> pulumi.Resource:
        scope = self._args.scope
        opts = pulumi.ResourceOptions(parent=self, depends_on=list(self._args.depends_on))
        admin = login_secret(endpoint.database, "admin")
        job = database_roles.RolesJob(
            database=endpoint.database,
            source=self._args.settings.source,
            login=admin,
            extensions=("pg_stat_statements", *self._args.settings.extensions),
            image=self._args.scope.pins.image("postgres"),
        )
        needed: list[pulumi.Resource] = [
            self._put_secret(admin, _administration(endpoint)),
            core.v1.ConfigMap(scope.logical(job.scripts), database_roles.scripts(scope, job), opts=opts),
            networking.v1.NetworkPolicy(
                scope.logical(job.scripts),
                network_policy.of_job(
                    scope,
                    name=job.scripts,
                    source=job.source,
                    pods=job.pods,
                    peers=[NetworkPeer(endpoint.direct.port, endpoint.peers.networks, endpoint.peers.pods)],
                ),
                opts=opts,
            ),
        ]
        return batch.v1.Job(
            scope.logical(job.scripts),
            database_roles.job(scope, job),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*self._args.depends_on, *needed]),
        )

    def _put_secret(self, name: str, values: dict[str, pulumi.Input[str]]) -> pulumi.Resource:
        return self._args.store.put(name, self._args.settings.source, values, self)


def login(scheme: str, role: Role, address: Address, database: str, query: str) -> dict[str, pulumi.Input[str]]:
    """Returns the parts of a login, and `url`, which combines them."""
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
    """Returns the environment of the roles Job: the administrator's login for psql, and the roles to create."""
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
