"""Backups of databases in the cluster: those of CloudNativePG, and the dumps of plain pods."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from slipway.ops.backup_status import BackupInfo, DatabaseRef, RestoreTest
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


def of_pod(api: Any, namespace: str, database: str) -> BackupInfo:
    """Return the backups from the CronJobs that dump a database and restore its dumps, by the client's BatchV1Api."""
    with translated_errors(f"CronJobs in namespace {namespace}"):
        found = api.list_namespaced_cron_job(namespace, _request_timeout=TIMEOUT).items
    jobs = {each.metadata.name: each for each in found}
    dumped, tested = jobs.get(_named(database, "dump")), jobs.get(_named(database, "restore-test"))
    if dumped is None:
        return BackupInfo(database, unlisted=UNDUMPED)
    return BackupInfo(
        database,
        created=dumped.metadata.creation_timestamp,
        newest=dumped.status.last_successful_time,
        restored=_restore_test(tested) if tested is not None else None,
        tests_known=tested is not None,
    )


def _named(database: str, purpose: str) -> str:
    """Return the program's name of a database's CronJob."""
    return store_names.shortened(f"{store_names.kubernetes_name(database)}-{purpose}", most("kubernetes cron job"))


def _restore_test(job: Any) -> RestoreTest | None:
    """Return the last finished test: one that began after the last success, and no longer runs, failed."""
    passed, begun = job.status.last_successful_time, job.status.last_schedule_time
    if begun is not None and not job.status.active and (passed is None or passed < begun):
        return RestoreTest(begun, passed=False, note=f"see CronJob {job.metadata.name}")
    return RestoreTest(passed, passed=True) if passed is not None else None


def find(stack: Stack, cluster: StackCluster, asked: Sequence[DatabaseRef]) -> list[BackupInfo]:
    """Return the backups of each database from the cluster, in the order of `asked`."""
    from kubernetes.client import BatchV1Api, CustomObjectsApi

    assert isinstance(cluster.settings, LocalCluster)
    client = connect(cluster.settings)
    custom, batch = CustomObjectsApi(client), BatchV1Api(client)
    return [_of(custom, batch, each, cluster.settings) for each in asked]


def _of(custom: Any, batch: Any, asked: DatabaseRef, settings: LocalCluster) -> BackupInfo:
    server = kubernetes_name(asked.name)
    if asked.settings.engine == "mongodb":
        return BackupInfo(server, unlisted=DOCUMENTS)
    if settings.postgres == "pod":
        return of_pod(batch, asked.system.namespace, asked.name)
    return of_server(custom, asked.system.namespace, asked.settings.adopt or server)
