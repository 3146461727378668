"""Backups that CloudNativePG made, through the real client."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from live.backups import standings
from live.kubernetes import backups
from tests.live.conftest import stack_on
from tests.live.kubernetes.conftest import Cluster

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
    orders, catalogue = standings(stack_on(tmp_path, "local"), NOW)
    assert (orders.found.server, orders.found.newest) == ("orders-db", datetime(2026, 11, 20, 1, 2, tzinfo=UTC))
    assert list(orders.problems) == []
    assert catalogue.found.unlisted == backups.DOCUMENTS


def test_no_backup_is_a_problem(cluster: Cluster, tmp_path: Path) -> None:
    """An empty list."""
    cluster.objects[BACKUPS] = {"items": []}
    orders, _ = standings(stack_on(tmp_path, "local"), NOW)
    assert list(orders.problems) == ["there is no backup"]


def test_a_plain_pod_is_not_judged(cluster: Cluster, tmp_path: Path) -> None:
    """It has no backups, and nothing is asked."""
    stack = stack_on(tmp_path, "local", postgres="pod")
    orders, _ = standings(stack, NOW)
    assert (orders.found.unlisted, list(orders.problems)) == (backups.POD, [])
