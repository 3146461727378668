"""Backups of databases in the cluster: those of CloudNativePG, and the dumps of plain pods."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from slipway.ops.backup_status import BackupInfo, DatabaseRef
from slipway.ops.cluster import cron_job_backups
from slipway.ops.cluster.api import Api
from slipway.ops.kubernetes.access import TIMEOUT, connect, translated_errors
from slipway.settings import store_names
from slipway.settings.clouds.local import LocalCluster
from slipway.settings.limits import most
from slipway.settings.stacks import Stack, StackCluster
from slipway.settings.store_names import kubernetes_name

GROUP, VERSION = "postgresql.cnpg.io", "v1"
DOCUMENTS = "the community operator makes no backups"
UNDUMPED = "it has no CronJob for dumps: run `pulumi up`"


def of_server(api: Any, namespace: str, server: str) -> BackupInfo:
    """Return the backups of CloudNativePG's cluster `server`, by the client's CustomObjectsApi.

    Results of restore tests are not stored here.
    """
    with translated_errors(f"backups in namespace {namespace}"):
        backups = api.list_namespaced_custom_object(GROUP, VERSION, namespace, "backups", _request_timeout=TIMEOUT)
    made = [
        datetime.fromisoformat(each["status"]["stoppedAt"])
        for each in backups["items"]
        if each["spec"]["cluster"]["name"] == server and each.get("status", {}).get("phase") == "completed"
    ]
    return BackupInfo(server, newest=max(made, default=None))


def of_pod(api: Api, namespace: str, database: str) -> BackupInfo:
    """Return the backups from the CronJobs that dump a database and restore its dumps."""
    dump, test = _named(database, "dump"), store_names.restore_test(database)
    found = cron_job_backups.made_by(cron_job_backups.cron_jobs(api, namespace), database, nightly=dump, test=test)
    return found or BackupInfo(database, unlisted=UNDUMPED)


def _named(database: str, purpose: str) -> str:
    """Return the program's name of a database's CronJob."""
    return store_names.shortened(f"{store_names.kubernetes_name(database)}-{purpose}", most("kubernetes cron job"))


def find(stack: Stack, cluster: StackCluster, asked: Sequence[DatabaseRef]) -> list[BackupInfo]:
    """Return the backups of each database from the cluster, in the order of `asked`."""
    from kubernetes.client import CustomObjectsApi

    assert isinstance(cluster.settings, LocalCluster)
    client = connect(cluster.settings)
    custom, api = CustomObjectsApi(client), Api(client)
    return [_of(custom, api, each, cluster.settings) for each in asked]


def _of(custom: Any, api: Api, asked: DatabaseRef, settings: LocalCluster) -> BackupInfo:
    server = kubernetes_name(asked.name)
    if asked.settings.engine == "mongodb":
        return BackupInfo(server, unlisted=DOCUMENTS)
    if settings.postgres == "pod":
        return of_pod(api, asked.system.namespace, asked.name)
    return of_server(custom, asked.system.namespace, asked.settings.adopt or server)
