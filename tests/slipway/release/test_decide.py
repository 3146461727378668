"""A release from its beginning to its end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from slipway.release.decide import admitted, decide
from slipway.release.decision import Announce
from slipway.release.observed import Observed, Traffic
from slipway.release.status import Status
from tests.slipway.release.world import START, World, active_blue, spec, word

MESSAGES = [
    {"when": when, "audience": "team", "channels": ["chat"]} for when in ("start", "step", "done", "rolled-back")
]
RENAME: dict[str, Any] = {"name": "rename", "job": "migrate-rename", "compatible": False, "reversible": True}


def test_a_full_release() -> None:
    """Waiting, admitted, checked, stepped, promoted; visitors, workers and gates follow."""
    world = World(spec(announcements=MESSAGES))
    weights = []
    world.until(lambda each: weights.append(each.status.weights["green"]) or "promote" in each.status.open_gates)
    assert world.phases == ["Waiting", "Admitted", "Testing", "Stepping", "Promoted"]
    assert sorted(set(weights)) == [0, 10, 100]
    assert world.now - START == timedelta(minutes=10, seconds=8)
    assert (world.status.active, world.status.active_version, world.status.live) == ("green", "2.0.0", "green")
    assert (world.status.former, world.status.former_version) == ("blue", "1.0.0")
    assert [each.key for each in world.sent] == ["start/0", "step/1/0", "step/1/1", "done/2"]
    assert world.tasks == ["smoke"]
    world.until(lambda each: any(event.reason == "WatchEnded" for event in each.events))
    assert world.now - START == timedelta(minutes=70, seconds=7)
    assert world.status.asked == ["Retire blue: `slipway release retire --stack prod --system shop`."]


def test_gates_open_when_traffic_is_seen() -> None:
    """`admit` opens once the release is admitted, `promote` once the gateway has accepted the promoted weights."""
    world = World(spec()).until("Admitted")
    assert world.status.open_gates == ["admit"]
    world.until("Promoted")
    assert world.status.open_gates == ["admit"]
    world.look()
    assert world.status.open_gates == ["admit", "promote"]


def test_what_visitors_have_needs_no_release() -> None:
    """The first `up` after a takeover, or one of something else, passes straight through."""
    world = World(spec(target={"slot": "blue", "version": "1.0.0"}), status=Status())
    world.traffic = Traffic(weights={"blue": 100}, closed=False, settled=True)
    world.look()
    assert world.status.phase == "Idle"
    assert (world.status.active, world.status.closed, world.status.live) == ("blue", False, "blue")
    assert world.status.open_gates == ["admit", "promote"]
    assert world.status.weights == {"blue": 100}


def test_nobody_is_shut_out_by_a_takeover() -> None:
    """Until the routes answer, nothing is decided about visitors; then they stay where they are."""
    world = World(spec(), status=Status())
    world.look()
    assert world.status.id is None
    world.traffic = Traffic(weights={"blue": 90, "green": 10}, closed=False, settled=True)
    world.look()
    assert (world.status.active, world.status.weights, world.status.closed) == (
        "blue",
        {"blue": 90, "green": 10},
        False,
    )


def test_a_first_release_opens_when_it_is_promoted() -> None:
    """There is no slot to compare with: closed until checked, then all visitors at once."""
    world = World(spec(), status=Status(), traffic=Traffic(weights={}, closed=False, settled=False))
    world.until("Testing")
    assert (world.status.closed, world.status.weights) == (True, {})
    world.until("Promoted")
    assert world.phases == ["Waiting", "Admitted", "Testing", "Promoted"]
    assert (world.status.closed, world.status.weights, world.status.former) == (False, {"green": 100, "blue": 0}, None)


def test_a_first_release_that_fails_stays_closed() -> None:
    """On purpose: there is nothing that visitors could return to."""
    world = World(spec(), status=Status(), traffic=Traffic(weights={}, closed=False, settled=False))
    world.failing["smoke/health"] = "status 500, expected 200"
    world.until("RolledBack")
    assert (world.status.closed, world.status.weights, world.status.live) == (True, {}, None)
    assert world.status.reason == (
        "Before its first visitor: smoke/health failed: status 500, expected 200. "
        "There is no slot to return to: the system stays closed."
    )


def test_maintenance_is_proven_before_the_gate_opens() -> None:
    """Backup and migration wait until the page is seen; visitors are never split, and return at promotion."""
    world = World(spec(maintenance=True)).until("Admitted")
    assert (world.status.closed, world.status.open_gates) == (True, [])
    for traffic in (
        None,
        Traffic(weights={}, closed=True, settled=False),
        Traffic(weights={}, closed=False, settled=True),
    ):
        seen = Observed(traffic=traffic, promote_asked=True)
        decision = decide(world.spec, world.status, seen, world.now)
        assert (decision.status.open_gates, decision.status.phase) == ([], "Admitted")
        assert not admitted(world.spec, world.status, seen)
    closed = []
    world.until(lambda each: closed.append(each.status.closed) or each.status.phase == "Promoted")
    assert set(closed) == {True} or closed[-1] is False
    assert world.phases == ["Waiting", "Admitted", "Testing", "Promoted"]
    assert (world.status.closed, world.status.weights) == (False, {"green": 100, "blue": 0})


def test_an_incompatible_migration_closes_too() -> None:
    """Even where the program forgot `maintenance`: the active version would not work."""
    world = World(spec(migrations=[RENAME])).until("Admitted")
    assert world.status.closed


@pytest.mark.parametrize(
    ("declared", "seen", "failing", "reason"),
    [
        ({}, {}, {"smoke/health": "status 500"}, "smoke/health failed: status 500."),
        (
            {"jobs": [{"name": "d", "when": ["after"], "job": {}}]},
            {},
            {"job/d/after": "bad"},
            "job/d/after failed: bad.",
        ),
        (
            {"load": [{"request": {"host": "h", "path": "/"}, "p95Seconds": 1, "errorPercent": 1}]},
            {},
            {"load/0": "p95 3 s, at most 1 s"},
            "load/0 failed: p95 3 s, at most 1 s.",
        ),
        ({}, {"crashing": {"green": "CrashLoopBackOff, exit 1"}}, {}, "a pod of green crashes again and again"),
        ({}, {"ready": None}, {}, "All Deployments of green are available at their declared size"),
        ({}, {"ready": {"blue": True}}, {}, "All Deployments of green are available at their declared size"),
        ({"approvals": [{"role": "PO", "when": "go-live"}]}, {}, {}, "Approval by PO"),
    ],
)
def test_nobody_gets_an_unproven_candidate(
    declared: dict[str, Any], seen: dict[str, Any], failing: dict[str, str], reason: str
) -> None:
    """A failed or missing check rolls back, and names itself."""
    world = World(spec(**declared, progressSeconds=600), failing=failing)
    weights = set()
    world.until("Testing").seen |= seen
    world.until(lambda each: weights.add(each.status.weights["green"]) or each.status.phase == "RolledBack")
    assert weights == {0}
    assert reason in (world.status.reason or "")
    assert world.status.closed is False


def test_checks_run_in_order_and_once() -> None:
    """Smoke tests, then validations, then load; `go-live` is asked for meanwhile."""
    load = {"request": {"host": "h", "path": "/"}, "p95Seconds": 1, "errorPercent": 1}
    jobs = [{"name": "d", "when": ["before", "after"], "job": {}}]
    world = World(spec(jobs=jobs, load=[load, load], approvals=[{"role": "PO", "when": "go-live"}]))
    world.until(lambda each: len(each.tasks) == 5)
    assert world.tasks == ["job/d/before", "smoke", "job/d/after", "load/0", "load/1"]
    assert [each.key for each in world.sent] == ["asked/go-live"]
    world.look()
    world.look()
    assert world.status.waiting == [
        "Approval by PO: `slipway release approve --stack prod --system shop --role PO --when go-live`."
    ]
    world.seen["words"] = [word("PO", "go-live")]
    world.until("Promoted")
    assert len(world.tasks) == 5


def test_a_new_release_follows_one_that_ended() -> None:
    """The former one goes to `previous`; results and history begin again, traffic and commands stay."""
    world = World(spec()).until("Stepping")
    world.command("abort", "wrong version")
    world.until("RolledBack")
    world.spec = spec(id="bbbbbbbb", attempt=2)
    world.look()
    assert world.status.phase == "Waiting"
    past = world.status.previous[0]
    assert (past.id, past.outcome, past.reason) == ("aaaaaaaa", "RolledBack", "Aborted by ada. Reason: wrong version.")
    assert (world.status.results, world.status.announced, world.status.handled) == ([], [], ["c1"])
    world.until("Promoted")


def test_a_release_in_progress_is_not_replaced() -> None:
    """The API server refuses that; if it happens, the one in progress goes on, and the other's gates stay shut."""
    world = World(spec()).until("Stepping")
    world.spec = spec(id="bbbbbbbb", target={"slot": "blue", "version": "3.0.0"})
    world.look()
    assert (world.status.id, world.status.candidate, world.status.phase) == ("aaaaaaaa", "green", "Stepping")
    world.until("Promoted")
    assert (world.status.active, world.status.active_version) == ("green", "2.0.0")
    assert sum("is wanted too" in each.what for each in world.status.history) == 1
    world.look()
    assert world.status.id == "bbbbbbbb"


