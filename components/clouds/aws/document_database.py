"""A document database on DocumentDB: private, encrypted, over TLS only, backed up as declared."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components.clouds.aws.firewall import FirewallArgs, firewall
from components.clouds.aws.managed_database import (
    BACKUP_WINDOW,
    CERTIFICATE,
    MAINTENANCE_WINDOW,
    ManagedDatabase,
    ManagedDatabaseArgs,
)
from components.clouds.contract import Address, DocumentDatabaseEndpoint, NetworkPeers, Role
from components.manifests import names
from slipway.settings.limits import most

PORT = 27017
"""MongoDB's default port. Source: Amazon DocumentDB Developer Guide, creating a cluster."""
VERSION = "5.0.0"
CLASSES = {"small": "db.t4g.medium", "medium": "db.r6g.large", "large": "db.r6g.xlarge", "xlarge": "db.r6g.2xlarge"}
LOGS = ("audit", "profiler")
"""Logs that a cluster exports to CloudWatch."""
LOG_GROUPS = "/aws/docdb"
"""Below which DocumentDB writes them. Source: Amazon DocumentDB Developer Guide, auditing."""
OPTIONS = "tls=true&replicaSet=rs0&readPreference=secondaryPreferred&retryWrites=false"
"""DocumentDB does not support retryable writes."""


class DocumentDatabase(pulumi.ComponentResource):
    """A DocumentDB cluster; a system sees only its `endpoint`. The master user is the application's, because other
    users can be created only through the database's own protocol."""

    endpoint: DocumentDatabaseEndpoint

    def __init__(self, name: str, args: ManagedDatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:aws:DocumentDatabase", name, opts=opts)
        context, asked = args.context, args.database
        self._name, self._args, self._context = name, asked, context
        self._opts = pulumi.ResourceOptions(parent=self)
        self._common = ManagedDatabase(name, args, self)
        self._identifier, self._tags = self._common.identifier, self._common.tags
        app = self._app()
        cluster = self._cluster(app)
        for index in range(2 if asked.settings.high_availability else 1):
            self._instance(index, cluster)
        self._common.back_up("DocumentDB", "cluster", subnets=None, continuous=False)
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
        return aws.docdb.Cluster(
            self._name,
            cluster_identifier=self._identifier,
            engine="docdb",
            engine_version=VERSION,
            master_username=app.name,
            master_password=app.password,
            port=PORT,
            storage_encrypted=True,
            kms_key_id=self._common.key.arn,
            db_subnet_group_name=self._subnets().name,
            vpc_security_group_ids=[self._firewall().id],
            db_cluster_parameter_group_name=self._parameters().name,
            backup_retention_period=max(1, self._common.retention_days),
            preferred_backup_window=BACKUP_WINDOW,
            preferred_maintenance_window=MAINTENANCE_WINDOW,
            enabled_cloudwatch_logs_exports=list(LOGS),
            deletion_protection=settings.deletion_protection,
            skip_final_snapshot=False,
            final_snapshot_identifier=f"{self._identifier}-final",
            apply_immediately=False,
            tags=self._tags,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=self._common.logs(f"{LOG_GROUPS}/{self._identifier}", LOGS),
                protect=self._common.protected,
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
