"""What databases on RDS and on DocumentDB have in common: their name, tags, key, logs and backups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.clouds.aws.cluster import encryption_key
from components.clouds.aws.context import AwsClusterContext
from components.clouds.aws.vault import CONTINUOUS_DAYS, BackupPlan, BackupPlanArgs
from components.clouds.contract import DatabaseArgs
from components.manifests import names

CERTIFICATE = "rds-ca-rsa2048-g1"
"""The authority of a server's certificate. Source: Amazon RDS User Guide, certificate authorities; chosen: that which
every client of the AWS bundle trusts."""
BACKUP_WINDOW = "01:00-01:30"
"""When the server takes its snapshot, in UTC. Chosen: outside business hours in Europe and America."""
MAINTENANCE_WINDOW = "sun:03:00-sun:04:00"
"""When AWS may change the server, in UTC. Chosen: after the backup, on the day with the fewest visitors."""


@dataclass(frozen=True, kw_only=True)
class ManagedDatabaseArgs:
    """Where the database stands, and what the system declares of it."""

    context: AwsClusterContext
    database: DatabaseArgs


class ManagedDatabase:
    """The parts of a database that do not depend on its engine, as children of the component that creates the server."""

    def __init__(self, name: str, args: ManagedDatabaseArgs, component: pulumi.Resource) -> None:
        context, asked = args.context, args.database
        declared = "none" if asked.settings.backup == "none" else str(asked.settings.backup.retention_days)
        self._name, self._context, self._settings = name, context, asked.settings
        self._opts = pulumi.ResourceOptions(parent=component)
        self.identifier = asked.settings.adopt or names.database(context.cluster_name, asked.system, asked.name)
        self.tags = context.tagged(asked.settings.source, system=asked.system, backup_retention=declared)
        self.protected = context.protect and asked.settings.deletion_protection
        self.key = encryption_key(
            name,
            f"Database {self.identifier}",
            self.tags,
            pulumi.ResourceOptions(parent=component, protect=self.protected),
        )

    @property
    def retention_days(self) -> int:
        """Days of the server's own backups, 35 at most; AWS Backup keeps snapshots longer. 0 disables them, which the
        policy pack refuses."""
        settings = self._settings
        return 0 if settings.backup == "none" else min(settings.backup.retention_days, CONTINUOUS_DAYS)

    def logs(
        self, place: str, logs: Sequence[str], *, name: str | None = None, region: str | None = None
    ) -> list[pulumi.Resource]:
        """Create the log groups below `place` that the server writes to, so that they have a retention and are deleted
        with it."""
        return [
            aws.cloudwatch.LogGroup(
                f"{name or self._name}-{log}",
                name=f"{place}/{log}",
                region=region,
                retention_in_days=self._context.log_retention_days,
                tags=self.tags,
                opts=self._opts,
            )
            for log in logs
        ]

    def back_up(self, kind: str, arn_kind: str, *, subnets: pulumi.Input[str] | None, continuous: bool) -> None:
        """Create the backup plan, if one is declared. `kind` is AWS Backup's resource type, `arn_kind` that of ARNs."""
        settings, context = self._settings, self._context
        if settings.backup == "none":
            return
        args = BackupPlanArgs(
            vault=context.vault,
            plan_name=self.identifier,
            resource=f"arn:aws:rds:{context.region}:{context.account}:{arn_kind}:{self.identifier}",
            kind=kind,
            retention_days=settings.backup.retention_days,
            copied=settings.backup.copy_to_second_region,
            restore_test=None if settings.restore_test == "none" else settings.restore_test,
            subnets=subnets,
            continuous=continuous,
            tags=self.tags,
        )
        BackupPlan(self._name, args, self._opts)
