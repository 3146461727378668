"""When the backups of a database lack something."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from slipway.ops.backup_status import BackupInfo, BackupStatus, DatabaseRef, RestoreTest
from slipway.settings.databases import Database
from tests.slipway.ops.conftest import stack_on

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def ago(**time: float) -> datetime:
    return NOW - timedelta(**time)


@pytest.fixture
def evaluated(tmp_path: Path) -> Any:
    """Problems of a database whose settings are `declared`, in which the cloud found `found`."""
    system = stack_on(tmp_path, "aws").clusters["main"].systems["shop"]

    def problems(declared: dict[str, Any] | None = None, **found: Any) -> list[str]:
        settings = Database.model_validate(declared or {}, by_alias=True, by_name=False)
        good = {"created": ago(days=90), "newest": ago(hours=3), "tests_known": True}
        good["restored"] = RestoreTest(ago(days=2), passed=True)
        return list(
            BackupStatus(
                "main", DatabaseRef(system, "orders_db", settings), BackupInfo("s", **good | found), NOW
            ).problems
        )

    return problems


def test_a_fresh_and_tested_backup_is_well(evaluated: Any) -> None:
    """No problem."""
    assert evaluated() == []


def test_a_backup_may_be_26_hours_old(evaluated: Any) -> None:
    """And no older."""
    assert evaluated(newest=ago(hours=26)) == []
    assert evaluated(newest=ago(hours=26, seconds=1)) == ["the newest backup is older than 26 hours"]


def test_no_backup_at_all(evaluated: Any) -> None:
    """Unless the system declares none, which the policy pack judges."""
    assert evaluated(newest=None) == ["there is no backup"]
    assert evaluated({"backup": "none"}, newest=None) == []


@pytest.mark.parametrize(("every", "days"), [("day", 2), ("week", 8), ("month", 32)])
def test_a_restore_test_is_due_a_day_after_its_interval(evaluated: Any, every: str, days: int) -> None:
    """Counted from the last one that ended, or for a new server from its making."""
    declared, overdue = {"restoreTest": {"every": every}}, [f"no restore test within a {every}"]
    late = {"restored": RestoreTest(ago(days=days, seconds=1), passed=True)}
    assert evaluated(declared, **late) == overdue
    assert evaluated(declared, restored=RestoreTest(ago(days=days), passed=True)) == []
    assert evaluated(declared, restored=None) == overdue
    assert evaluated(declared, restored=None, created=ago(days=days)) == []


def test_a_failed_restore_test_says_why(evaluated: Any) -> None:
    """With the cloud's reason."""
    failed = RestoreTest(ago(days=1), passed=False, note="rows differ")
    assert evaluated(restored=failed) == ["the last restore test failed: rows differ"]


def test_what_a_cloud_does_not_keep_is_not_judged(evaluated: Any) -> None:
    """Results of restore tests, or backups as a whole."""
    assert evaluated(restored=None, tests_known=False) == []
    assert evaluated(newest=None, restored=None, unlisted="no list") == []


def test_a_missing_server_says_what_makes_it(evaluated: Any) -> None:
    """And nothing of backups that it cannot have."""
    assert evaluated(exists=False, newest=None, restored=None) == ["the server does not exist; run `pulumi up`"]
