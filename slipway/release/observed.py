"""What the controller sees in one look: facts, without judgement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal as OneOf

from slipway.release.objects import SlotName
from slipway.release.status import Result

Verb = OneOf["pause", "resume", "promote", "abort", "close", "open"]


@dataclass(frozen=True, kw_only=True)
class Command:
    """A person's word, from the annotation `slipway.dev/command`."""

    id: str
    """Unique; a command is carried out once."""
    verb: Verb
    by: str
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Word:
    """An Approval, as the API server has it."""

    kind: OneOf["approval", "attestation"]
    role: str
    when: str
    name: str | None
    by: str
    at: datetime
    link: str | None = None


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Figures of one slot over the last interval, from the gateway."""

    at: datetime
    """End of the interval."""
    requests: float
    """Requests in the interval."""
    errors: float
    """Responses with a status of 500 or above, or none."""
    p95_seconds: float | None
    """95th percentile of the response time; None without requests."""


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """What the routes and edges say and have accepted."""

    weights: Mapping[SlotName, int]
    """Percent by slot that every route and edge has; empty while they differ."""
    closed: bool
    """Whether every route and edge shows the maintenance page, a request from inside the cluster saw it, and no schedule
    runs."""
    settled: bool
    """Whether the gateway and the edges have accepted what is written."""


@dataclass(frozen=True, kw_only=True)
class Observed:
    """One look. A field is None where the source did not answer: unknown is never good."""

    admit_asked: bool = False
    """Whether the Job `admit-<id>` waits."""
    admit_gate: str | None = None
    """That Job's uid."""
    promote_asked: bool = False
    """Whether the Job `promote-<id>` waits."""
    gates_passed: bool = False
    """Whether a gate's Job of this release succeeded and is still there, so that no `up` would ask it again."""
    failed_jobs: Mapping[str, str] = field(default_factory=dict)
    """Migrations and backups of this release whose Job failed: the Job's name and last words."""
    finished_jobs: Sequence[str] = ()
    """Names of the migrations' Jobs that succeeded, whenever that was."""
    running_jobs: Sequence[str] | None = None
    """Names of the migrations' and backups' Jobs that have not ended."""
    traffic: Traffic | None = None
    ready: Mapping[SlotName, bool] | None = None
    """Whether all Deployments of a slot are available at their declared size."""
    crashing: Mapping[SlotName, str] = field(default_factory=dict)
    """A pod of the slot that crashes again and again, with its reason."""
    samples: Mapping[SlotName, Sample] | None = None
    """The newest sample by slot. None: Prometheus does not answer."""
    critical_alerts: Sequence[str] | None = None
    """Names of the system's critical alerts that fire."""
    forbidden_logs: str | None = None
    """The alert on forbidden log lines that fires."""
    backups: Mapping[str, datetime] | None = None
    """The newest verified backup by database."""
    restores: Mapping[str, datetime] | None = None
    """The newest successful restore test by database."""
    images: Mapping[str, str] | None = None
    """For each image that is missing or has findings: what is wrong. Empty: all are well."""
    words: Sequence[Word] = ()
    """Approvals and attestations for this release."""
    command: Command | None = None
    results: Sequence[Result] = ()
    """Results of tasks since the last look."""
    running: Sequence[str] = ()
    """Names of tasks that run, as in `Result.name`."""
