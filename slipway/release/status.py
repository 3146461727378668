"""The status of a Release: everything that the controller knows from one look to the next. Nothing is kept elsewhere."""

from __future__ import annotations

from datetime import datetime
from typing import Literal as OneOf

from pydantic import Field

from slipway.release.objects import Object, Share, SlotName

Phase = OneOf["Idle", "Waiting", "Admitted", "Testing", "Stepping", "RollingBack", "Promoted", "RolledBack", "Refused"]
"""
Idle: nothing was asked yet, or nothing changed.
Waiting: `admit` asked; window, approvals, evidence or the lock are missing (`waiting` says which).
Admitted: announced and, with maintenance, closed; backups, migrations and the candidate's pods are Pulumi's turn.
Testing: `promote` asked; the candidate is checked and has no visitor.
Stepping: the candidate has a share of visitors.
RollingBack: visitors are back on the active slot or see the maintenance page; the database is rolled back.
Promoted: all visitors have the candidate, which is `active` now; watched until `watchUntil`.
RolledBack: all visitors have the slot that was active before. `reason` says why.
Refused: it never began. `reason` says why.
"""
IN_PROGRESS: tuple[Phase, ...] = ("Admitted", "Testing", "Stepping", "RollingBack")
"""Phases in which another release of the system waits."""
Outcome = OneOf["Promoted", "RolledBack", "Refused"]
ENDED: tuple[Phase, ...] = ("Promoted", "RolledBack", "Refused")


class Entry(Object):
    """A line of the history."""

    at: datetime
    """When."""
    what: str
    """One sentence."""
    by: str | None = None
    """The person, if one decided it."""


class Pause(Object):
    """A person's pause. The candidate is still judged."""

    since: datetime
    """From when on."""
    by: str
    """Who."""
    reason: str | None = None
    """Why."""


class Result(Object):
    """The result of a check, a load, a Job or a verification."""

    name: str
    """As `smoke/<check>`, `load/<n>`, `job/<name>/<when>`, `verify/<migration>/<seconds>`, `rollback/<migration>`; the
    core adds `migration/<name>` and `backup/<name>` for Jobs that it saw ending."""
    passed: bool
    """Whether it passed."""
    detail: str = ""
    """One line: figure and threshold. Never a value of a response or a Secret."""
    at: datetime
    """When it ended."""


class Excess(Object):
    """Consecutive samples that together speak for figures beyond a threshold."""

    score: float = 0
    """Natural logarithm of how much likelier they are beyond the threshold than at the objective."""
    samples: int = 0
    """How many."""
    requests: float = 0
    """Requests in them."""
    errors: float = 0
    """Failed requests in them."""


class Breaches(Object):
    """Samples of the current step, counted by the analysis."""

    ordinary: int = 0
    """Consecutive samples beyond the objective."""
    requests: float = 0
    """Requests to the candidate in the current step."""
    errors: float = 0
    """Of these, failed ones."""
    p95_seconds: float | None = None
    """The slowest 95th percentile of a sample in the current step."""
    covered_seconds: float = 0
    """How much of the current step has samples."""
    last_sample: datetime | None = None
    """When the last sample was counted."""
    excesses: dict[str, Excess] = Field(default_factory=dict)
    """What the analysis suspects, by its kind: `errors`, `critical`, `outage`, `latency`, `regression`."""


class Past(Object):
    """A release that ended."""

    id: str
    version: str
    outcome: Outcome
    started: datetime
    ended: datetime
    reason: str | None = None


class Status(Object):
    """The status subresource of a Release."""

    id: str | None = None
    """`spec.id` of the release that this is about. Before there is one, no route and no edge is written: who has the
    visitors is not known yet."""
    version: str | None = None
    """Its version."""
    candidate: SlotName | None = None
    """The slot that it wants active."""
    observed_generation: int | None = None
    """`metadata.generation` that was looked at last."""
    phase: Phase = "Idle"
    """Where it is."""
    active: SlotName | None = None
    """The slot that visitors had before the release, and return to; none before the first promotion."""
    active_version: str | None = None
    """The version there."""
    weights: dict[SlotName, Share] = Field(default_factory=dict)
    """Percent of visitors by slot, 100 in all; what the routes shall say. Empty before the first promotion."""
    closed: bool = True
    """Whether visitors see the maintenance page; true before the first promotion."""
    live: SlotName | None = None
    """The slot whose workers and schedules run."""
    former: SlotName | None = None
    """During the watch, the slot that visitors had before and return to."""
    former_version: str | None = None
    """The version there."""
    open_gates: list[OneOf["admit", "promote"]] = Field(default_factory=list)
    """Gates of release `id` that may pass. A gate's Job reads nothing else: it passes if its name is here, and fails with
    `reason` if the phase is RolledBack, or Refused and `gate` is empty or its own uid; otherwise it waits."""
    gate: str | None = None
    """Uid of the Job `admit-<id>` that was refused, empty if unknown. None once no Job asks: another Job begins again."""
    step: int = -1
    """Index of the current step; -1 before the first."""
    started: datetime | None = None
    """When the release was admitted, or asked for."""
    expected_start: datetime | None = None
    """While it waits, when its window lets it begin."""
    since: datetime | None = None
    """When phase or step began."""
    deadline: datetime | None = None
    """When what is awaited now is given up."""
    in_force: datetime | None = None
    """When traffic was first seen at the current step's weights; its hold counts from then on."""
    skip_holds: bool = False
    """Whether a person promotes: remaining holds are skipped, evidence is not."""
    promoted: datetime | None = None
    """When all visitors had the candidate."""
    watch_until: datetime | None = None
    """End of the watch."""
    waiting: list[str] = Field(default_factory=list)
    """What is missing, a sentence each, with the command that supplies it."""
    asked: list[str] = Field(default_factory=list)
    """What people are asked for without anything waiting: sign-offs, checks after the release, reviews."""
    alarms: list[str] = Field(default_factory=list)
    """What people must look at, once each; they are in `asked` too."""
    reason: str | None = None
    """Why it was refused or rolled back: step, figure and threshold."""
    known_alerts: list[str] = Field(default_factory=list)
    """Critical alerts that the candidate did not cause: they have fired since before it had visitors."""
    applied: list[str] = Field(default_factory=list)
    """Migrations that the active version was promoted with, by name: another attempt, or another image, runs them again
    without effect."""
    applied_before: list[str] = Field(default_factory=list)
    """Migrations that were applied before this release was admitted; its rollback leaves them alone."""
    stale_jobs: list[str] = Field(default_factory=list)
    """Jobs of migrations and backups that had failed before this release was admitted, and were not replaced yet."""
    was_closed: bool = False
    """Whether visitors saw the maintenance page before this release was admitted; a rollback returns to that."""
    paused: Pause | None = None
    """Present while a person pauses it."""
    breaches: Breaches = Field(default_factory=Breaches)
    """What the analysis counted in this step."""
    results: list[Result] = Field(default_factory=list)
    """Results in this release."""
    announced: list[str] = Field(default_factory=list)
    """Keys of messages that were sent, or are being sent: written before they are."""
    handled: list[str] = Field(default_factory=list)
    """Ids of commands that were carried out; the last 20."""
    history: list[Entry] = Field(default_factory=list)
    """What happened in this release; the last 100."""
    previous: list[Past] = Field(default_factory=list)
    """Releases before; the last 20, newest first."""
