"""A document database on DocumentDB: private, encrypted, over TLS only, backed up as declared."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components.clouds.aws.cluster import encryption_key
from components.clouds.aws.context import AwsClusterContext
from components.clouds.aws.firewall import FirewallArgs, firewall
from components.clouds.aws.postgres import retention_days, tags_of
from components.clouds.aws.vault import BackupPlan, BackupPlanArgs
from components.clouds.contract import Address, DatabaseArgs, DocumentDatabaseEndpoint, NetworkPeers, Role
from components.manifests import names
from slipway.settings.limits import most

PORT = 27017
"""MongoDB's default port. Source: Amazon DocumentDB Developer Guide, creating a cluster."""
VERSION = "5.0.0"
CLASSES = {"small": "db.t4g.medium", "medium": "db.r6g.large", "large": "db.r6g.xlarge", "xlarge": "db.r6g.2xlarge"}
CERTIFICATE = "rds-ca-rsa2048-g1"
LOGS = ("audit", "profiler")
OPTIONS = "tls=true&replicaSet=rs0&readPreference=secondaryPreferred&retryWrites=false"
"""DocumentDB does not support retryable writes."""


@dataclass(frozen=True, kw_only=True)
class DocumentsArgs:
    context: AwsClusterContext
    database: DatabaseArgs


class DocumentDatabase(pulumi.ComponentResource):
    """A DocumentDB cluster; a system sees only its `endpoint`. The master user is the application's, because other
    users can be created only through the database's own protocol."""

    endpoint: DocumentDatabaseEndpoint

    def __init__(self, name: str, args: DocumentsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:aws:DocumentDatabase", name, opts=opts)
        context, asked = args.context, args.database
        self._name, self._args, self._context = name, asked, context
        self._opts = pulumi.ResourceOptions(parent=self)
        self._identifier = asked.settings.adopt or names.database(context.cluster_name, asked.system, asked.name)
        self._tags = tags_of(asked, context)
        self._protected = context.protect and asked.settings.deletion_protection
        app = self._app()
        cluster = self._cluster(app)
        for index in range(2 if asked.settings.high_availability else 1):
            self._instance(index, cluster)
        self._back_up()
        self.endpoint = DocumentDatabaseEndpoint(
            server=self._identifier,
            database=asked.name,
            address=Address(host=cluster.endpoint, port=PORT),
            app=app,
            options=OPTIONS,
            peers=NetworkPeers(networks=context.network.data_cidrs),
        )
        self.register_outputs({"server": self._identifier})

    def _app(self) -> Role:
        password = random.RandomPassword(f"{self._name}-app", length=32, special=False, opts=self._opts)
        return Role(name=f"{self._args.name}_app", password=password.result)

    def _cluster(self, app: Role) -> aws.docdb.Cluster:
        settings = self._args.settings
        key = encryption_key(
            self._name,
            f"Database {self._identifier}",
            self._tags,
            pulumi.ResourceOptions(parent=self, protect=self._protected),
        )
        return aws.docdb.Cluster(
            self._name,
            cluster_identifier=self._identifier,
            engine="docdb",
            engine_version=VERSION,
            master_username=app.name,
            master_password=app.password,
            port=PORT,
            storage_encrypted=True,
            kms_key_id=key.arn,
            db_subnet_group_name=self._subnets().name,
            vpc_security_group_ids=[self._firewall().id],
            db_cluster_parameter_group_name=self._parameters().name,
            backup_retention_period=max(1, retention_days(settings)),
            preferred_backup_window="01:00-01:30",
            preferred_maintenance_window="sun:03:00-sun:04:00",
            enabled_cloudwatch_logs_exports=list(LOGS),
            deletion_protection=settings.deletion_protection,
            skip_final_snapshot=False,
            final_snapshot_identifier=f"{self._identifier}-final",
            apply_immediately=False,
            tags=self._tags,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=self._logs(),
                protect=self._protected,
                import_=settings.adopt,
                ignore_changes=self._ignored_changes(),
            ),
        )

    def _ignored_changes(self) -> list[str]:
        """Returns the inputs that Pulumi ignores: an adopted cluster keeps its login, placement and key."""
        given = [
            "dbSubnetGroupName",
            "engineVersion",
            "kmsKeyId",
            "masterPassword",
            "masterUsername",
            "storageEncrypted",
        ]
        return given if self._args.settings.adopt else []

    def _instance(self, index: int, cluster: aws.docdb.Cluster) -> None:
        """Creates an instance; the second one, in another zone, is the failover target."""
        aws.docdb.ClusterInstance(
            f"{self._name}-{index}",
            identifier=names.shortened(f"{self._identifier}-{index}", most("rds identifier")),
            cluster_identifier=cluster.id,
            instance_class=CLASSES[self._args.settings.size],
            ca_cert_identifier=CERTIFICATE,
            auto_minor_version_upgrade=True,
            copy_tags_to_snapshot=True,
            enable_performance_insights=True,
            tags=self._tags,
            opts=self._opts,
        )

    def _subnets(self) -> aws.docdb.SubnetGroup:
        return aws.docdb.SubnetGroup(
            self._name,
            name=self._identifier,
            description=f"Where {self._identifier} stands",
            subnet_ids=list(self._context.network.data_subnets),
            tags=self._tags,
            opts=self._opts,
        )

    def _firewall(self) -> aws.ec2.SecurityGroup:
        args = FirewallArgs(server=self._identifier, network=self._context.network, ports=(PORT,), tags=self._tags)
        return firewall(self._name, args, self._opts)

    def _parameters(self) -> aws.docdb.ClusterParameterGroup:
        values = {
            "tls": "enabled",
            "audit_logs": "all",
            "profiler": "enabled",
            "profiler_threshold_ms": str(max(50, self._args.settings.slow_query_ms)),
        }
        return aws.docdb.ClusterParameterGroup(
            self._name,
            name=f"{self._identifier}-docdb5",
            description=f"Parameters of {self._identifier}",
            family="docdb5.0",
            parameters=[
                aws.docdb.ClusterParameterGroupParameterArgs(name=name, value=value, apply_method="pending-reboot")
                for name, value in values.items()
            ],
            tags=self._tags,
            opts=self._opts,
        )

    def _logs(self) -> list[pulumi.Resource]:
        return [
            aws.cloudwatch.LogGroup(
                f"{self._name}-{log}",
                name=f"/aws/docdb/{self._identifier}/{log}",
                retention_in_days=self._context.log_retention_days,
                tags=self._tags,
                opts=self._opts,
            )
            for log in LOGS
        ]

    def _back_up(self) -> None:
        settings = self._args.settings
        if settings.backup == "none":
            return
        args = BackupPlanArgs(
            vault=self._context.vault,
            plan_name=self._identifier,
            resource=f"arn:aws:rds:{self._context.region}:{self._context.account}:cluster:{self._identifier}",
            kind="DocumentDB",
            retention_days=settings.backup.retention_days,
            copied=settings.backup.copy_to_second_region,
            restore_test=None if settings.restore_test == "none" else settings.restore_test,
            subnets=None,
            continuous=False,
            tags=self._tags,
        )
        BackupPlan(self._name, args, self._opts)
