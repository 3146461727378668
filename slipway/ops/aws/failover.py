"""The command that makes the standby of a database the primary one."""

from __future__ import annotations

from slipway.ops.aws import newest_backups
from slipway.ops.backup_status import DatabaseRef
from slipway.settings.clouds.aws import AwsCluster
from slipway.settings.stacks import Stack, StackCluster

COMMANDS = {
    "postgres": "aws rds reboot-db-instance --force-failover --db-instance-identifier {server}",
    "mongodb": "aws docdb failover-db-cluster --db-cluster-identifier {server}",
}


def command(stack: Stack, cluster: StackCluster, asked: DatabaseRef) -> str | None:
    """Return what a person with the rights types."""
    settings = cluster.settings
    assert isinstance(settings, AwsCluster)
    server = newest_backups.server(stack.cluster_name(cluster.name), asked)
    return f"{COMMANDS[asked.settings.engine].format(server=server)} --region {settings.region}"
