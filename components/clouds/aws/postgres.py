"""PostgreSQL on RDS: one instance per database, private, encrypted, backed up as declared."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.clouds.aws.identity import ServiceRole, ServiceRoleArgs
from components.clouds.aws.managed_database import (
    BACKUP_WINDOW,
    CERTIFICATE,
    MAINTENANCE_WINDOW,
    ManagedDatabase,
    ManagedDatabaseArgs,
)
from components.clouds.aws.pooler import Pooler, PoolerArgs
from components.clouds.contract import Address, NetworkPeers, PostgresEndpoint
from components.clouds.roles import Roles, make_roles
from components.manifests import names
from slipway.settings.databases import Database
from slipway.settings.limits import most

PORT = 5432
"""PostgreSQL's default port."""
ADMINISTRATOR = "slipway"
CLASSES = {"small": "db.t4g.medium", "medium": "db.m7g.large", "large": "db.m7g.xlarge", "xlarge": "db.m7g.2xlarge"}
MONITORING_SECONDS = 60
"""Seconds between samples of Enhanced Monitoring. Source: RDS allows 1, 5, 10, 15, 30, 60; chosen: the cheapest."""

LOGS = ("postgresql", "upgrade")
"""Logs that an instance exports to CloudWatch."""
LOG_GROUPS = "/aws/rds/instance"
"""Below which RDS writes them. Source: Amazon RDS User Guide, publishing logs to CloudWatch."""
GIVEN = [
    "allocatedStorage",
    "dbSubnetGroupName",
    "engineVersion",
    "kmsKeyId",
    "password",
    "storageEncrypted",
    "storageType",
    "username",
]
"""Inputs that an adopted instance keeps: changing them would replace it or lock its users out."""


