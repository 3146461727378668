"""What to do about a release: a pure function of what is wanted, what was known, what is seen, and the time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from slipway.release import admission, returning, watching
from slipway.release.checking import check_on
from slipway.release.decision import Decision
from slipway.release.draft import Draft
from slipway.release.facts import gather
from slipway.release.objects import ReleaseSpec
from slipway.release.observed import Observed
from slipway.release.repair import repaired
from slipway.release.status import IN_PROGRESS, Outcome, Past, Phase, Status
from slipway.release.steering import obey
from slipway.release.stepping import begin_steps, step_on

OUTCOMES: Mapping[Phase, Outcome] = {"Promoted": "Promoted", "RolledBack": "RolledBack", "Refused": "Refused"}
"""Of a release that another follows; one that waits was not admitted."""
PAST = 20
"""Releases. Chosen: months of a system that is released weekly."""
SOON, LATER = timedelta(seconds=1), timedelta(seconds=5)
"""Until the next look while visitors may be moved, and otherwise. Chosen: a rollback is to be decided and seen in five
seconds; a gate's pod takes longer to start."""


def decide(spec: ReleaseSpec, status: Status, seen: Observed, now: datetime) -> Decision:
    """Return the status to write and what to do then. It has a legal answer for any status and anything seen; looking
    again without news changes nothing. All times have a time zone."""
    draft = Draft(spec, repaired(status, spec, now), seen, now)
    if draft.status.id != spec.id and not _begin(draft):
        return Decision(status=draft.status, look_after=SOON)
    gather(draft)
    obey(draft)
    PHASES[draft.status.phase](draft)
    draft.set(open_gates=_open_gates(draft))
    busy = draft.status.phase in IN_PROGRESS or draft.status.in_force is None
    return Decision(status=draft.status, actions=tuple(draft.actions), look_after=SOON if busy else LATER)


def admitted(spec: ReleaseSpec, status: Status, seen: Observed) -> bool:
    """Return whether `admit-<id>` may pass: the release is admitted and, with maintenance, proven closed; or there is
    nothing to release."""
    draft = Draft(spec, status, seen, datetime.min)
    if status.id != spec.id or status.phase in ("Waiting", "RollingBack", "RolledBack", "Refused"):
        return False
    if status.phase == "Idle":
        return admission.is_done(draft)
    return "admit" in status.open_gates or status.phase == "Promoted" or not draft.closes or draft.is_closed


def _open_gates(draft: Draft) -> list[str]:
    gates = ["admit"] if admitted(draft.spec, draft.status, draft.seen) else []
    if draft.status.phase == "Promoted" and draft.status.in_force is not None:
        gates.append("promote")
    if draft.status.phase == "Idle" and gates:
        gates.append("promote")
    return gates


def _begin(draft: Draft) -> bool:
    """Begin the release that is wanted; or go on with the one in progress, whose gates the other's Jobs do not ask for.
    Return whether there is something to decide."""
    status = draft.status
    if status.phase in IN_PROGRESS:
        _go_on(draft)
        return True
    if status.id is None and status.active is None and not _adopt(draft):
        return False
    status, spec = draft.status, draft.spec
    draft.status = Status(
        id=spec.id,
        version=spec.target.version,
        candidate=spec.target.slot,
        observed_generation=status.observed_generation,
        active=status.active,
        active_version=status.active_version,
        weights=status.weights,
        closed=status.closed,
        live=status.live,
        applied=status.applied,
        handled=status.handled,
        previous=_past(status, draft.now),
    )
    return True


def _adopt(draft: Draft) -> bool:
    """Take over a system that has visitors without ever having been released: they stay where they are. Return whether
    it is known who has them."""
    traffic = draft.seen.traffic
    if traffic is None:
        draft.set(waiting=["The routes say who has the visitors."])
        return False
    weights = dict(traffic.weights)
    if weights and sum(weights.values()) == 100 and min(weights.values()) >= 0 and not traffic.closed:
        active = max(weights, key=lambda slot: weights[slot])
        draft.set(active=active, weights=weights, closed=False, live=active)
    return True


def _go_on(draft: Draft) -> None:
    """Go on with the release in progress, in the spec that another release has replaced."""
    spec, status = draft.spec, draft.status
    message = f"Version {spec.target.version} is wanted too: it begins with the `up` after this release has ended."
    draft.report_once(f"wanted/{spec.id}", "AnotherWanted", message)
    target = spec.target.model_copy(update={"slot": draft.candidate, "version": status.version or spec.target.version})
    draft.spec = spec.model_copy(update={"id": status.id, "target": target})
    draft.seen = replace(draft.seen, admit_asked=False, promote_asked=False)


def _past(status: Status, now: datetime) -> list[Past]:
    if status.id is None or status.phase == "Idle":
        return status.previous
    past = Past(
        id=status.id,
        version=status.version or "",
        outcome=OUTCOMES.get(status.phase, "Refused"),
        started=status.started or status.since or now,
        ended=status.promoted or status.since or now,
        reason=status.reason if status.phase in OUTCOMES else "Another release took its place before it was admitted.",
    )
    return [past, *status.previous][:PAST]


def _check(draft: Draft) -> None:
    if check_on(draft):
        begin_steps(draft)


PHASES: Mapping[Phase, Callable[[Draft], None]] = {
    "Idle": admission.await_question,
    "Waiting": admission.await_gates,
    "Admitted": admission.await_candidate,
    "Testing": _check,
    "Stepping": step_on,
    "RollingBack": returning.roll_back_on,
    "Promoted": watching.watch_on,
    "RolledBack": returning.after_rollback,
    "Refused": admission.await_another,
}
"""What each phase does in a look."""
