"""Backups that Azure keeps of flexible servers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from live.azure.access import credential, told
from live.azure.resource_manager import ResourceManager
from live.backups import Asked, Found
from settings import store_names
from settings.stacks import AzureCluster, PlacedCluster, Stack

API_VERSION = "2024-08-01"
DOCUMENTS = "Azure restores document databases to a point in time and lists no backups"


def of_server(manager: ResourceManager, server_id: str) -> Found:
    """What there is of the flexible server with this id. Azure keeps no results of restore tests."""
    from azure.core.exceptions import HttpResponseError

    server = server_id.rsplit("/", 1)[-1]
    with told(f"database server {server}"):
        try:
            entries = list(manager.list(f"{server_id}/backups", API_VERSION))
        except HttpResponseError as error:
            if error.status_code != 404:
                raise
            return Found(server, exists=False)
    return Found(server, newest=max((_completed(entry["properties"]) for entry in entries), default=None))


def _completed(properties: dict[str, str]) -> datetime:
    return datetime.fromisoformat(properties["completedTime"])


def find(stack: Stack, cluster: PlacedCluster, asked: Sequence[Asked]) -> list[Found]:
    """What Azure says of each database, in the order asked."""
    settings = cluster.settings
    assert isinstance(settings, AzureCluster)
    manager = ResourceManager(credential(settings))
    cluster_name = store_names.cluster_name(stack.name, cluster.name)
    return [
        of_server(manager, _server_id(settings, cluster_name, each))
        if each.settings.engine == "postgres"
        else Found(each.name, unlisted=DOCUMENTS)
        for each in asked
    ]


def _server_id(settings: AzureCluster, cluster_name: str, asked: Asked) -> str:
    """The resource group of a cluster has its name."""
    name = store_names.flexible_server(settings.subscription, cluster_name, asked.system.name, asked.name)
    group = f"/subscriptions/{settings.subscription}/resourceGroups/{cluster_name}"
    return asked.settings.adopt or f"{group}/providers/Microsoft.DBforPostgreSQL/flexibleServers/{name}"