def test_pulumi_that_never_comes_back() -> None:
    """If migrations and pods do not come, the release is given up."""
    world = World(spec(progressSeconds=600), promote_after=False).until("RolledBack")
    assert "waiting for: Pulumi applies backups" in (world.status.reason or "")


def test_looking_again_changes_nothing() -> None:
    """The same look, repeated, soon writes the same status, and sends no message twice."""
    world = World(spec(announcements=MESSAGES, approvals=[{"role": "A"}]))
    for _ in range(700):
        world.seen["words"] = [word("A")] if world.now > START + timedelta(seconds=5) else []
        seen = world.observe()
        once = decide(world.spec, world.status, seen, world.now)
        again = decide(world.spec, once.status, seen, world.now)
        keys = [each.key for each in again.actions if isinstance(each, Announce)]
        assert not {*keys} & {*once.status.announced}
        if (once.status.phase, once.status.step) == (again.status.phase, again.status.step):
            assert decide(world.spec, again.status, seen, world.now).status == again.status
        world.look()
    assert len({each.key for each in world.sent}) == len(world.sent) == 5
    assert world.status.phase == "Promoted"


def test_in_place() -> None:
    """A version that replaces another in the active slot is checked, and has nothing to step from or return to."""
    world = World(spec(target={"slot": "blue", "version": "1.0.1"})).until("Promoted")
    assert world.phases == ["Waiting", "Admitted", "Testing", "Promoted"]
    assert (world.status.weights, world.status.former) == ({"blue": 100, "green": 0}, None)
    world = World(spec(target={"slot": "blue", "version": "1.0.1"}), failing={"smoke/health": "500"}).until(
        "RolledBack"
    )
    assert world.status.weights == {"blue": 100, "green": 0}
    assert "updated in place" in (world.status.reason or "")


def test_a_system_closed_on_purpose_stays_so() -> None:
    """A release of a closed system that fails does not open it."""
    world = World(spec(), status=active_blue(closed=True), failing={"smoke/health": "500"}).until("RolledBack")
    assert world.status.closed
    assert "was closed before" in (world.status.reason or "")
