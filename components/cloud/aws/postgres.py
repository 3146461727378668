"""PostgreSQL on RDS: an instance a database, private, encrypted, backed up as its system declares."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from builders import names
from components.cloud.aws.cluster import encryption_key
from components.cloud.aws.identity import ServiceRole
from components.cloud.aws.pooler import Pooler, PoolerArgs
from components.cloud.aws.surroundings import Surroundings
from components.cloud.aws.vault import CONTINUOUS_DAYS, BackupPlan, PlanArgs
from components.cloud.contract import Address, DatabaseArgs, PostgresEndpoint, Reach
from components.cloud.roles import Roles, make_roles
from settings.databases import Database

PORT = 5432
ADMINISTRATOR = "slipway"
CLASSES = {"small": "db.t4g.medium", "medium": "db.m7g.large", "large": "db.m7g.xlarge", "xlarge": "db.m7g.2xlarge"}
CERTIFICATE = "rds-ca-rsa2048-g1"
MONITORING_SECONDS = 60


LOGS = ("postgresql", "upgrade")
"""What an instance writes to CloudWatch."""
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
"""What an adopted instance keeps as it is: a change of it would make a new one, or lock its users out."""


class Postgres(pulumi.ComponentResource):
    """`endpoint` is all that a system learns of it."""

    endpoint: PostgresEndpoint

    def __init__(
        self, args: DatabaseArgs, around: Surroundings, parent: pulumi.Resource, provider: pulumi.ProviderResource
    ) -> None:
        self._name = f"{args.system}/{args.name}"
        super().__init__(
            "slipway:aws:Postgres", self._name, opts=pulumi.ResourceOptions(parent=parent, providers=[provider])
        )
        self._args, self._around = args, around
        self._opts = pulumi.ResourceOptions(parent=self)
        self._identifier = args.settings.adopt or names.database(around.cluster_name, args.system, args.name)
        self._tags = tags_of(args, around.tags)
        roles = make_roles(args, ADMINISTRATOR, self)
        firewall = self._firewall()
        self._key = encryption_key(
            self._name, f"Database {self._identifier}", self._tags, self, protect=self._protected
        )
        self._monitoring = self._watcher()
        primary = self._primary(roles, firewall)
        readers = [self._reader(index, primary, firewall) for index in range(args.settings.read_replicas)]
        self._copy(primary)
        self._back_up(primary)
        self.endpoint = PostgresEndpoint(
            server=self._identifier,
            database=args.name,
            direct=Address(host=primary.address, port=PORT),
            pooled=self._pooled(roles, firewall, primary) if args.settings.pooling else None,
            readers=tuple(Address(host=reader.address, port=PORT) for reader in readers),
            admin=roles.admin,
            owner=roles.owner,
            app=roles.app,
            backup=roles.backup,
            monitor=roles.monitor,
            reach=Reach(networks=around.networks),
        )
        self.register_outputs({"server": self._identifier})

    @property
    def _protected(self) -> bool:
        return self._around.protect and self._args.settings.deletion_protection

    def _primary(self, roles: Roles, firewall: aws.ec2.SecurityGroup) -> aws.rds.Instance:
        settings = self._args.settings
        return aws.rds.Instance(
            self._name,
            identifier=self._identifier,
            engine="postgres",
            engine_version=settings.version,
            instance_class=CLASSES[settings.size],
            # The roles Job makes the database itself, for its owner is none of the server's roles.
            username=roles.admin.name,
            password=roles.admin.password,
            storage_type="gp3",
            allocated_storage=settings.storage,
            max_allocated_storage=settings.maximum_storage,
            storage_encrypted=True,
            kms_key_id=self._key.arn,
            multi_az=settings.high_availability,
            db_subnet_group_name=self._subnets().name,
            vpc_security_group_ids=[firewall.id],
            publicly_accessible=False,
            parameter_group_name=self._parameters(settings).name,
            backup_retention_period=retention_days(settings),
            backup_window="01:00-01:30",
            maintenance_window="sun:03:00-sun:04:00",
            copy_tags_to_snapshot=True,
            deletion_protection=settings.deletion_protection,
            delete_automated_backups=False,
            skip_final_snapshot=False,
            final_snapshot_identifier=f"{self._identifier}-final",
            performance_insights_enabled=True,
            performance_insights_kms_key_id=self._key.arn,
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
                depends_on=[self._monitoring, *self._logs(self._name, self._identifier)],
                protect=self._protected,
                import_=settings.adopt,
                ignore_changes=self._kept(),
            ),
        )

    def _kept(self) -> list[str]:
        """Inputs that the program leaves as they are. AWS Backup's continuous rule owns the retention from its first run
        on (terraform-provider-aws #33465)."""
        settings = self._args.settings
        owned = [] if settings.backup == "none" else ["backupRetentionPeriod"]
        return [*owned, *(GIVEN if settings.adopt else [])]

    def _logs(self, name: str, identifier: str, region: str | None = None) -> list[pulumi.Resource]:
        """RDS writes to groups of these names; made here, they have a retention and leave with the instance."""
        return [
            aws.cloudwatch.LogGroup(
                f"{name}-{log}",
                name=f"/aws/rds/instance/{identifier}/{log}",
                region=region,
                retention_in_days=self._around.log_retention_days,
                tags=self._tags,
                opts=self._opts,
            )
            for log in LOGS
        ]

    def _back_up(self, primary: aws.rds.Instance) -> None:
        settings = self._args.settings
        if settings.backup == "none":
            return
        args = PlanArgs(
            plan_name=self._identifier,
            resource=f"arn:aws:rds:{self._around.region}:{self._around.account}:db:{self._identifier}",
            kind="RDS",
            retention_days=settings.backup.retention_days,
            copied=settings.backup.copy_to_second_region,
            restore_test=None if settings.restore_test == "none" else settings.restore_test,
            subnets=primary.db_subnet_group_name,
            tags=self._tags,
        )
        BackupPlan(self._name, args, self._around.vaults, self)

    def _copy(self, primary: aws.rds.Instance) -> None:
        """A reader in the second region, which a disaster makes the primary. Protected like the one that it copies."""
        settings, second = self._args.settings, self._around.second
        if second is None or not settings.replica_in_second_region:
            return
        name, identifier = f"{self._name}-copy", names.shortened(f"{self._identifier}-copy", 63)
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
            backup_retention_period=retention_days(settings),
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
                depends_on=[self._monitoring, *self._logs(name, identifier, second.region)],
                protect=self._protected,
            ),
        )

    def _subnets(self) -> aws.rds.SubnetGroup:
        return aws.rds.SubnetGroup(
            self._name,
            name=self._identifier,
            description=f"Where {self._identifier} stands",
            subnet_ids=list(self._around.subnets),
            tags=self._tags,
            opts=self._opts,
        )

    def _firewall(self) -> aws.ec2.SecurityGroup:
        group = aws.ec2.SecurityGroup(
            self._name,
            name=self._identifier,
            description=f"Who may connect to {self._identifier}",
            vpc_id=self._around.vpc_id,
            tags={**self._tags, "Name": self._identifier},
            opts=self._opts,
        )
        poolers = self._around.networks if self._args.settings.pooling else ()
        for index, cidr in enumerate((*self._around.clients, *poolers)):
            aws.vpc.SecurityGroupIngressRule(
                f"{self._name}-{index}",
                security_group_id=group.id,
                # AWS refuses descriptions with an apostrophe.
                description="Nodes and pods of the cluster" if cidr in self._around.clients else "The pooler",
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
        """Lets RDS send what its machines do, wherever they stand."""
        return ServiceRole(
            f"{self._name}-monitoring",
            names.shortened(f"{self._identifier}-monitoring", 64),
            "monitoring.rds.amazonaws.com",
            self._tags,
            self,
            policies=["service-role/AmazonRDSEnhancedMonitoringRole"],
        )

    def _pooled(self, roles: Roles, firewall: aws.ec2.SecurityGroup, primary: aws.rds.Instance) -> Address:
        args = PoolerArgs(
            identifier=self._identifier,
            login=roles.app,
            subnets=self._around.subnets,
            security_group=firewall.id,
            key=self._key.arn,
            tags=self._tags,
        )
        return Address(host=Pooler(self._name, args, primary, self).endpoint, port=PORT)

    def _reader(self, index: int, primary: aws.rds.Instance, firewall: aws.ec2.SecurityGroup) -> aws.rds.Instance:
        settings, name = self._args.settings, f"{self._name}-reader-{index}"
        identifier = names.shortened(f"{self._identifier}-reader-{index}", 63)
        return aws.rds.Instance(
            name,
            identifier=identifier,
            replicate_source_db=primary.identifier,
            instance_class=CLASSES[settings.size],
            storage_encrypted=True,
            max_allocated_storage=settings.maximum_storage,
            # A reader inherits the parameters of its primary, not its security group: without one it gets the VPC's
            # default group, which lets nobody in.
            vpc_security_group_ids=[firewall.id],
            publicly_accessible=False,
            # A reader holds nothing of its own: it is made anew from the primary.
            backup_retention_period=0,
            skip_final_snapshot=True,
            performance_insights_enabled=True,
            performance_insights_kms_key_id=self._key.arn,
            monitoring_interval=MONITORING_SECONDS,
            monitoring_role_arn=self._monitoring.arn,
            enabled_cloudwatch_logs_exports=list(LOGS),
            auto_minor_version_upgrade=True,
            ca_cert_identifier=CERTIFICATE,
            tags={**self._tags, "slipway.dev/reader": "true"},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self._monitoring, *self._logs(name, identifier)]),
        )


def retention_days(settings: Database) -> int:
    """Days of automated backups, 35 at most; AWS Backup keeps snapshots for longer. 0 switches them off, which the
    policy pack refuses."""
    return 0 if settings.backup == "none" else min(settings.backup.retention_days, CONTINUOUS_DAYS)


def tags_of(args: DatabaseArgs, own: Mapping[str, str]) -> dict[str, str]:
    declared = "none" if args.settings.backup == "none" else str(args.settings.backup.retention_days)
    return names.tags(args.settings.source, own, system=args.system, backup_retention=declared)
