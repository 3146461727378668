"""The command that makes the standby of a database the primary one."""

from __future__ import annotations

from slipway.ops.azure import newest_backups
from slipway.ops.backup_status import DatabaseRef
from slipway.settings.clouds.azure import AzureCluster
from slipway.settings.stacks import Stack, StackCluster


def command(stack: Stack, cluster: StackCluster, asked: DatabaseRef) -> str | None:
    """Return what a person with the rights types; None for document databases, which fail over on their own."""
    settings = cluster.settings
    assert isinstance(settings, AzureCluster)
    if asked.settings.engine != "postgres":
        return None
    server = newest_backups.server_id(settings, stack.cluster_name(cluster.name), asked)
    return f"az postgres flexible-server restart --failover Forced --ids {server}"
