"""PostgreSQL on a flexible server: one a database, in the private network, backed up as its system declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_azure_native as azure
from pulumi_azure_native import dbforpostgresql

from builders import names
from components.cloud.azure.adopted import Adopted
from components.cloud.azure.second_region import SecondRegion
from components.cloud.azure.vault import POSTGRES, SERVER_DAYS, Kept, KeptArgs, Vault
from components.cloud.contract import Address, DatabaseArgs, PostgresEndpoint, Reach
from components.cloud.roles import Roles, make_roles
from settings.databases import Database

PORT, POOLED_PORT = 5432, 6432
ADMINISTRATOR = "slipway"
SIZES = {
    "small": "Standard_D2ads_v5",
    "medium": "Standard_D2ads_v5",
    "large": "Standard_D4ads_v5",
    "xlarge": "Standard_D8ads_v5",
}
"""General purpose throughout: burstable servers refuse a standby and the pooler."""
STORAGE = (32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768)
"""GiB that a server can have."""
RETENTION = range(7, SERVER_DAYS + 1)
"""Days that a server keeps its own backups; the vault keeps for longer."""
GIVEN = ["administratorLogin", "administratorLoginPassword", "availabilityZone", "createMode", "network", "version"]
"""What an adopted server keeps as it is: a change of it would make a new one, or lock its users out."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Where databases stand and what belongs to all of them."""

    cluster_name: str
    subscription: str
    location: str
    resource_group: pulumi.Input[str]
    workspace: pulumi.Input[str]
    """Id of the workspace that logs go to."""
    subnet: pulumi.Input[str]
    zone: pulumi.Input[str]
    networks: tuple[str, ...]
    vault: Vault
    second: SecondRegion | None
    protect: bool
    tags: Mapping[str, str]


