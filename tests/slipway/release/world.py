"""A cluster for the core: it does what a status and its actions say, and people and faults change it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from slipway.release.decide import decide
from slipway.release.decision import Announce, Decision, Event, RunTask
from slipway.release.objects import ReleaseSpec, SlotName
from slipway.release.observed import Command, Observed, Sample, Traffic, Verb, Word
from slipway.release.status import Result, Status

START = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
"""A Tuesday."""


def spec(**changes: Any) -> ReleaseSpec:
    """A release of green 2.0.0 in two steps, with everything that is usual."""
    usual: dict[str, Any] = {
        "id": "aaaaaaaa",
        "system": "shop",
        "stack": "prod",
        "owner": "team",
        "target": {"slot": "green", "version": "2.0.0"},
        "steps": [{"weight": 10, "holdSeconds": 300}, {"weight": 100, "holdSeconds": 300}],
        "analysis": {"errorPercent": 1, "p95Seconds": 0.5},
        "queries": {
            "slots": {slot: {"requests": "r", "errors": "e", "p95": "p"} for slot in ("blue", "green")},
            "critical": "ALERTS",
        },
        "watch": {"durationSeconds": 3600},
        "checks": [{"name": "health", "request": {"host": "shop", "path": "/"}}],
    }
    return ReleaseSpec.model_validate(usual | changes)


def active_blue(**changes: Any) -> Status:
    """A status in which blue 1.0.0 has all visitors."""
    known = {"id": "00000000", "version": "1.0.0", "active": "blue", "active_version": "1.0.0", "live": "blue"}
    return Status.model_validate(known | {"weights": {"blue": 100, "green": 0}, "closed": False} | changes)


@dataclass
class World:
    """Everything that is not the core. Attributes are what a look sees; tests change them at will."""

    spec: ReleaseSpec
    status: Status = field(default_factory=active_blue)
    now: datetime = START
    traffic: Traffic | None = None
    rate: float = 100.0
    """Requests a second, of all visitors."""
    errors: dict[SlotName, float] = field(default_factory=lambda: {"blue": 0.0, "green": 0.0})
    """Share of requests that fail."""
    p95: dict[SlotName, float] = field(default_factory=lambda: {"blue": 0.2, "green": 0.2})
    seen: dict[str, Any] = field(default_factory=dict)
    """Fields of what is seen that are not as usual."""
    failing: dict[str, str] = field(default_factory=dict)
    """Tasks that fail, with the detail."""
    promote_after: bool = True
    """Whether Pulumi goes on when the gate `admit` opens."""
    answers: list[Result] = field(default_factory=list)
    sent: list[Announce] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)
    phases: list[str] = field(default_factory=list)
    commands: int = 0
    last_sample: datetime = START
    asked: bool = True

    def observe(self) -> Observed:
        """One look at it."""
        usual: dict[str, Any] = {
            "admit_asked": self.asked and "admit" not in self.status.open_gates,
            "admit_gate": "uid-1",
            "promote_asked": self.promote_after and "admit" in self.status.open_gates,
            "running_jobs": (),
            "traffic": self.traffic,
            "ready": {"blue": True, "green": True},
            "samples": self.samples(),
            "critical_alerts": (),
            "backups": {},
            "restores": {},
            "images": {},
            "results": self.answers,
        }
        return Observed(**(usual | self.seen))

    def samples(self) -> dict[SlotName, Sample]:
        """Every 15 seconds a new one."""
        if (self.now - self.last_sample).total_seconds() >= 15:
            self.last_sample = self.now
        weights = self.traffic.weights if self.traffic is not None and not self.traffic.closed else {}
        slots: tuple[SlotName, ...] = ("blue", "green")
        return {slot: self.sample(slot, self.rate * 15 * weights.get(slot, 0) / 100) for slot in slots}

    def sample(self, slot: SlotName, requests: float) -> Sample:
        failed = round(requests * self.errors[slot])
        return Sample(
            at=self.last_sample, requests=requests, errors=failed, p95_seconds=self.p95[slot] if requests else None
        )

    def look(self, seconds: float = 1) -> Decision:
        """Let time pass, decide, write the status, and do what it says."""
        self.now += timedelta(seconds=seconds)
        decision = decide(self.spec, self.status, self.observe(), self.now)
        self.answers = []
        self.status = Status.model_validate(decision.status.to_json())
        if not self.phases or self.phases[-1] != self.status.phase:
            self.phases.append(self.status.phase)
        if self.status.id is not None:
            self.traffic = Traffic(weights=self.status.weights, closed=self.status.closed, settled=True)
        for action in decision.actions:
            self.act(action)
        self.seen.pop("command", None)
        return decision

    def act(self, action: object) -> None:
        """Tasks end before the next look."""
        if isinstance(action, RunTask):
            self.tasks.append(action.name)
            names = [f"smoke/{each.name}" for each in self.spec.checks] if action.name == "smoke" else [action.name]
            self.answers += [
                Result(name=name, passed=name not in self.failing, detail=self.failing.get(name, ""), at=self.now)
                for name in names
            ]
        elif isinstance(action, Announce):
            self.sent.append(action)
        elif isinstance(action, Event):
            self.events.append(action)

    def command(self, verb: Verb, reason: str | None = "because") -> None:
        """Let a person steer at the next look."""
        self.commands += 1
        self.seen["command"] = Command(id=f"c{self.commands}", verb=verb, by="ada", reason=reason)

    def until(self, reached: str | Callable[[World], bool], looks: int = 5_000, seconds: float = 1) -> World:
        """Look until a phase is reached, or something is true."""
        for _ in range(looks):
            if self.status.phase == reached if isinstance(reached, str) else reached(self):
                return self
            self.look(seconds)
        raise AssertionError(f"not {reached}: {self.status.phase}, {self.status.waiting}, {self.status.reason}")


def word(role: str, when: str = "before", **changes: Any) -> Word:
    """An approval by a role."""
    usual: dict[str, Any] = {"kind": "approval", "role": role, "when": when, "name": None, "by": "ada", "at": START}
    return Word(**(usual | changes))
