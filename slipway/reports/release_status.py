"""Describes where a release is: a row of a table, one sentence, and the lines of its timeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from slipway.release import ways
from slipway.release.objects import SLOTS, ReleaseSpec
from slipway.release.status import ENDED, Entry, Status

HEADS = ("system", "phase", "version", "step", "weights", "since", "")
SUCCESSES = ("Promoted", "Idle")
"""Phases in which nothing failed and nothing is under way."""


def row(spec: ReleaseSpec, status: Status, *, is_seen: bool = True) -> tuple[str, ...]:
    """Return the cells under HEADS; `is_seen` is whether the controller looked at the last change of the spec."""
    return (
        spec.system,
        status.phase,
        status.version or spec.target.version,
        step(spec, status),
        weights(status),
        minute(status.since) if status.since else "",
        "; ".join(remarks(spec, status, is_seen=is_seen)),
    )


def remarks(spec: ReleaseSpec, status: Status, *, is_seen: bool = True) -> list[str]:
    """Return what must be looked at, what is waited for, why it ended as it did, and what else is out of the ordinary."""
    found = [*status.alarms, *status.waiting]
    if status.paused:
        why = f": {status.paused.reason}" if status.paused.reason else ""
        found.append(f"paused by {status.paused.by} since {minute(status.paused.since)}{why}")
    if status.reason and status.phase in ("RollingBack", "RolledBack", "Refused"):
        found.append(status.reason)
    if is_given_up(spec, status):
        found.append(f"the next `up` is refused: {ways.on(spec, status)}")
    if status.phase == "Promoted" and status.watch_until and not found:
        found.append(f"watched until {minute(status.watch_until)}")
    if is_wanted(spec, status) and status.phase not in ("Waiting", "Refused"):
        found.append(f"next: {target(spec)}, once `pulumi up` asks for it")
    if not is_seen:
        found.append("the controller has not seen the last change")
    return found


def is_next(spec: ReleaseSpec, status: Status) -> bool:
    """Return whether the spec wants a release that the status is not about yet."""
    return status.id != spec.id


def is_given_up(spec: ReleaseSpec, status: Status) -> bool:
    """Return whether the spec still wants the release that was rolled back."""
    return not is_next(spec, status) and status.phase in ("RollingBack", "RolledBack")


def is_wanted(spec: ReleaseSpec, status: Status) -> bool:
    """Return whether the spec wants something that visitors do not have and nothing has begun to bring about."""
    if is_next(spec, status):
        return status.id is not None
    return status.phase == "Idle" and status.id is not None and not has_target(spec, status)


def has_target(spec: ReleaseSpec, status: Status) -> bool:
    """Return whether visitors have the version in the slot that the spec wants."""
    return status.active == spec.target.slot and status.active_version in (None, spec.target.version)


def is_over(spec: ReleaseSpec, status: Status) -> bool:
    """Return whether the wanted release ended, or nothing is to do."""
    if is_next(spec, status):
        return False
    return status.phase in ENDED or (status.phase == "Idle" and has_target(spec, status))


def target(spec: ReleaseSpec) -> str:
    """Return `2.4.0 in green`."""
    return f"{spec.target.version} in {spec.target.slot}"


def step(spec: ReleaseSpec, status: Status) -> str:
    """Return `2/3`, or nothing outside of the steps. The last step gives the candidate all visitors, declared or not."""
    if status.phase != "Stepping" or status.step < 0:
        return ""
    implied = 0 if spec.steps and spec.steps[-1].weight == 100 else 1
    return f"{status.step + 1}/{len(spec.steps) + implied}"


def weights(status: Status) -> str:
    """Return `blue 50 %, green 50 %`; `closed` while visitors see the maintenance page."""
    if status.closed:
        return "closed"
    return ", ".join(f"{slot} {status.weights[slot]} %" for slot in SLOTS if slot in status.weights)


def sentence(spec: ReleaseSpec, status: Status) -> str:
    """Return `fleet 2.4.0 is Stepping since 2026-11-21 04:05 UTC: paused by anna …`."""
    since = f" since {minute(status.since)}" if status.since else ""
    found = remarks(spec, status)
    return f"{spec.system} {status.version or spec.target.version} is {status.phase}{since}" + (
        f": {'; '.join(found)}" if found else ""
    )


def live(spec: ReleaseSpec, status: Status, now: datetime) -> str:
    """Return the line of a terminal that shows the present: phase, step, weights, and the time that is left."""
    parts = [f"{spec.system} {status.version or spec.target.version}: {status.phase}"]
    if number := step(spec, status):
        parts.append(f"step {number}")
    if status.phase == "Stepping" and status.step < len(spec.steps) and status.in_force:
        hold = spec.steps[status.step].hold_seconds
        left = max(0.0, hold - (now - status.in_force).total_seconds())
        parts.append(f"{duration(left)} of {duration(hold)} left")
    parts += [weights(status)] if weights(status) else []
    if status.deadline:
        parts.append(f"given up at {status.deadline.astimezone(UTC):%H:%M:%S} UTC")
    return ", ".join([*parts, *remarks(spec, status)])


def moment(spec: ReleaseSpec, status: Status) -> tuple[object, ...]:
    """Return what changes only when something happens: figures that a step waits for are not in it."""
    waiting = tuple(status.waiting) if status.phase == "Waiting" else ()
    return status.phase, status.step, status.paused, waiting, is_next(spec, status)


def line(entry: Entry) -> str:
    """Return a line of the timeline: `2026-11-21 04:05:09 UTC  50 % of visitors (anna)`."""
    by = f" ({entry.by})" if entry.by else ""
    return f"{entry.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC  {entry.what}{by}"


def fresh(history: Sequence[Entry], shown: Sequence[Entry]) -> list[Entry]:
    """Return the entries that were not shown yet. The controller drops the oldest of a long history."""
    known = {(each.at, each.what) for each in shown}
    return [each for each in history if (each.at, each.what) not in known]


def as_json(spec: ReleaseSpec, status: Status, namespace: str, cluster: str) -> Mapping[str, Any]:
    """Return where a system's release is, for programs."""
    return {
        "cluster": cluster,
        "namespace": namespace,
        "system": spec.system,
        "wanted": {"id": spec.id, "slot": spec.target.slot, "version": spec.target.version},
        "status": status.model_dump(mode="json", by_alias=True),
    }


def minute(time: datetime) -> str:
    """Return `2026-11-21 04:05 UTC`."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def duration(seconds: float) -> str:
    """Return `4:05` or `1:04:05`."""
    text = str(timedelta(seconds=round(seconds)))
    return text.removeprefix("0:").removeprefix("0") if text.startswith("0:0") else text.removeprefix("0:")
