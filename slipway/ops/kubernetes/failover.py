"""The command that makes the standby of a database the primary one."""

from __future__ import annotations

from slipway.ops.backup_status import DatabaseRef
from slipway.settings.clouds.local import LocalCluster
from slipway.settings.stacks import Stack, StackCluster
from slipway.settings.store_names import kubernetes_name


def command(stack: Stack, cluster: StackCluster, asked: DatabaseRef) -> str | None:
    """Return what a person with the rights types; None where the database is one pod, or fails over on its own."""
    settings = cluster.settings
    assert isinstance(settings, LocalCluster)
    if asked.settings.engine != "postgres" or settings.postgres == "pod":
        return None
    server = asked.settings.adopt or kubernetes_name(asked.name)
    return f"kubectl cnpg promote -n {asked.system.namespace} {server} {server}-2"
