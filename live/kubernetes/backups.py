"""Backups that CloudNativePG makes of databases in the cluster."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from live.backups import Asked, Found
from live.kubernetes.access import TIMEOUT, connect, told
from settings.stacks import LocalCluster, PlacedCluster, Stack

GROUP, VERSION = "postgresql.cnpg.io", "v1"
DOCUMENTS = "the community operator makes no backups"
POD = "a plain pod has no backups"


def of_server(api: Any, namespace: str, server: str) -> Found:
    """What there is of CloudNativePG's cluster `server`, by the client's CustomObjectsApi.

    Nobody keeps results of restore tests here.
    """
    with told(f"backups in namespace {namespace}"):
        backups = api.list_namespaced_custom_object(GROUP, VERSION, namespace, "backups", _request_timeout=TIMEOUT)
    made = [
        datetime.fromisoformat(each["status"]["stoppedAt"])
        for each in backups["items"]
        if each["spec"]["cluster"]["name"] == server and each.get("status", {}).get("phase") == "completed"
    ]
    return Found(server, newest=max(made, default=None))


def find(stack: Stack, cluster: PlacedCluster, asked: Sequence[Asked]) -> list[Found]:
    """What the cluster says of each database, in the order asked."""
    from kubernetes.client import CustomObjectsApi

    assert isinstance(cluster.settings, LocalCluster)
    api = CustomObjectsApi(connect(cluster.settings))
    return [_of(api, each, cluster.settings) for each in asked]


def _of(api: Any, asked: Asked, settings: LocalCluster) -> Found:
    server = asked.name.replace("_", "-")
    if asked.settings.engine == "documents":
        return Found(server, unlisted=DOCUMENTS)
    if settings.postgres == "pod":
        return Found(server, unlisted=POD)
    return of_server(api, asked.system.namespace, asked.settings.adopt or server)
