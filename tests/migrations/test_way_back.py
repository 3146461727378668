"""The Job that `slipway rollback` makes from the plan's, on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from slipway.ops.cluster import jobs, migration_history
from slipway.rehearsal import Plan
from tests.migrations import fresh_databases
from tests.migrations.container import Written
from tests.migrations.server import Server
from tests.rehearsed import rehearsed
from tests.slipway.ops.cluster.server import filled_in

NOW = datetime(2026, 11, 21, 10, 0, 5, tzinfo=UTC)
NAME = "001-expense-accounts"


@pytest.fixture(scope="module")
def plan() -> Plan:
    """Of the stack `local`."""
    return rehearsed("local").plan


def planned(plan: Plan, kind: str, name: str) -> Mapping[str, Any]:
    steps = [step.inputs for step in plan.steps if step.type.endswith(f":{kind}")]
    (found,) = [each for each in steps if each["metadata"].get("labels", {}).get(migration_history.LABEL) == name]
    return found


def test_the_copy_of_the_plan_s_job_takes_the_migration_back(plan: Plan, postgres: Server) -> None:
    """The plan's Job makes it, the copy of what the cluster has of that Job undoes it, and there is nothing to do then."""
    given, files = planned(plan, "Job", NAME), planned(plan, "ConfigMap", NAME)["data"]
    database = fresh_databases.database(postgres, "expenses")
    before = database.state(ledger=False)
    made = Written(given, files).run(postgres, database.name)
    assert made.status == 0, made.output
    assert database.ledger() == [f"{NAME} applied"]
    back = Written(migration_history.rollback(filled_in(given, "2026-11-20T10:00:00Z"), NOW), files)
    done = back.run(postgres, database.name)
    assert (done.status, done.last["step"], done.last["detail"]) == (0, "record", "removed"), done.output
    assert "rollbackVerification" in done.steps("ok")
    assert database.state(ledger=False) == before
    assert database.ledger() == []
    again = back.run(postgres, database.name)
    assert (again.status, again.last["detail"]) == (0, "nothing to do")


def test_an_applied_migration_is_verified_again(plan: Plan, postgres: Server) -> None:
    """The copy of the cluster's Job runs the declared checks once more and changes nothing; it fails once one no longer
    holds, and when the migration was never applied."""
    given, files = planned(plan, "Job", NAME), planned(plan, "ConfigMap", NAME)["data"]
    live = filled_in(given, "2026-11-20T10:00:00Z")
    again = Written(jobs.from_job(live, "again", live["metadata"]["labels"], MODE="verify"), files)
    database = fresh_databases.database(postgres, "expenses")
    early = again.run(postgres, database.name)
    assert (early.status, early.last["step"], early.last["status"]) == (1, "ledger", "failed")
    assert Written(given, files).run(postgres, database.name).status == 0
    before = database.state()
    done = again.run(postgres, database.name)
    assert (done.status, done.last["step"], done.last["status"]) == (0, "verification", "ok"), done.output
    assert database.state() == before
    database.sql("DROP TABLE public.expense_accounts CASCADE")
    broken = again.run(postgres, database.name)
    assert (broken.status, broken.last["step"], broken.last["status"]) == (1, "verification", "failed")
