"""The candidate's shares of visitors."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from slipway.release.observed import Sample, Traffic
from tests.slipway.release.world import World, spec


def stepping(**declared: Any) -> World:
    return World(spec(**declared)).until("Stepping")


def test_a_hold_counts_from_traffic_in_force() -> None:
    """Not from when the weights were written: the gateway may be restarting."""
    world = stepping()
    began = world.now
    for _ in range(100):
        world.traffic = Traffic(weights={"blue": 100, "green": 0}, closed=False, settled=True)
        world.look()
    assert world.status.in_force is None
    assert world.status.waiting[0] == "Step 1 (10 %): gateway and edges confirm the weights."
    world.until(lambda each: each.status.step == 1)
    assert world.now - began >= timedelta(seconds=400)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"samples": None}, "Prometheus has no new sample"),
        ({"samples": {}}, "Prometheus has no new sample"),
        ({"critical_alerts": None}, "Whether critical alerts fire is unknown"),
        ({"ready": None}, "all Deployments of green are available"),
        ({"traffic": None}, "gateway and edges confirm the weights"),
        ({"traffic": Traffic(weights={}, closed=False, settled=True)}, "gateway and edges confirm the weights"),
        ({"traffic": Traffic(weights={"green": 10, "blue": 90}, closed=False, settled=False)}, "confirm the weights"),
    ],
)
def test_silence_holds_and_then_rolls_back(change: dict[str, Any], sentence: str) -> None:
    """Nothing is promoted on what nobody knows; a short silence costs its time only."""
    world = stepping(progressSeconds=600)
    world.seen |= change
    for _ in range(400):
        world.look()
    assert (world.status.phase, world.status.step) == ("Stepping", 0)
    assert any(sentence in each for each in world.status.waiting)
    for key in change:
        del world.seen[key]
    world.until("Promoted")
    world = stepping(progressSeconds=600)
    world.seen |= change
    world.until(lambda each: each.status.phase in ("RollingBack", "RolledBack"), looks=1000)
    assert sentence in (world.status.reason or "")
    assert world.status.weights == {"blue": 100, "green": 0}


def test_too_few_requests_hold() -> None:
    """A step passes after `minimumRequests`, and is rolled back if they never come."""
    world = stepping(progressSeconds=1200)
    world.rate = 0.5 * 300 / 300 * 10 * 0.5
    world.until(lambda each: each.status.step == 1)
    assert world.status.history[-2].what.startswith("Step 1 (10 %) passed with 3")
    assert world.status.history[-2].what.endswith(
        " requests, of which 0 % failed (at most 1 %); the slowest 95th percentile was 0.2 s (at most 0.5 s)."
    )
    world = stepping(progressSeconds=600)
    world.rate = 1
    world.until("RolledBack")
    assert "of 300 requests" in (world.status.reason or "")


def test_a_system_without_requests_steps_by_the_clock() -> None:
    """Where no figures are declared, readiness and checks are all there is."""
    world = stepping(queries={})
    world.seen["samples"] = None
    world.until("Promoted")


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (lambda world: world.errors.update(green=0.3), "Step 1 (10 %): 30 % of 150 requests failed in 1 sample"),
        (lambda world: world.p95.update(green=2.0), "the objective is 0.5 s"),
        (lambda world: world.seen.update(crashing={"green": "OOMKilled"}), "crashes again and again (OOMKilled)"),
        (lambda world: world.seen.update(critical_alerts=["Down"]), "critical alert Down began to fire"),
        (lambda world: world.seen.update(forbidden_logs="Leak"), "alert Leak on forbidden log lines fires"),
        (lambda world: world.seen.update(failed_jobs={"j": "no table"}), "migration/m failed: no table"),
    ],
)
@pytest.mark.parametrize("paused", [False, True])
def test_a_breach_rolls_back_at_once(fault: Any, reason: str, paused: bool) -> None:
    """While it is paused too; visitors return in the same look."""
    rules = {"errorPercent": 1, "p95Seconds": 0.5, "forbiddenLogs": True}
    world = stepping(analysis=rules, migrations=[{"name": "m", "job": "j"}])
    if paused:
        world.command("pause")
        world.look()
        assert world.status.paused
    fault(world)
    world.until("RollingBack", looks=62)
    assert reason in (world.status.reason or "")
    assert (world.status.weights, world.status.closed) == ({"blue": 100, "green": 0}, False)
    world.until("RolledBack", looks=2)
    assert world.status.live == "blue"


def test_what_the_slot_did_before_the_step_is_not_the_candidates() -> None:
    """The version that was rolled back a moment ago failed in the same slot; the one now in it does not."""
    world = World(spec(evidence={"quiet": False}))
    world.until("Stepping")
    began = world.status.since
    assert began is not None
    left = {"green": Sample(at=began, requests=27, errors=27, p95_seconds=0.2)}
    world.seen["samples"] = left
    for _ in range(14):
        world.look()
    assert (world.status.phase, world.status.breaches.requests) == ("Stepping", 0)
    del world.seen["samples"]
    world.until("Promoted")


def test_the_active_slots_faults_are_not_the_candidates() -> None:
    """Its crash loop, its errors and an alert since before the release do not end it."""
    world = World(spec(evidence={"quiet": False}))
    world.seen["critical_alerts"] = ["Old"]
    world.errors["blue"] = 0.5
    world.until("Stepping")
    world.seen["crashing"] = {"blue": "OOMKilled"}
    world.until("Promoted")


def test_an_alert_that_fires_again_is_new() -> None:
    """One that had ended since admission counts against the candidate."""
    world = World(spec(evidence={"quiet": False}))
    world.seen["critical_alerts"] = ["Flap"]
    world.until("Stepping")
    world.seen["critical_alerts"] = []
    world.look()
    world.seen["critical_alerts"] = ["Flap"]
    world.until("RolledBack")


def test_steps_that_do_not_end_at_100_are_completed() -> None:
    """The last step gives the candidate everybody, and none is left out."""
    world = stepping(steps=[{"weight": 20, "holdSeconds": 60}])
    seen = []
    world.until(lambda each: seen.append(each.status.weights["green"]) or each.status.phase == "Promoted")
    assert list(dict.fromkeys(seen)) == [20, 100]
    world = stepping(steps=[])
    assert world.status.weights == {"green": 100, "blue": 0}
    world.until("Promoted")


def test_clocks_that_jump() -> None:
    """Set back, a hold begins again; set ahead, samples must cover the hold all the same."""
    world = stepping()
    for _ in range(200):
        world.look()
    world.now -= timedelta(hours=5)
    world.last_sample = world.now
    world.look()
    assert world.status.since == world.now
    moved = world.now
    world.until("Promoted")
    assert timedelta(minutes=9) < world.now - moved < timedelta(minutes=12)
    world = stepping()
    for _ in range(10):
        world.look()
    world.look(seconds=400)
    assert world.status.step == 0
    assert any("samples cover" in each for each in world.status.waiting)
    world.until("Promoted")
