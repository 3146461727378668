"""Azure's backups of flexible servers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from slipway.ops.azure.access import credential, translated_errors
from slipway.ops.azure.resource_manager import ResourceManager
from slipway.ops.backup_status import BackupInfo, DatabaseRef
from slipway.settings import store_names
from slipway.settings.clouds.azure import AzureCluster
from slipway.settings.stacks import Stack, StackCluster

API_VERSION = "2024-08-01"
DOCUMENTS = "Azure restores document databases to a point in time and lists no backups"


def of_server(manager: ResourceManager, server_id: str) -> BackupInfo:
    """Return the backups of the flexible server with this id. Azure stores no results of restore tests."""
    from azure.core.exceptions import HttpResponseError

    server = server_id.rsplit("/", 1)[-1]
    with translated_errors(f"database server {server}"):
        try:
            entries = list(manager.list(f"{server_id}/backups", API_VERSION))
        except HttpResponseError as error:
            if error.status_code != 404:
                raise
            return BackupInfo(server, exists=False)
    return BackupInfo(server, newest=max((_completed(entry["properties"]) for entry in entries), default=None))


def _completed(properties: dict[str, str]) -> datetime:
    return datetime.fromisoformat(properties["completedTime"])


def find(stack: Stack, cluster: StackCluster, asked: Sequence[DatabaseRef]) -> list[BackupInfo]:
    """Return the backups of each database from Azure, in the order of `asked`."""
    settings = cluster.settings
    assert isinstance(settings, AzureCluster)
    manager = ResourceManager(credential(settings))
    cluster_name = stack.cluster_name(cluster.name)
    return [
        of_server(manager, server_id(settings, cluster_name, each))
        if each.settings.engine == "postgres"
        else BackupInfo(each.name, unlisted=DOCUMENTS)
        for each in asked
    ]


def server_id(settings: AzureCluster, cluster_name: str, asked: DatabaseRef) -> str:
    """Return the server's id; the resource group of a cluster has the cluster's name."""
    name = store_names.flexible_server(settings.subscription, cluster_name, asked.system.name, asked.name)
    group = f"/subscriptions/{settings.subscription}/resourceGroups/{cluster_name}"
    return asked.settings.adopt or f"{group}/providers/Microsoft.DBforPostgreSQL/flexibleServers/{name}"
