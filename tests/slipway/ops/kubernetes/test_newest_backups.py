"""Backups that CloudNativePG made, through the real client."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from slipway.ops.backup_status import BackupStatus, RestoreTest, VolumeRef, backup_statuses
from slipway.ops.cluster.api import Api
from slipway.ops.kubernetes import newest_backups
from slipway.ops.kubernetes.access import connect
from tests.slipway.ops.conftest import WITH_VOLUMES, stack_on
from tests.slipway.ops.kubernetes.conftest import Cluster

BACKUPS = "/apis/postgresql.cnpg.io/v1/namespaces/shop/backups"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def backup(server: str, phase: str, stopped: str) -> dict[str, Any]:
    return {"spec": {"cluster": {"name": server}}, "status": {"phase": phase, "stoppedAt": stopped}}


def test_the_newest_that_completed_counts(cluster: Cluster, tmp_path: Path) -> None:
    """Of the same server; neither a failed one nor one that has no status yet."""
    items = [
        backup("orders-db", "completed", "2026-11-19T01:02:00Z"),
        backup("orders-db", "completed", "2026-11-20T01:02:00Z"),
        backup("orders-db", "failed", "2026-11-20T02:02:00Z"),
        backup("other", "completed", "2026-11-20T03:02:00Z"),
        {"spec": {"cluster": {"name": "orders-db"}}},
    ]
    cluster.objects[BACKUPS] = {"items": items}
    orders, catalogue = backup_statuses(stack_on(tmp_path, "local"), NOW)
    assert (orders.found.server, orders.found.newest) == ("orders-db", datetime(2026, 11, 20, 1, 2, tzinfo=UTC))
    assert list(orders.problems) == []
    assert catalogue.found.unlisted == newest_backups.DOCUMENTS


def test_no_backup_is_a_problem(cluster: Cluster, tmp_path: Path) -> None:
    """An empty list."""
    cluster.objects[BACKUPS] = {"items": []}
    orders, _ = backup_statuses(stack_on(tmp_path, "local"), NOW)
    assert list(orders.problems) == ["there is no backup"]


CRON_JOBS = "/apis/batch/v1/namespaces/shop/cronjobs"
BORN = "2026-09-01T00:00:00Z"


def cron_job(name: str, passed: str | None = None, begun: str | None = None) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "shop", "creationTimestamp": BORN}
    spec = {"schedule": "0 2 * * *", "jobTemplate": {"spec": {"template": {"spec": {"containers": []}}}}}
    return {"metadata": metadata, "spec": spec, "status": {"lastSuccessfulTime": passed, "lastScheduleTime": begun}}


def of_pod(cluster: Cluster, folder: Path, *items: dict[str, Any]) -> BackupStatus:
    cluster.objects[CRON_JOBS] = {"items": list(items)}
    return backup_statuses(stack_on(folder, "local", postgres="pod"), NOW)[0]


def test_a_plain_pod_s_backups_are_its_dumps(cluster: Cluster, tmp_path: Path) -> None:
    """By the CronJobs that dump it and restore its dumps."""
    dump = cron_job("orders-db-dump", "2026-11-20T02:03:00Z", "2026-11-20T02:00:00Z")
    test = cron_job("orders-db-restore-test", "2026-11-19T04:03:00Z", "2026-11-19T04:00:00Z")
    orders = of_pod(cluster, tmp_path, dump, test, cron_job("other-dump", "2026-11-20T09:00:00Z"))
    assert orders.found.newest == datetime(2026, 11, 20, 2, 3, tzinfo=UTC)
    assert orders.found.restored == RestoreTest(datetime(2026, 11, 19, 4, 3, tzinfo=UTC), passed=True)
    assert list(orders.problems) == []


def test_dumps_and_tests_that_fail_are_problems(cluster: Cluster, tmp_path: Path) -> None:
    dump = cron_job("orders-db-dump", "2026-11-18T02:03:00Z", "2026-11-20T02:00:00Z")
    test = cron_job("orders-db-restore-test", "2026-11-12T04:03:00Z", "2026-11-19T04:00:00Z")
    assert list(of_pod(cluster, tmp_path, dump, test).problems) == [
        "the newest backup is older than 26 hours",
        "the last restore test failed: see CronJob orders-db-restore-test",
    ]


def test_a_pod_that_nobody_dumps_is_reported(cluster: Cluster, tmp_path: Path) -> None:
    assert of_pod(cluster, tmp_path).found.unlisted == newest_backups.UNDUMPED


def of_volumes(cluster: Cluster, folder: Path, *items: dict[str, Any]) -> list[BackupStatus]:
    cluster.objects[CRON_JOBS] = {"items": list(items)}
    stack = stack_on(folder, "local", system=WITH_VOLUMES, postgres="pod")
    found = backup_statuses(stack, NOW, connect=lambda found: Api(connect(found.settings)))  # type: ignore[arg-type]
    return [each for each in found if isinstance(each.asked, VolumeRef)]


def test_a_volume_s_backups_are_its_archives(cluster: Cluster, tmp_path: Path) -> None:
    """By the CronJobs that make them and restore them; one without a backup is not asked for."""
    nightly = cron_job("code-shared-data-archive", "2026-11-20T03:03:00Z", "2026-11-20T03:00:00Z")
    test = cron_job("code-shared-data-restore-test", "2026-11-19T05:03:00Z", "2026-11-19T05:00:00Z")
    index, data = of_volumes(cluster, tmp_path, nightly, test, cron_job("other-archive", "2026-11-20T09:00:00Z"))
    assert (index.asked.name, index.retention_days, list(index.problems)) == ("code-shared-index", None, [])
    assert (data.asked.name, data.retention_days, list(data.problems)) == ("code-shared-data", 14, [])
    assert data.found.newest == datetime(2026, 11, 20, 3, 3, tzinfo=UTC)
    assert data.found.restored == RestoreTest(datetime(2026, 11, 19, 5, 3, tzinfo=UTC), passed=True)


def test_archives_and_their_tests_that_fail_are_problems(cluster: Cluster, tmp_path: Path) -> None:
    """As those of databases; a CronJob that never succeeded has made nothing."""
    nightly = cron_job("code-shared-data-archive", None, "2026-11-20T03:00:00Z")
    test = cron_job("code-shared-data-restore-test", "2026-11-12T05:03:00Z", "2026-11-19T05:00:00Z")
    _, data = of_volumes(cluster, tmp_path, nightly, test)
    assert list(data.problems) == [
        "there is no backup",
        "the last restore test failed: see CronJob code-shared-data-restore-test",
    ]


def test_a_volume_that_nobody_archives_is_a_problem(cluster: Cluster, tmp_path: Path) -> None:
    """Whether its CronJob is missing, or nobody can ask for it."""
    _, data = of_volumes(cluster, tmp_path)
    assert list(data.problems) == ["there is no CronJob shop/code-shared-data-archive: run `pulumi up`"]
    stack = stack_on(tmp_path / "other", "local", system=WITH_VOLUMES, postgres="pod")
    (problem,) = backup_statuses(stack, NOW)[-1].problems
    assert problem.startswith("not checked, since its cluster makes the archives: pass --cluster main --context")