class Postgres(pulumi.ComponentResource):
    """`endpoint` is all that a system learns of it."""

    endpoint: PostgresEndpoint

    def __init__(
        self, args: DatabaseArgs, around: Surroundings, parent: pulumi.Resource, provider: pulumi.ProviderResource
    ) -> None:
        name = f"{args.system}/{args.name}"
        super().__init__(
            "slipway:azure:Postgres", name, opts=pulumi.ResourceOptions(parent=parent, providers=[provider])
        )
        self._args, self._around = args, around
        stem = names.database(around.cluster_name, args.system, args.name)
        adopted = Adopted.server(args.settings.adopt) if args.settings.adopt else None
        self._server_name = adopted.name if adopted else names.globally_unique(around.subscription, stem, 63)
        self._group = adopted.resource_group if adopted else around.resource_group
        roles = make_roles(args, ADMINISTRATOR, self)
        server = self._server(name, roles)
        self._log(name, server)
        configured = self._configure(name, server)
        if args.settings.deletion_protection:
            self._lock(name, server)
        readers = [self._reader(name, index, server, configured) for index in range(args.settings.read_replicas)]
        self._copy(name, server, configured)
        self._back_up(name, server)
        host = _host(server)
        self.endpoint = PostgresEndpoint(
            server=self._server_name,
            database=args.name,
            direct=Address(host=host, port=PORT),
            pooled=Address(host=host, port=POOLED_PORT) if args.settings.pooling else None,
            readers=tuple(Address(host=_host(reader), port=PORT) for reader in readers),
            admin=roles.admin,
            owner=roles.owner,
            app=roles.app,
            backup=roles.backup,
            monitor=roles.monitor,
            reach=Reach(networks=around.networks),
        )
        self.register_outputs({"server": self._server_name})

    def _server(self, name: str, roles: Roles) -> dbforpostgresql.Server:
        settings, around = self._args.settings, self._around
        return dbforpostgresql.Server(
            name,
            server_name=self._server_name,
            resource_group_name=self._group,
            location=around.location,
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
                delegated_subnet_resource_id=around.subnet,
                private_dns_zone_arm_resource_id=around.zone,
                public_network_access="Disabled",
            ),
            maintenance_window=dbforpostgresql.MaintenanceWindowArgs(
                custom_window="Enabled", day_of_week=0, start_hour=3, start_minute=0
            ),
            tags=tags_of(self._args, around.tags),
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=around.protect and settings.deletion_protection,
                import_=settings.adopt,
                ignore_changes=GIVEN if settings.adopt else None,
            ),
        )

    def _back_up(self, name: str, server: dbforpostgresql.Server) -> None:
        """A copy each week for what the server itself cannot keep: more than 35 days, and the loss of the server."""
        backup, around = self._args.settings.backup, self._around
        if backup == "none":
            return
        args = KeptArgs(
            instance_name=names.shortened(self._server_name, 50),
            resource=server.id,
            kind=POSTGRES,
            location=around.location,
            days=max(backup.retention_days, SERVER_DAYS),
            weekly=True,
            tags=tags_of(self._args, around.tags),
        )
        Kept(name, args, around.vault, self)

    def _copy(self, name: str, primary: dbforpostgresql.Server, after: Sequence[pulumi.Resource]) -> None:
        """A reader in the second region, which a disaster makes the primary. Protected like the one that it copies."""
        settings, around = self._args.settings, self._around
        if around.second is None or not settings.replica_in_second_region:
            return
        copy = dbforpostgresql.Server(
            f"{name}-copy",
            server_name=names.shortened(f"{self._server_name}-copy", 63),
            resource_group_name=self._group,
            location=around.second.location,
            create_mode="Replica",
            source_server_resource_id=primary.id,
            network=dbforpostgresql.NetworkArgs(
                delegated_subnet_resource_id=around.second.subnet,
                private_dns_zone_arm_resource_id=around.second.zone,
                public_network_access="Disabled",
            ),
            tags=tags_of(self._args, around.tags),
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=after, protect=around.protect and settings.deletion_protection
            ),
        )
        self._log(f"{name}-copy", copy)

    def _configure(self, name: str, server: dbforpostgresql.Server) -> list[pulumi.Resource]:
        """One after another: the server takes one change of a parameter at a time. Returns the last."""
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
        """Who logged in, slow statements and errors."""
        azure.monitor.DiagnosticSetting(
            name,
            name="database",
            resource_uri=server.id,
            workspace_id=self._around.workspace,
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
        around = self._around
        reader = dbforpostgresql.Server(
            f"{name}-reader-{index}",
            server_name=names.shortened(f"{self._server_name}-reader-{index}", 63),
            resource_group_name=self._group,
            location=around.location,
            create_mode="Replica",
            source_server_resource_id=primary.id,
            network=dbforpostgresql.NetworkArgs(
                delegated_subnet_resource_id=around.subnet,
                private_dns_zone_arm_resource_id=around.zone,
                public_network_access="Disabled",
            ),
            tags=tags_of(self._args, around.tags),
            opts=pulumi.ResourceOptions(parent=self, depends_on=after),
        )
        self._log(f"{name}-reader-{index}", reader)
        return reader


def _host(server: dbforpostgresql.Server) -> pulumi.Output[str]:
    return server.fully_qualified_domain_name


def _storage(settings: Database) -> dbforpostgresql.StorageArgs:
    """Growth has no bound of its own on Azure, which doubles the storage: it is off where doubling breaks the bound."""
    size = next((each for each in STORAGE if each >= settings.storage), STORAGE[-1])
    grows = 2 * size <= settings.maximum_storage
    return dbforpostgresql.StorageArgs(storage_size_gb=size, auto_grow="Enabled" if grows else "Disabled")


def _backup(settings: Database) -> dbforpostgresql.BackupArgs:
    """What Azure can do of what is declared. It cannot keep none, nor more than 35 days; the tag says what was asked,
    and the policy pack compares."""
    declared = settings.backup
    if declared == "none":
        return dbforpostgresql.BackupArgs(backup_retention_days=RETENTION[0], geo_redundant_backup="Disabled")
    return dbforpostgresql.BackupArgs(
        backup_retention_days=min(max(declared.retention_days, RETENTION[0]), RETENTION[-1]),
        geo_redundant_backup="Enabled" if declared.copy_to_second_region else "Disabled",
    )


def tags_of(args: DatabaseArgs, own: Mapping[str, str]) -> dict[str, str]:
    declared = "none" if args.settings.backup == "none" else str(args.settings.backup.retention_days)
    return names.azure_tags(names.tags(args.settings.source, own, system=args.system, backup_retention=declared))
