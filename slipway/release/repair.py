"""Makes a status legal that no look has left so: damaged, edited by hand, or of a clock that was ahead."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from slipway.release.draft import whole
from slipway.release.objects import SLOTS, ReleaseSpec
from slipway.release.status import IN_PROGRESS, Status

CLOCKS = ("started", "promoted", "in_force")
"""Times that cannot be in the future."""


def repaired(status: Status, spec: ReleaseSpec, now: datetime) -> Status:
    """Return a status in which weights sum to 100 or the system is closed, and no time is ahead of the clock."""
    changes = _times(status, now) | _traffic(status)
    if status.phase == "Stepping":
        changes["step"] = min(max(status.step, 0), _last_step(spec))
    if status.phase != "Idle" and status.id is None:
        changes["phase"] = "Idle"
    waits = status.phase in (*IN_PROGRESS, "Waiting")
    if waits and status.started is None:
        changes["started"] = now
    if waits and status.deadline is None:
        changes["deadline"] = now + timedelta(seconds=spec.progress_seconds)
    if status.phase == "Promoted" and status.promoted is None:
        changes["promoted"] = now
    changed = {name: value for name, value in changes.items() if getattr(status, name) != value}
    return status.model_copy(update=changed) if changed else status


def _last_step(spec: ReleaseSpec) -> int:
    whole_at_last = bool(spec.steps) and spec.steps[-1].weight == 100
    return len(spec.steps) - 1 if whole_at_last else len(spec.steps)


def _traffic(status: Status) -> dict[str, Any]:
    """Visitors have the active slot, or see the maintenance page, where weights say nothing that can be done."""
    weights = status.weights
    if weights and sum(weights.values()) == 100 and all(slot in SLOTS and weights[slot] >= 0 for slot in weights):
        return {}
    if status.active is not None:
        return {"weights": whole(status.active)}
    return {"weights": {}, "closed": True}


def _times(status: Status, now: datetime) -> dict[str, Any]:
    """A clock that was set back restarts what is awaited, with the time that it had."""
    changes: dict[str, Any] = {name: now for name in CLOCKS if (at := getattr(status, name)) is not None and at > now}
    if status.since is not None and status.since > now:
        changes["since"] = now
        if status.deadline is not None:
            changes["deadline"] = now + max(status.deadline - status.since, timedelta())
    if status.promoted is not None and status.promoted > now and status.watch_until is not None:
        changes["watch_until"] = now + max(status.watch_until - status.promoted, timedelta())
    last = status.breaches.last_sample
    if last is not None and last > now + timedelta(minutes=1):
        changes["breaches"] = status.breaches.model_copy(
            update={"ordinary": 0, "covered_seconds": 0.0, "last_sample": None}
        )
    return changes
