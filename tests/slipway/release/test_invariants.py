"""What holds after any sequence of observations, commands, crashes and clock jumps, from any status."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from slipway.release.checking import untested
from slipway.release.decide import admitted, decide
from slipway.release.decision import Announce, Decision, RunTask
from slipway.release.draft import Draft
from slipway.release.objects import ReleaseSpec, SlotName
from slipway.release.observed import Command, Observed, Sample, Traffic
from slipway.release.returning import ASK_AGAIN, PEOPLE_TIMEOUT
from slipway.release.status import ENDED, IN_PROGRESS, Breaches, Excess, Pause, Result, Status
from tests.slipway.release.world import START, World, active_blue, spec, word

ADD: dict[str, Any] = {"name": "add", "job": "j", "verified": True}
RENAME: dict[str, Any] = {"name": "rename", "job": "j", "backup": "b", "compatible": False, "reversible": True}
DAY: dict[str, Any] = {"durationSeconds": 3600, "verifyAfterSeconds": [60]}
MESSAGES = [{"when": each, "audience": "a", "channels": ["chat"]} for each in ("start", "step", "done", "rolled-back")]
SPECS: list[dict[str, Any]] = [
    {},
    {"steps": []},
    {"maintenance": True, "watch": DAY},
    {"migrations": [RENAME], "approvals": [{"role": "DBA", "when": "rollback"}]},
    {"migrations": [ADD, {"name": "index", "job": "k", "blocking": False}], "watch": DAY, "announcements": MESSAGES},
    {
        "approvals": [{"role": "A"}, {"role": "B", "when": "go-live"}],
        "jobs": [{"name": "d", "when": ["before"], "job": {}}],
    },
    {"window": {"days": ["tuesday"], "start": "15:30", "durationSeconds": 7200}},
    {"target": {"slot": "blue", "version": "1.0.1"}, "maintenance": True},
    {"queries": {}, "checks": []},
]
ALLOWED = {
    "Idle": {"Waiting"},
    "Waiting": {"Admitted", "Refused", "Idle"},
    "Admitted": {"Testing", "RollingBack", "RolledBack"},
    "Testing": {"Stepping", "Promoted", "RollingBack", "RolledBack"},
    "Stepping": {"Promoted", "RollingBack", "RolledBack"},
    "RollingBack": {"RolledBack"},
    "Promoted": {"RollingBack", "RolledBack"},
    "RolledBack": {"RollingBack"},
    "Refused": {"Waiting"},
}
"""Phases that may follow within one release; another release begins with Idle or Waiting."""
ODD_TRAFFIC = [
    None,
    Traffic(weights={}, closed=False, settled=True),
    Traffic(weights={"blue": 100}, closed=False, settled=False),
    Traffic(weights={"blue": 100, "green": 0}, closed=True, settled=True),
    Traffic(weights={"green": 100, "blue": 0}, closed=False, settled=True),
    Traffic(weights={"green": 70, "blue": 70}, closed=False, settled=True),
]
SLOTS: tuple[SlotName, SlotName] = ("blue", "green")


def garbled(requests: float, errors: float, p95: float | None, ahead: float) -> dict[str, Any]:
    at = START + timedelta(seconds=ahead)
    return {"samples": {slot: Sample(at=at, requests=requests, errors=errors, p95_seconds=p95) for slot in SLOTS}}


NUMBERS = st.sampled_from([0.0, 1.0, 300.0, -1.0, 1e9, math.nan, math.inf])
FACTS: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.sampled_from([{"traffic": each} for each in ODD_TRAFFIC]),
    st.sampled_from([{"ready": each} for each in (None, {}, {"blue": True, "green": False}, {"green": True})]),
    st.sampled_from([{"samples": None}, {"samples": {}}, {"critical_alerts": None}, {"critical_alerts": ("Down",)}]),
    st.builds(garbled, NUMBERS, NUMBERS, st.none() | NUMBERS, st.sampled_from([0.0, 60.0, -1e6, 1e6])),
    st.sampled_from(
        [{"crashing": {"green": "OOMKilled"}}, {"crashing": {"blue": "OOMKilled"}}, {"forbidden_logs": "L"}]
    ),
    st.sampled_from([{"failed_jobs": {"j": "x"}}, {"failed_jobs": {"k": ""}}, {"failed_jobs": {"b": "x"}}]),
    st.sampled_from([{"finished_jobs": ("j",)}, {"running_jobs": ("j",)}, {"running_jobs": None}]),
    st.sampled_from([{"words": (word("A"), word("B", "go-live"), word("DBA", "rollback"))}, {"words": ()}]),
    st.sampled_from([{"admit_asked": False}, {"promote_asked": True}, {"admit_gate": "uid-2"}, {"admit_gate": None}]),
    st.sampled_from([{"running": ("smoke", "rollback/rename")}, {"gates_passed": True}]),
)
"""What a look may see that is not as usual."""
COMMANDS = st.builds(
    lambda number, verb: {"command": Command(id=f"c{number}", verb=verb, by="ada", reason=None)},
    st.integers(0, 5),
    st.sampled_from(["pause", "resume", "promote", "abort", "close", "open"]),
)
EVENTS = st.one_of(
    st.tuples(st.just("see"), FACTS),
    st.tuples(st.just("see"), st.just({})),
    st.tuples(st.just("command"), COMMANDS),
    st.tuples(st.just("pass"), st.sampled_from([1, 1, 5, 15, 16, 60, 300, 4000])),
    st.tuples(st.just("jump"), st.sampled_from([-100_000, -90, 90, 100_000])),
    st.tuples(st.just("crash"), st.sampled_from(["before the status", "before the actions"])),
    st.tuples(st.just("again"), st.none()),
    st.tuples(st.just("fail"), st.sampled_from(["smoke/health", "rollback/rename", "verify/add/60", "job/d/before"])),
    st.tuples(st.just("errors"), st.sampled_from([0.0, 0.5])),
    st.tuples(st.just("next"), st.sampled_from(["bbbbbbbb", "cccccccc"])),
)


class Checked(World):
    """A world that checks what holds after each decision, and crashes where it is told."""

    crash: str | None = None
    keys: set[tuple[str | None, str]]

    def happen(self, kind: str, value: Any) -> None:
        """One event, then a look."""
        if kind == "see":
            self.seen = dict(value)
        elif kind == "command":
            self.seen |= value
        elif kind == "crash":
            self.crash = value
        elif kind == "fail":
            self.failing[value] = "it failed"
        elif kind == "errors":
            self.errors["green"] = value
        elif kind == "jump":
            self.now += timedelta(seconds=value)
        elif kind == "next":
            self.spec = self.spec.model_copy(update={"id": value})
        self.look(value if kind == "pass" else 0 if kind == "again" else 1)

    def look(self, seconds: float = 1) -> Decision:
        self.now += timedelta(seconds=seconds)
        before, seen = self.status, self.observe()
        decision = decide(self.spec, before, seen, self.now)
        check(self.spec, before, seen, decision, self)
        crash, self.crash = self.crash, None
        if crash == "before the status":
            return decision
        self.answers = []
        self.status = Status.model_validate(decision.status.to_json())
        assert self.status == decision.status
        announced = [each.key for each in decision.actions if isinstance(each, Announce)]
        for key in announced:
            self.keys.add((self.status.id, key))
        if self.status.id is not None:
            self.traffic = Traffic(weights=self.status.weights, closed=self.status.closed, settled=True)
        if crash is None:
            for action in decision.actions:
                self.act(action)
        return decision


def check(wanted: ReleaseSpec, before: Status, seen: Observed, decision: Decision, world: Checked) -> None:
    """What holds after each decision."""
    after = decision.status
    same = after.id == before.id
    assert is_legal(after)
    assert len(after.history) <= 100
    assert len(after.handled) <= 20
    assert len(after.previous) <= 20
    if same:
        assert after.phase == before.phase or after.phase in ALLOWED[before.phase]
    else:
        assert before.phase not in IN_PROGRESS
        assert after.phase in ("Idle", "Waiting", "Refused")
    if after.phase in ("RolledBack", "Refused"):
        assert after.reason
    _check_candidate(wanted, before, seen, after)
    _check_gates(wanted, before, seen, after)
    for action in decision.actions:
        if isinstance(action, Announce):
            assert action.key in after.announced
            restarted = before.phase == "Refused"
            assert restarted or (after.id, action.key) not in world.keys or action.key not in before.announced
        if isinstance(action, RunTask) and action.name == ASK_AGAIN:
            assert after.phase in ("RollingBack", "RolledBack")
            assert seen.gates_passed
        if isinstance(action, RunTask) and action.name.startswith("rollback/"):
            assert after.closed
            assert seen.traffic is not None
            assert seen.traffic.closed
            assert seen.traffic.settled


def is_legal(status: Status) -> bool:
    """Somebody has all visitors, or they see the maintenance page on purpose."""
    weights = status.weights
    if not weights:
        return status.closed
    return sum(weights.values()) == 100 and all(0 <= each <= 100 for each in weights.values())


def _check_candidate(wanted: ReleaseSpec, before: Status, seen: Observed, after: Status) -> None:
    """Nobody is given an unchecked candidate, and nothing is promoted without evidence."""
    candidate = after.candidate
    if candidate is None or candidate == after.active == before.active:
        return
    more = after.weights.get(candidate, 0) > before.weights.get(candidate, 0)
    promoted = after.phase == "Promoted" and before.phase != "Promoted"
    if (more and after.phase in ("Stepping", "Promoted")) or promoted:
        assert after.phase in ("Stepping", "Promoted")
        assert not untested(Draft(wanted, after, seen, START))
        assert seen.ready is not None
        assert seen.ready[candidate]
    if promoted and before.phase == "Stepping" and wanted.queries.slots and not before.skip_holds:
        commanded = seen.command is not None and seen.command.id not in before.handled
        assert commanded or before.breaches.requests + 1e9 >= wanted.analysis.minimum_requests
        assert commanded or seen.critical_alerts is not None
    if after.phase not in ("Stepping", "RollingBack") and not after.closed and before.id is not None:
        assert 100 in after.weights.values() or after.weights == before.weights


def _check_gates(wanted: ReleaseSpec, before: Status, seen: Observed, after: Status) -> None:
    gates = {*after.open_gates}
    if "promote" in gates:
        assert "admit" in gates
        assert after.phase in ("Promoted", "Idle")
    if "admit" in gates and after.id == wanted.id and "admit" not in before.open_gates and after.phase == "Admitted":
        closes = Draft(wanted, after, seen, START).closes
        assert not closes or (seen.traffic is not None and seen.traffic.closed and seen.traffic.settled)
    if after.phase in ("RollingBack", "RolledBack", "Refused", "Waiting"):
        assert not gates
    if after.id == wanted.id:
        assert ("admit" in gates) == admitted(wanted, after, seen)


def calm(world: Checked, step: float) -> None:
    """Nothing happens any more but time, until the release has ended; a pause and an approval are waited for a day."""
    world.seen, world.crash, world.asked, world.promote_after = {}, None, False, False
    passed = 0.0
    while world.status.phase in (*IN_PROGRESS, "Waiting") and passed <= 3 * PEOPLE_TIMEOUT:
        world.look(step)
        passed += step
    assert world.status.phase in (*ENDED, "Idle"), (world.status.phase, world.status.waiting)


def begun(declared: dict[str, Any], status: Status) -> Checked:
    world = Checked(spec(**declared), status=status)
    world.keys = set()
    if status.id is None:
        world.traffic = Traffic(weights={}, closed=False, settled=False)
    return world


@settings(max_examples=150)
@given(
    st.sampled_from(SPECS),
    st.sampled_from(
        [active_blue(), Status(), active_blue(closed=True), active_blue(weights={"blue": 90, "green": 10})]
    ),
    st.lists(EVENTS, max_size=40),
)
def test_any_sequence(declared: dict[str, Any], status: Status, events: list[tuple[str, Any]]) -> None:
    """Visitors are never lost, nothing is promoted unproven, no message is repeated, and each path ends."""
    world = begun(declared, status)
    for kind, value in events:
        world.happen(kind, value)
    calm(world, 600)


TIMES = st.none() | st.integers(-200_000, 200_000).map(lambda seconds: START + timedelta(seconds=seconds))
RESULTS = st.builds(
    Result,
    name=st.sampled_from(["smoke/health", "migration/rename", "rollback/rename", "load/0", "odd"]),
    passed=st.booleans(),
    at=st.just(START),
)
STATUSES = st.builds(
    Status,
    id=st.sampled_from([None, "aaaaaaaa", "00000000"]),
    version=st.sampled_from([None, "2.0.0"]),
    candidate=st.sampled_from([None, *SLOTS]),
    phase=st.sampled_from([*ALLOWED]),
    active=st.sampled_from([None, *SLOTS]),
    active_version=st.sampled_from([None, "1.0.0"]),
    weights=st.sampled_from(
        [{}, {"blue": 100}, {"blue": 40, "green": 40}, {"green": 100, "blue": 0}, {"green": 10, "blue": 90}]
    ),
    closed=st.booleans(),
    live=st.sampled_from([None, *SLOTS]),
    former=st.sampled_from([None, *SLOTS]),
    gate=st.sampled_from([None, "", "uid-1"]),
    step=st.integers(-3, 9),
    started=TIMES,
    since=TIMES,
    deadline=TIMES,
    in_force=TIMES,
    promoted=TIMES,
    watch_until=TIMES,
    skip_holds=st.booleans(),
    was_closed=st.booleans(),
    paused=st.none() | st.just(Pause(since=START, by="ada")),
    open_gates=st.sampled_from([[], ["admit"], ["admit", "promote"]]),
    results=st.lists(RESULTS, max_size=3),
    announced=st.sampled_from([[], ["watch-ended"]]),
    breaches=st.builds(
        Breaches,
        requests=st.floats(0, 1e6),
        last_sample=TIMES,
        excesses=st.dictionaries(
            st.sampled_from(["errors", "critical", "odd"]), st.builds(Excess, score=st.floats(0, 100)), max_size=2
        ),
    ),
)
"""Statuses that no look has left: damaged, or edited by hand."""


@settings(max_examples=150)
@given(st.sampled_from(SPECS), STATUSES, st.lists(EVENTS, max_size=10))
def test_any_status(declared: dict[str, Any], status: Status, events: list[tuple[str, Any]]) -> None:
    """However a status came about, the decision is legal, and the release ends."""
    world = World(spec(**declared), status=status)
    for kind, value in [*events, ("see", {})]:
        before = world.status
        if kind == "see":
            world.seen = dict(value)
        world.look(value if kind == "pass" else 1)
        after = world.status
        assert after.id is None or is_legal(after)
        if after.id is not None and after.id == before.id:
            assert after.phase == before.phase or after.phase in ALLOWED[before.phase]
        if after.phase in ("RolledBack", "Refused") and before.phase != after.phase:
            assert after.reason
    ended = Checked(world.spec, status=world.status, now=world.now, traffic=world.traffic)
    ended.keys = set()
    for _ in range(3 * PEOPLE_TIMEOUT // 900):
        World.look(ended, 900)
        if ended.status.phase not in (*IN_PROGRESS, "Waiting"):
            break
    assert ended.status.phase in (*ENDED, "Idle")


@pytest.mark.parametrize("status", [{"weights": {"blue": 101}}, {"phase": "Odd"}, {"active": "red"}])
def test_what_is_no_status_is_never_read(status: dict[str, Any]) -> None:
    """The edge reads statuses by the same model, which refuses them."""
    with pytest.raises(ValidationError):
        Status.model_validate(status)


FAULTS: dict[str, Callable[[Checked], object]] = {
    "crash before the status": lambda world: setattr(world, "crash", "before the status"),
    "crash before the actions": lambda world: setattr(world, "crash", "before the actions"),
    "the same look again": lambda world: world.look(0),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("declared", SPECS)
def test_a_crash_changes_no_end(fault: str, declared: dict[str, Any]) -> None:
    """A controller that is killed at a look which decides something ends as an undisturbed one would, with the same
    states on the way."""
    undisturbed = _course(declared, None, None)
    assert undisturbed[-1][1][0] == "Promoted"
    for number, _ in undisturbed:
        disturbed = _course(declared, FAULTS[fault], number)
        assert [state for _, state in disturbed] == [state for _, state in undisturbed]


def _course(
    declared: dict[str, Any], fault: Callable[[Checked], object] | None, at: int | None
) -> list[tuple[int, Any]]:
    """The states of a release, each with the look that decided it; a fault meets one look."""
    world = begun(declared, active_blue())
    course: list[tuple[int, Any]] = []
    world.now += timedelta(minutes=30)
    world.seen["words"] = (word("A"), word("B", "go-live"))
    for look in range(60):
        if look == at and fault is not None:
            fault(world)
            _note(course, look, world.status)
        world.look(15)
        _note(course, look, world.status)
    return course


def _note(course: list[tuple[int, Any]], look: int, status: Status) -> None:
    state = (status.phase, dict(status.weights), status.closed, status.live)
    if status.id != "00000000" and (not course or course[-1][1] != state):
        course.append((look, state))
