"""`slipway backups`: what is printed, and the exit status. What clouds say is tested in tests/slipway/ops."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from slipway.cli import backups as command
from slipway.ops.aws import newest_backups
from slipway.ops.backup_status import BackupInfo, DatabaseRef, RestoreTest, backup_statuses
from slipway.settings.stacks import Stack, StackCluster
from tests.slipway.cli.conftest import Copy
from tests.slipway.cli.inside import Inside

NOW = datetime(2026, 11, 21, 10, 0, 5, tzinfo=UTC)
FINE = {
    "created": NOW - timedelta(days=90),
    "newest": NOW - timedelta(hours=3),
    "restored": RestoreTest(NOW - timedelta(days=1), passed=True),
    "tests_known": True,
}
EXPENSES = """
config:
  slipway:environment: production
  slipway:clusters:
    main:
      cloud: aws
      region: us-east-1
      account: "444455556666"
      deployers: [arn:aws:iam::444455556666:role/deployer]
      kubernetes: {authorizedNetworks: [203.0.113.0/24]}
      systems:
        expenses: {blue: {version: v1}}
"""


@pytest.fixture
def slipway(project: Copy, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Inside:
    """At NOW, on a stack with one database."""
    (project.root / "Pulumi.one.yaml").write_text(EXPENSES)
    monkeypatch.setattr(command, "backup_statuses", partial(backup_statuses, now=NOW))
    return Inside(project.root, monkeypatch, capfd)


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets what AWS says of every database."""

    def answer(**changed: object) -> None:
        def find(stack: Stack, cluster: StackCluster, asked: list[DatabaseRef]) -> list[BackupInfo]:
            return [BackupInfo(f"server-{each.name}", **FINE | changed) for each in asked]  # type: ignore[arg-type]

        monkeypatch.setattr(newest_backups, "find", find)

    return answer


def test_a_row_a_database(slipway: Inside, found: Callable[..., None]) -> None:
    """Newest backup, its age, what is declared, the last restore test; exit status 0."""
    found()
    run = slipway("backups", "--stack", "one")
    assert (run.status, run.err) == (0, "")
    heads, row = run.out.splitlines()
    assert heads.split("  ")[0] == "cluster"
    assert row.startswith(f"main     expenses/expenses  {NOW - timedelta(hours=3):%Y-%m-%d %H:%M} UTC  3.0 h")
    assert row.endswith(f"passed {NOW - timedelta(days=1):%Y-%m-%d %H:%M} UTC")


def test_an_old_backup_is_status_1(slipway: Inside, found: Callable[..., None]) -> None:
    """The problem stands below the table."""
    found(newest=NOW - timedelta(hours=27))
    run = slipway("backups", "--stack", "one")
    assert run.status == 1
    assert run.out.splitlines()[-1] == "expenses/expenses: the newest backup is older than 26 hours"


def test_a_cloud_that_keeps_no_list_is_no_failure(slipway: Inside, found: Callable[..., None]) -> None:
    """It is said, with exit status 0."""
    found(newest=None, restored=None, tests_known=False, unlisted="nobody lists them")
    run = slipway("backups", "--stack", "one")
    assert run.status == 0
    assert run.out.splitlines()[-1] == "expenses/expenses: nobody lists them"


def test_json_for_programs(slipway: Inside, found: Callable[..., None]) -> None:
    """The same in one document, with the same exit status."""
    failed = RestoreTest(NOW, passed=False, note="rows differ")
    found(restored=failed)
    run = slipway("backups", "--stack", "one", "--format", "json")
    assert run.status == 1
    (document,) = json.loads(run.out)
    assert document.pop("ageHours") == 3
    assert document.pop("retentionDays") > 0
    assert document == {
        "cluster": "main",
        "system": "expenses",
        "database": "expenses",
        "server": "server-expenses",
        "newest": (NOW - timedelta(hours=3)).isoformat(),
        "restoreTest": {"at": NOW.isoformat(), "passed": False},
        "problems": ["the last restore test failed: rows differ"],
    }
