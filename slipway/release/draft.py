"""A decision in the making: what one look has changed so far, and what it wants done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from slipway.release.decision import Action, Announce, Event, RunTask
from slipway.release.objects import Announcement, ReleasedMigration, ReleaseSpec, SlotName
from slipway.release.observed import Observed, Word
from slipway.release.status import Entry, Phase, Result, Status

SLOT_NAMES: tuple[SlotName, ...] = ("blue", "green")
HISTORY = 100
"""Lines that are kept. Chosen: a release has about thirty, and a status must stay small."""


class Draft:
    """One look at a release. Phases read it from top to bottom and change `status`; nothing else has an effect."""

    def __init__(self, spec: ReleaseSpec, status: Status, seen: Observed, now: datetime) -> None:
        self.spec, self.status, self.seen, self.now = spec, status, seen, now
        self.actions: list[Action] = []

    def set(self, **changes: Any) -> None:
        """Change fields of the status."""
        self.status = self.status.model_copy(update=changes)

    def enter(self, phase: Phase, within: float | None = None, **changes: Any) -> None:
        """Begin a phase, or a step of one, which is given up after `within` seconds."""
        deadline = None if within is None else self.after(within)
        self.set(phase=phase, since=self.now, deadline=deadline, waiting=[], **changes)

    def record(self, what: str, by: str | None = None) -> None:
        """Add a sentence to the history."""
        self.set(history=[*self.status.history, Entry(at=self.now, what=what, by=by)][-HISTORY:])

    def report(self, reason: str, message: str, warning: bool = False, by: str | None = None) -> None:
        """Add a sentence to the history, and send it as an Event."""
        self.record(message, by)
        self.actions.append(Event(reason=reason, message=message, warning=warning))

    def report_once(self, key: str, reason: str, message: str) -> None:
        """Report a warning, and ask people to look at it, unless `key` was announced."""
        if key not in self.status.announced:
            self.report(reason, message, warning=True)
            self.set(alarms=[*self.status.alarms, message], asked=[message, *self.status.asked])
            self.ask(key)

    def announce(self, when: str, suffix: str = "") -> None:
        """Send the declared messages of a moment that were not sent."""
        for index, each in enumerate(self.spec.announcements):
            if each.when == when:
                self.send(f"{when}/{index}{suffix}", each, index)

    def send(self, key: str, announcement: Announcement, index: int) -> None:
        """Send a declared message unless it was sent."""
        if key not in self.status.announced:
            self.set(announced=[*self.status.announced, key])
            self.actions.append(Announce(key=key, when=announcement.when, index=index))

    def ask(self, key: str) -> None:
        """Send people what `waiting` and `asked` say, once for each key."""
        if key not in self.status.announced:
            self.set(announced=[*self.status.announced, key])
            self.actions.append(Announce(key=key, when="asked", index=-1))

    def command(self, verb: str) -> str:
        """Return what a person types to steer the release."""
        return f"slipway release {verb} --stack {self.spec.stack} --system {self.spec.system}"

    def run(self, name: str) -> None:
        """Start a task unless it runs."""
        if name not in self.seen.running:
            self.actions.append(RunTask(name=name))

    def after(self, seconds: float) -> datetime:
        """Return the time in so many seconds."""
        return self.now + timedelta(seconds=seconds)

    def elapsed(self, since: datetime | None) -> float:
        """Return the seconds since a time; 0 without one."""
        return (self.now - since).total_seconds() if since else 0.0

    def result(self, name: str) -> Result | None:
        """Return the result of a task in this release."""
        return next((each for each in self.status.results if each.name == name), None)

    def granted(self, when: str) -> list[Word]:
        """Return the approvals for a moment."""
        return [each for each in self.seen.words if each.kind == "approval" and each.when == when]

    @property
    def candidate(self) -> SlotName:
        return self.status.candidate or self.spec.target.slot

    @property
    def is_late(self) -> bool:
        return self.status.deadline is not None and self.now >= self.status.deadline

    @property
    def is_first(self) -> bool:
        """Whether there is no slot to return to."""
        return self.status.active is None

    @property
    def is_in_place(self) -> bool:
        """Whether the candidate is the slot that visitors have already."""
        return self.status.active == self.candidate

    @property
    def progress(self) -> float:
        """Seconds until what has no hold of its own is given up."""
        return self.spec.progress_seconds

    @property
    def migrations(self) -> list[ReleasedMigration]:
        """The migrations that this release applies."""
        return [each for each in self.spec.migrations if each.name not in self.status.applied_before]

    @property
    def incompatible(self) -> list[ReleasedMigration]:
        """Those after which the active version does not work."""
        return [each for each in self.migrations if not each.compatible]

    @property
    def closes(self) -> bool:
        """Whether visitors see the maintenance page from admission until promotion."""
        return self.spec.maintenance or bool(self.incompatible)

    @property
    def closing(self) -> str:
        """What is waited for until the system is closed."""
        scheduled = any(each.kind == "CronJob" for each in self.spec.workloads)
        runs = ", and the last run of each schedule has ended" if scheduled else ""
        return f"The maintenance page is seen wherever visitors arrive{runs}."

    @property
    def is_closed(self) -> bool:
        """Whether the maintenance page is seen wherever visitors arrive, and no schedule runs."""
        traffic = self.seen.traffic
        return self.status.closed and traffic is not None and traffic.closed and traffic.settled

    @property
    def is_in_force(self) -> bool:
        """Whether traffic is seen as the status says."""
        traffic, status = self.seen.traffic, self.status
        if status.closed:
            return self.is_closed
        if traffic is None or traffic.closed or not traffic.settled:
            return False
        return all(traffic.weights.get(slot, 0) == status.weights.get(slot, 0) for slot in SLOT_NAMES)

    def is_ready(self, slot: SlotName) -> bool:
        """Whether all Deployments of a slot are seen available."""
        return self.seen.ready is not None and self.seen.ready.get(slot) is True

    def has_failed(self, migration: ReleasedMigration) -> bool:
        """Whether a migration failed in this release."""
        result = self.result(f"migration/{migration.name}")
        return result is not None and not result.passed

    def has_applied(self, migration: ReleasedMigration) -> bool:
        """Whether a migration was applied in this release, and not rolled back."""
        applied, undone = self.result(f"migration/{migration.name}"), self.result(f"rollback/{migration.name}")
        return applied is not None and applied.passed and not (undone is not None and undone.passed)


def whole(slot: SlotName) -> dict[SlotName, int]:
    """Return the weights by which a slot has all visitors."""
    other: SlotName = "green" if slot == "blue" else "blue"
    return {slot: 100, other: 0}


def clock(at: datetime) -> str:
    """Return a time for people: `2026-11-29 10:30 UTC`."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def duration(seconds: float) -> str:
    """Return a duration for people, in its largest fitting unit: `90 min`."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 172_800 else f"{seconds / 86_400:.0f} d"
