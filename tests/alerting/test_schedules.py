"""Alerts on schedules, on promtool: both slots count as one, and a failure and a missing run are reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from math import nan
from pathlib import Path

import pytest

from components.cluster.monitoring.manifests.alerting import schedule_alerts, workload_alerts
from components.cluster.monitoring.manifests.alerting.rule import Rule
from slipway.settings.schedules import Schedule
from slipway.settings.stacks import DeployedSystem
from tests.alerting import rules
from tests.alerting.rules import Moment
from tests.alerting.scenarios import Samples, of_kubernetes

STEPS = 130
HOURLY = Schedule(service="fleet-api", args=["a"], schedule="0 * * * *", deadline="10m")
"""Its successes are 80 minutes apart at most: an hour, and twice ten minutes."""
OVERDUE = 80 + 1 + 15
"""Step at which the last success at 0 is reported as too old."""
OWN = {"namespace": "fleet"}


@cache
def fleet() -> DeployedSystem:
    deployed = rules.deployed_systems()["fleet"]
    return replace(deployed, definition=deployed.definition.model_copy(update={"schedules": {"invoices": HOURLY}}))


def rule(name: str) -> Rule:
    (found,) = [each for each in schedule_alerts.alerts(fleet()) if each.name == name]
    return found


def series(**samples: Mapping[int, float]) -> dict[str, Samples]:
    """Values by metric and slot, as `active_blue={0: 1, 20: 0}`: each from its step on."""
    found: dict[str, Samples] = {}
    for name, values in samples.items():
        metric, _, slot = name.rpartition("_")
        at = [max((step for step in values if step <= now), default=None) for now in range(STEPS)]
        known = of_kubernetes(f"kube_cronjob_{metric}", namespace="fleet", cronjob=f"invoices-{slot}")
        found[known] = [nan if step is None else values[step] for step in at]
    return found


DUE, SUCCESS = "status_last_schedule_time", "status_last_successful_time"
BLUE_RUNS = {"spec_suspend_blue": {0: 0.0}, "spec_suspend_green": {0: 1.0}}
CASES: Mapping[str, tuple[str, Mapping[str, Mapping[int, float]], list[tuple[int, bool]]]] = {
    "a run fails, and one of the other slot succeeds": (
        "ScheduleFailed",
        {
            f"{DUE}_blue": {0: -2400.0, 20: 1200.0},
            f"{SUCCESS}_blue": {0: -2300.0},
            "status_active_blue": {0: 0.0, 20: 1.0, 25: 0.0},
            "status_active_green": {0: 0.0},
            f"{SUCCESS}_green": {40: 2400.0},
        },
        [(26, False), (27, True), (39, True), (40, False)],
    ),
    "the first run ever fails": (
        "ScheduleFailed",
        {f"{DUE}_green": {20: 1200.0}, "status_active_green": {0: 0.0, 20: 1.0, 25: 0.0}},
        [(26, False), (27, True)],
    ),
    "no run comes, before or after a promotion": (
        "ScheduleOverdue",
        {
            "spec_suspend_blue": {0: 0.0, 30: 1.0},
            "spec_suspend_green": {0: 1.0, 30: 0.0},
            f"{SUCCESS}_blue": {0: 0.0},
            f"{SUCCESS}_green": {0: -9e9, 110: 6600.0},
            "created_green": {0: -9e9},
        },
        [(OVERDUE - 1, False), (OVERDUE, True), (109, True), (110, False)],
    ),
    "no run has ever come": (
        "ScheduleOverdue",
        {**BLUE_RUNS, "created_blue": {0: 0.0}, "created_green": {0: -9e9}},
        [(OVERDUE - 1, False), (OVERDUE, True)],
    ),
    "none runs on purpose": (
        "ScheduleOverdue",
        {"spec_suspend_blue": {0: 1.0}, "spec_suspend_green": {0: 1.0}, f"{SUCCESS}_blue": {0: -9e9}},
        [(STEPS - 1, False)],
    ),
}


def test_they_fire_and_recover(tmp_path: Path) -> None:
    """At their minute and not before, once for both slots."""
    tests = [
        rules.unit_test(
            fleet(), series(**samples), [Moment(step, rule(name), OWN if fires else None) for step, fires in moments]
        )
        for name, samples, moments in CASES.values()
    ]
    assert rules.passes(fleet(), tests, tmp_path) == ""


@pytest.mark.parametrize("name", ["CpuSaturated", "MemorySaturated"])
def test_a_run_may_use_all_that_it_asks_for(name: str) -> None:
    """Its pods, whose names end like those of a Deployment, are no service; without schedules the alert is as ever."""
    without = replace(fleet(), definition=fleet().definition.model_copy(update={"schedules": {}}))
    (plain,) = [each for each in workload_alerts.alerts(without) if each.name == name]
    (found,) = [each for each in workload_alerts.alerts(fleet()) if each.name == name]
    left_out = ', pod!~"(invoices)-(blue|green)-[0-9]+-.+"'
    assert found.expr.count(left_out) == 2
    assert found.expr.replace(left_out, "") == plain.expr