class Postgres(pulumi.ComponentResource):
    """An RDS instance; a system sees only its `endpoint`."""

    endpoint: PostgresEndpoint

    def __init__(self, name: str, args: ManagedDatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:aws:Postgres", name, opts=opts)
        context, asked = args.context, args.database
        self._name, self._args, self._context = name, asked, context
        self._opts = pulumi.ResourceOptions(parent=self)
        self._common = ManagedDatabase(name, args, self)
        self._identifier, self._tags = self._common.identifier, self._common.tags
        roles = make_roles(asked, ADMINISTRATOR, self)
        firewall = self._firewall()
        self._monitoring = self._watcher()
        primary = self._primary(roles, firewall)
        readers = [self._reader(index, primary, firewall) for index in range(asked.settings.read_replicas)]
        self._copy(primary)
        self._common.back_up("RDS", "db", subnets=primary.db_subnet_group_name, continuous=True)
        self.endpoint = PostgresEndpoint(
            server=self._identifier,
            database=asked.name,
            direct=Address(host=primary.address, port=PORT),
            pooled=self._pooled(roles, firewall, primary) if asked.settings.pooling else None,
            readers=tuple(Address(host=reader.address, port=PORT) for reader in readers),
            admin=roles.admin,
            owner=roles.owner,
            app=roles.app,
            backup=roles.backup,
            monitor=roles.monitor,
            peers=NetworkPeers(networks=context.network.data_cidrs),
        )
        self.register_outputs({"server": self._identifier})

    def _primary(self, roles: Roles, firewall: aws.ec2.SecurityGroup) -> aws.rds.Instance:
        settings = self._args.settings
        return aws.rds.Instance(
            self._name,
            identifier=self._identifier,
            engine="postgres",
            engine_version=settings.version,
            instance_class=CLASSES[settings.size],
            # The roles Job creates the database itself, because the owner is not a role that RDS creates.
            username=roles.admin.name,
            password=roles.admin.password,
            storage_type="gp3",
            allocated_storage=settings.storage,
            max_allocated_storage=settings.maximum_storage,
            storage_encrypted=True,
            kms_key_id=self._common.key.arn,
            multi_az=settings.high_availability,
            db_subnet_group_name=self._subnets().name,
            vpc_security_group_ids=[firewall.id],
            publicly_accessible=False,
            parameter_group_name=self._parameters(settings).name,
            backup_retention_period=self._common.retention_days,
            backup_window=BACKUP_WINDOW,
            maintenance_window=MAINTENANCE_WINDOW,
            copy_tags_to_snapshot=True,
            deletion_protection=settings.deletion_protection,
            delete_automated_backups=False,
            skip_final_snapshot=False,
            final_snapshot_identifier=f"{self._identifier}-final",
            performance_insights_enabled=True,
            performance_insights_kms_key_id=self._common.key.arn,
            monitoring_interval=MONITORING_SECONDS,
            monitoring_role_arn=self._monitoring.arn,
            enabled_cloudwatch_logs_exports=list(LOGS),
            iam_database_authentication_enabled=True,
            auto_minor_version_upgrade=True,
            allow_major_version_upgrade=False,
            apply_immediately=False,
            ca_cert_identifier=CERTIFICATE,
            tags=self._tags,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[self._monitoring, *self._common.logs(f"{LOG_GROUPS}/{self._identifier}", LOGS)],
                protect=self._common.protected,
                import_=settings.adopt,
                ignore_changes=self._ignored_changes(),
            ),
        )

    def _ignored_changes(self) -> list[str]:
        """Returns the inputs that Pulumi ignores. AWS Backup's continuous rule manages the retention from its first run
        on (terraform-provider-aws #33465)."""
        settings = self._args.settings
        owned = [] if settings.backup == "none" else ["backupRetentionPeriod"]
        return [*owned, *(GIVEN if settings.adopt else [])]

    def _copy(self, primary: aws.rds.Instance) -> None:
        """Creates a read replica in the second region, which can be promoted after a disaster. It is protected like its
        primary."""
        settings, second = self._args.settings, self._context.second
        if second is None or not settings.replica_in_second_region:
            return
        name, identifier = f"{self._name}-copy", names.shortened(f"{self._identifier}-copy", most("rds identifier"))
        group = aws.rds.SubnetGroup(
            name,
            name=identifier,
            description=f"Where {identifier} stands",
            region=second.region,
            subnet_ids=list(second.subnets),
            tags=self._tags,
            opts=self._opts,
        )
        aws.rds.Instance(
            name,
            identifier=identifier,
            region=second.region,
            replicate_source_db=primary.arn,
            instance_class=CLASSES[settings.size],
            storage_encrypted=True,
            kms_key_id=second.key_arn,
            max_allocated_storage=settings.maximum_storage,
            db_subnet_group_name=group.name,
            vpc_security_group_ids=[second.firewall],
            publicly_accessible=False,
            backup_retention_period=self._common.retention_days,
            copy_tags_to_snapshot=True,
            deletion_protection=settings.deletion_protection,
            skip_final_snapshot=False,
            final_snapshot_identifier=f"{identifier}-final",
            performance_insights_enabled=True,
            performance_insights_kms_key_id=second.key_arn,
            monitoring_interval=MONITORING_SECONDS,
            monitoring_role_arn=self._monitoring.arn,
            enabled_cloudwatch_logs_exports=list(LOGS),
            auto_minor_version_upgrade=True,
            ca_cert_identifier=CERTIFICATE,
            tags=self._tags,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[
                    self._monitoring,
                    *self._common.logs(f"{LOG_GROUPS}/{identifier}", LOGS, name=name, region=second.region),
                ],
                protect=self._common.protected,
            ),
        )

    def _subnets(self) -> aws.rds.SubnetGroup:
        return aws.rds.SubnetGroup(
            self._name,
            name=self._identifier,
            description=f"Where {self._identifier} stands",
            subnet_ids=list(self._context.network.data_subnets),
            tags=self._tags,
            opts=self._opts,
        )

    def _firewall(self) -> aws.ec2.SecurityGroup:
        group = aws.ec2.SecurityGroup(
            self._name,
            name=self._identifier,
            description=f"Who may connect to {self._identifier}",
            vpc_id=self._context.network.vpc_id,
            tags={**self._tags, "Name": self._identifier},
            opts=self._opts,
        )
        nodes = self._context.network.private_cidrs
        poolers = self._context.network.data_cidrs if self._args.settings.pooling else ()
        for index, cidr in enumerate((*nodes, *poolers)):
            aws.vpc.SecurityGroupIngressRule(
                f"{self._name}-{index}",
                security_group_id=group.id,
                # AWS rejects apostrophes in descriptions.
                description="Nodes and pods of the cluster" if cidr in nodes else "The pooler",
                cidr_ipv4=cidr,
                ip_protocol="tcp",
                from_port=PORT,
                to_port=PORT,
                tags=self._tags,
                opts=self._opts,
            )
        if poolers:
            aws.vpc.SecurityGroupEgressRule(
                f"{self._name}-pooler",
                security_group_id=group.id,
                description="The pooler to its database",
                referenced_security_group_id=group.id,
                ip_protocol="tcp",
                from_port=PORT,
                to_port=PORT,
                tags=self._tags,
                opts=self._opts,
            )
        return group

    def _parameters(self, settings: Database) -> aws.rds.ParameterGroup:
        static = {"rds.force_ssl": "1", "shared_preload_libraries": "pg_stat_statements"}
        dynamic = {"log_min_duration_statement": str(settings.slow_query_ms), "pg_stat_statements.track": "all"}
        return aws.rds.ParameterGroup(
            self._name,
            name=f"{self._identifier}-postgres{settings.version}",
            description=f"Parameters of {self._identifier}",
            family=f"postgres{settings.version}",
            parameters=[
                aws.rds.ParameterGroupParameterArgs(name=name, value=value, apply_method=method)
                for method, values in (("pending-reboot", static), ("immediate", dynamic))
                for name, value in values.items()
            ],
            tags=self._tags,
            opts=self._opts,
        )

    def _watcher(self) -> ServiceRole:
        """Creates the role by which RDS publishes Enhanced Monitoring, in any region."""
        return ServiceRole(
            f"{self._name}-monitoring",
            ServiceRoleArgs(
                role_name=names.shortened(f"{self._identifier}-monitoring", most("iam role")),
                service="monitoring.rds.amazonaws.com",
                tags=self._tags,
                account=self._context.account,
                policies=["service-role/AmazonRDSEnhancedMonitoringRole"],
            ),
            self._opts,
        )

    def _pooled(self, roles: Roles, firewall: aws.ec2.SecurityGroup, primary: aws.rds.Instance) -> Address:
        args = PoolerArgs(
            identifier=self._identifier,
            login=roles.app,
            instance=primary.identifier,
            subnets=self._context.network.data_subnets,
            security_group=firewall.id,
            key=self._common.key.arn,
            tags=self._tags,
        )
        return Address(host=Pooler(self._name, args, self._opts).endpoint, port=PORT)

    def _reader(self, index: int, primary: aws.rds.Instance, firewall: aws.ec2.SecurityGroup) -> aws.rds.Instance:
        settings, name = self._args.settings, f"{self._name}-reader-{index}"
        identifier = names.shortened(f"{self._identifier}-reader-{index}", most("rds identifier"))
        return aws.rds.Instance(
            name,
            identifier=identifier,
            replicate_source_db=primary.identifier,
            instance_class=CLASSES[settings.size],
            storage_encrypted=True,
            max_allocated_storage=settings.maximum_storage,
            # A replica inherits the parameters of its primary but not its security group. Without one it would get the
            # VPC's default group, which admits nobody.
            vpc_security_group_ids=[firewall.id],
            publicly_accessible=False,
            # A replica has no data of its own: it is recreated from the primary.
            backup_retention_period=0,
            skip_final_snapshot=True,
            performance_insights_enabled=True,
            performance_insights_kms_key_id=self._common.key.arn,
            monitoring_interval=MONITORING_SECONDS,
            monitoring_role_arn=self._monitoring.arn,
            enabled_cloudwatch_logs_exports=list(LOGS),
            auto_minor_version_upgrade=True,
            ca_cert_identifier=CERTIFICATE,
            tags={**self._tags, "slipway.dev/reader": "true"},
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[self._monitoring, *self._common.logs(f"{LOG_GROUPS}/{identifier}", LOGS, name=name)],
            ),
        )
