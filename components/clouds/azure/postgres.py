"""PostgreSQL on flexible servers: one per database, in the private network, backed up as declared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_azure_native as azure
from pulumi_azure_native import dbforpostgresql

from components.clouds.azure.adopted import Adopted
from components.clouds.azure.context import AzureClusterContext, AzureContext
from components.clouds.azure.vault import POSTGRES, SERVER_DAYS, BackupInstance, BackupInstanceArgs
from components.clouds.contract import Address, DatabaseArgs, NetworkPeers, PostgresEndpoint
from components.clouds.roles import Roles, make_roles
from components.manifests import names
from slipway.settings.databases import Database
from slipway.settings.limits import most

PORT, POOLED_PORT = 5432, 6432
"""PostgreSQL's default port, and that of the built-in PgBouncer. Source: Azure Database for PostgreSQL, PgBouncer."""
ADMINISTRATOR = "slipway"
SIZES = {
    "small": "Standard_D2ads_v5",
    "medium": "Standard_D2ads_v5",
    "large": "Standard_D4ads_v5",
    "xlarge": "Standard_D8ads_v5",
}
"""Machine sizes, all General Purpose: burstable servers support neither a standby nor the pooler."""
STORAGE = (32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768)
"""Available sizes of a server's storage in GiB. Source: Azure Database for PostgreSQL, Premium SSD storage sizes."""
RETENTION = range(7, SERVER_DAYS + 1)
"""Days for which a server can retain its own backups; the vault retains them longer."""
GIVEN = ["administratorLogin", "administratorLoginPassword", "availabilityZone", "createMode", "network", "version"]
"""Inputs that an adopted server keeps: changing them would replace it or lock its users out."""


@dataclass(frozen=True, kw_only=True)
class PostgresArgs:
    context: AzureClusterContext
    database: DatabaseArgs


