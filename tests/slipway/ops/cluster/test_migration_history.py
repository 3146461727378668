"""Which Job made a migration, and which migrations stand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from components.system.migrations.manifests import job as program
from slipway.ops.cluster import migration_history
from slipway.ops.cluster.migration_history import BACK, LABEL, History
from tests.slipway.ops.cluster.server import filled_in, migration_job

Jobs = list[dict[str, Any]]
NAME = "001-colour"
NOW = datetime(2026, 11, 21, 10, 0, 5, tzinfo=UTC)


def run(day: int, *, back: bool = False, ends: str = "Complete", name: str = NAME) -> dict[str, Any]:
    given = migration_job(f"job-{day}", name)
    if back:
        given["metadata"]["labels"][BACK] = given["metadata"]["labels"].pop(LABEL)
    live = filled_in(given, f"2026-11-{day:02}T10:00:00Z")
    live["status"] = {"conditions": [{"type": ends, "status": "True"}]}
    return live


def test_the_newest_job_of_the_plan_is_what_was_run() -> None:
    """Of that migration; those that took it back are none of the plan's."""
    history = History([run(3), run(5), run(4), run(8, name="002-size")], [run(7, back=True)])
    made = history.last_job(NAME)
    assert made is not None
    assert made["metadata"]["name"] == "job-5"
    assert history.last_job("003-none") is None


@pytest.mark.parametrize(
    ("plan", "back", "stands"),
    [
        ([], [], False),
        ([run(3)], [], True),
        ([run(3, ends="Failed")], [], False),
        ([run(3)], [run(4, back=True)], False),
        ([run(3)], [run(4, back=True, ends="Failed")], True),
        ([run(3), run(5)], [run(4, back=True)], True),
    ],
)
def test_a_migration_stands_until_it_is_taken_back(plan: Jobs, back: Jobs, stands: bool) -> None:
    """By a rollback that was completed."""
    assert History(plan, back).is_applied(NAME) is stands


def test_the_way_back_is_the_same_job_with_another_mode() -> None:
    """Its pods have the labels that the migration's network policy selects; itself it is none of the plan's Jobs."""
    made = run(3)
    back = migration_history.rollback(made, NOW)
    assert back["metadata"]["name"] == "migrate-001-colour-rollback-20261121100005"
    assert back["metadata"]["labels"] == {
        "app.kubernetes.io/name": "migrate-001-colour",
        BACK: NAME,
    }
    assert back["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/name"] == "migrate-001-colour"
    assert back["spec"]["template"]["spec"]["volumes"] == made["spec"]["template"]["spec"]["volumes"]


def test_labels_are_those_that_the_program_writes() -> None:
    """The command looks Jobs up by them."""
    assert program.LABEL == LABEL
    assert f"{program.LABEL}-rollback" == migration_history.WAY_BACK