class Postgres(pulumi.ComponentResource):
    """A flexible server; a system sees only its `endpoint`."""

    endpoint: PostgresEndpoint

    def __init__(self, name: str, args: PostgresArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:azure:Postgres", name, opts=opts)
        context, asked, settings = args.context, args.database, args.database.settings
        self._args, self._context = asked, context
        prefix = names.database(context.cluster_name, asked.system, asked.name)
        adopted = Adopted.server(settings.adopt) if settings.adopt else None
        self._server_name = (
            adopted.name
            if adopted
            else names.globally_unique(context.subscription, prefix, most("azure database server"))
        )
        self._group = adopted.resource_group if adopted else context.resource_group
        roles = make_roles(asked, ADMINISTRATOR, self)
        server = self._server(name, roles)
        self._log(name, server)
        configured = self._configure(name, server)
        if settings.deletion_protection:
            self._lock(name, server)
        readers = [self._reader(name, index, server, configured) for index in range(settings.read_replicas)]
        self._copy(name, server, configured)
        self._back_up(name, server)
        host = _host(server)
        self.endpoint = PostgresEndpoint(
            server=self._server_name,
            database=asked.name,
            direct=Address(host=host, port=PORT),
            pooled=Address(host=host, port=POOLED_PORT) if settings.pooling else None,
            readers=tuple(Address(host=_host(reader), port=PORT) for reader in readers),
            admin=roles.admin,
            owner=roles.owner,
            app=roles.app,
            backup=roles.backup,
            monitor=roles.monitor,
            peers=NetworkPeers(networks=(context.network.postgres_cidr,)),
        )
        self.register_outputs({"server": self._server_name})

    def _server(self, name: str, roles: Roles) -> dbforpostgresql.Server:
        settings, context = self._args.settings, self._context
        return dbforpostgresql.Server(
            name,
            server_name=self._server_name,
            resource_group_name=self._group,
            location=context.location,
            create_mode="Default",
            version=settings.version,
            administrator_login=roles.admin.name,
            administrator_login_password=roles.admin.password,
            auth_config=dbforpostgresql.AuthConfigArgs(password_auth="Enabled", active_directory_auth="Disabled"),
            sku=dbforpostgresql.SkuArgs(name=SIZES[settings.size], tier="GeneralPurpose"),
            storage=_storage(settings),
            high_availability=dbforpostgresql.HighAvailabilityArgs(
                mode="ZoneRedundant" if settings.high_availability else "Disabled"
            ),
            backup=_backup(settings),
            network=dbforpostgresql.NetworkArgs(
                delegated_subnet_resource_id=context.network.postgres,
                private_dns_zone_arm_resource_id=context.network.postgres_zone,
                public_network_access="Disabled",
            ),
            maintenance_window=dbforpostgresql.MaintenanceWindowArgs(
                custom_window="Enabled", day_of_week=0, start_hour=3, start_minute=0
            ),
            tags=tags_of(self._args, context),
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=context.protect and settings.deletion_protection,
                import_=settings.adopt,
                ignore_changes=GIVEN if settings.adopt else None,
            ),
        )

    def _back_up(self, name: str, server: dbforpostgresql.Server) -> None:
        """Creates a weekly backup in the vault, for more than 35 days of retention and for the loss of the server."""
        backup, context = self._args.settings.backup, self._context
        if backup == "none":
            return
        args = BackupInstanceArgs(
            context=context,
            vault=context.vault,
            instance_name=names.shortened(self._server_name, most("azure backup instance")),
            resource=server.id,
            kind=POSTGRES,
            days=max(backup.retention_days, SERVER_DAYS),
            weekly=True,
            tags=tags_of(self._args, context),
        )
        BackupInstance(name, args, pulumi.ResourceOptions(parent=self))

    def _copy(self, name: str, primary: dbforpostgresql.Server, after: Sequence[pulumi.Resource]) -> None:
        """Creates a read replica in the second region, which can be promoted after a disaster. It is protected like its
        primary."""
        settings, context = self._args.settings, self._context
        if context.second is None or not settings.replica_in_second_region:
            return
        copy = dbforpostgresql.Server(
            f"{name}-copy",
            server_name=names.shortened(f"{self._server_name}-copy", most("azure database server")),
            resource_group_name=self._group,
            location=context.second.location,
            create_mode="Replica",
            source_server_resource_id=primary.id,
            network=dbforpostgresql.NetworkArgs(
                delegated_subnet_resource_id=context.second.subnet,
                private_dns_zone_arm_resource_id=context.second.zone,
                public_network_access="Disabled",
            ),
            tags=tags_of(self._args, context),
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=after, protect=context.protect and settings.deletion_protection
            ),
        )
        self._log(f"{name}-copy", copy)

    def _configure(self, name: str, server: dbforpostgresql.Server) -> list[pulumi.Resource]:
        """Sets the parameters one after another, because the server accepts one change at a time. Returns the last
        resource."""
        settings = self._args.settings
        extensions = ",".join(["pg_stat_statements", *settings.extensions]).upper()
        wanted = {
            "require_secure_transport": "ON",
            "ssl_min_protocol_version": "TLSv1.2",
            "azure.extensions": extensions,
            "log_min_duration_statement": str(settings.slow_query_ms),
            "pg_stat_statements.track": "all",
        } | ({"pgbouncer.enabled": "true"} if settings.pooling else {})
        before: list[pulumi.Resource] = []
        for parameter, value in wanted.items():
            configured = dbforpostgresql.Configuration(
                f"{name}-{parameter}",
                configuration_name=parameter,
                server_name=server.name,
                resource_group_name=self._group,
                source="user-override",
                value=value,
                opts=pulumi.ResourceOptions(parent=self, depends_on=before),
            )
            before = [configured]
        return before

    def _log(self, name: str, server: dbforpostgresql.Server) -> None:
        """Logs connections, slow statements and errors."""
        azure.monitor.DiagnosticSetting(
            name,
            name="database",
            resource_uri=server.id,
            workspace_id=self._context.workspace,
            log_analytics_destination_type="Dedicated",
            logs=[azure.monitor.DiagnosticsLogSettingsArgs(category="PostgreSQLLogs", enabled=True)],
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _lock(self, name: str, server: dbforpostgresql.Server) -> None:
        azure.authorization.ManagementLockByScope(
            name,
            lock_name="keep",
            scope=server.id,
            level="CanNotDelete",
            notes="Holds data. Set deletionProtection to false in the stack before it is deleted.",
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _reader(
        self, name: str, index: int, primary: dbforpostgresql.Server, after: Sequence[pulumi.Resource]
    ) -> dbforpostgresql.Server:
        context = self._context
        reader = dbforpostgresql.Server(
            f"{name}-reader-{index}",
            server_name=names.shortened(f"{self._server_name}-reader-{index}", most("azure database server")),
            resource_group_name=self._group,
            location=context.location,
            create_mode="Replica",
            source_server_resource_id=primary.id,
            network=dbforpostgresql.NetworkArgs(
                delegated_subnet_resource_id=context.network.postgres,
                private_dns_zone_arm_resource_id=context.network.postgres_zone,
                public_network_access="Disabled",
            ),
            tags=tags_of(self._args, context),
            opts=pulumi.ResourceOptions(parent=self, depends_on=after),
        )
        self._log(f"{name}-reader-{index}", reader)
        return reader


def _host(server: dbforpostgresql.Server) -> pulumi.Output[str]:
    return server.fully_qualified_domain_name


def _storage(settings: Database) -> dbforpostgresql.StorageArgs:
    """Returns the storage. Azure's automatic growth doubles it without a limit, so growth is off if doubling would
    exceed the declared maximum."""
    size = next((each for each in STORAGE if each >= settings.storage), STORAGE[-1])
    grows = 2 * size <= settings.maximum_storage
    return dbforpostgresql.StorageArgs(storage_size_gb=size, auto_grow="Enabled" if grows else "Disabled")


def _backup(settings: Database) -> dbforpostgresql.BackupArgs:
    """Returns the declared backup within Azure's limits: it cannot be disabled and retains 35 days at most. A tag
    records the declared value, which the policy pack compares."""
    declared = settings.backup
    if declared == "none":
        return dbforpostgresql.BackupArgs(backup_retention_days=RETENTION[0], geo_redundant_backup="Disabled")
    return dbforpostgresql.BackupArgs(
        backup_retention_days=min(max(declared.retention_days, RETENTION[0]), RETENTION[-1]),
        geo_redundant_backup="Enabled" if declared.copy_to_second_region else "Disabled",
    )


def tags_of(args: DatabaseArgs, context: AzureContext) -> dict[str, str]:
    declared = "none" if args.settings.backup == "none" else str(args.settings.backup.retention_days)
    return context.tagged(args.settings.source, system=args.system, backup_retention=declared)
