"""Reconciles one Release: observe, decide, write the status, then act on it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from slipway.ops.cluster.api import Api, Refused
from slipway.release.controller import consumers, events, work
from slipway.release.controller.announcer import Announcer
from slipway.release.controller.edges import Edges
from slipway.release.controller.image_registry import Registries
from slipway.release.controller.log import log
from slipway.release.controller.messages import message
from slipway.release.controller.metrics import Metrics
from slipway.release.controller.observer import Observer
from slipway.release.controller.prometheus import Prometheus
from slipway.release.controller.release import Release, write_status
from slipway.release.controller.samples import Samples
from slipway.release.controller.tasks import Tasks
from slipway.release.controller.traffic import Seen, TrafficEdge
from slipway.release.controller.visit import Visitor
from slipway.release.decision import Action, Announce, Decision, Event, RunTask
from slipway.release.objects import ReleaseSpec
from slipway.release.observed import Observed
from slipway.release.status import Result, Status

Decide = Callable[[ReleaseSpec, Status, Observed, datetime], Decision]
CONFLICT = 409
"""HTTP status of a write to what somebody else wrote in between. Source: Kubernetes API conventions."""


def utc() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Outside:
    """What all releases share. `patient` is for tasks: it waits for an API server that is down."""

    api: Api
    patient: Api
    prometheus: Prometheus
    registries: Registries
    edges: Edges
    announcer: Announcer
    metrics: Metrics
    decide: Decide
    may_act: Callable[[], bool]
    any_certificate: bool = False
    clock: Callable[[], datetime] = utc


class Reconciler:
    """Reconciles one release. It holds nothing that is needed after a crash."""

    def __init__(self, outside: Outside, release: Release) -> None:
        self._outside = outside
        self._labels = (release.spec.system, release.spec.stack)
        self._visitor = Visitor(release.spec.gateway, any_certificate=outside.any_certificate)
        self._gateway = release.spec.gateway
        self._traffic = TrafficEdge(outside.api, outside.edges, self._visitor)
        samples = Samples(outside.prometheus, outside.metrics, outside.clock)
        self._observer = Observer(outside.api, outside.prometheus, outside.registries, samples, self._traffic)
        self._tasks = Tasks(outside.clock, self._count)

    def fits(self, release: Release) -> bool:
        """Return whether this reconciler was created for the gateway and labels of the spec."""
        return (release.spec.gateway, release.spec.system, release.spec.stack) == (self._gateway, *self._labels)

    def reconcile(self, release: Release) -> float:
        """Reconcile once, and return the seconds after which to do so again at the latest. Raises CloudFailure."""
        outside = self._outside
        now = outside.clock()
        self._tasks.begin(release.id)
        results = self._tasks.results
        observed, seen = self._observer.observe(release, now, results, self._tasks.running)
        decision = outside.decide(release.spec, release.status, observed, now)
        status = decision.status.model_copy(update={"observed_generation": release.generation})
        if not outside.may_act():
            return 0.0
        if status != release.status:
            self._write(release, status)
        self._tasks.written(results)
        self._show(status, seen, now)
        self._carry_out(release, status, seen, decision.actions, now)
        return decision.look_after.total_seconds()

    def close(self) -> None:
        """Cancel its tasks: the Release was deleted, or this replica is not the leader."""
        self._tasks.cancel()
        self._visitor.close()

    def _write(self, release: Release, status: Status) -> None:
        try:
            write_status(self._outside.api, release, status)
        except Refused as refusal:
            if refusal.status == CONFLICT:
                self._outside.metrics.looks.labels(*self._labels, "refused").inc()
            raise
        if status.phase != release.status.phase:
            self._outside.metrics.decisions.labels(*self._labels, status.phase).inc()
            log("phase", system=release.spec.system, id=status.id, phase=status.phase, reason=status.reason)

    def _carry_out(
        self, release: Release, status: Status, seen: Seen | None, actions: tuple[Action, ...], now: datetime
    ) -> None:
        """Move traffic first, then act on everything else. Without an id it is not known yet which slot has the traffic."""
        failures: list[Exception] = []
        if status.id is not None:
            for apply in (
                lambda: self._apply_traffic(release, status, seen),
                lambda: self._apply_workloads(release, status),
            ):
                try:
                    apply()
                except Exception as failure:
                    failures.append(failure)
        for action in actions:
            if not self._outside.may_act():
                return
            self._act(release, status, action, now)
        if failures:
            raise failures[0]

    def _apply_traffic(self, release: Release, status: Status, seen: Seen | None) -> None:
        """Routes are written even while an edge does not answer."""
        known = seen if seen is not None else self._traffic.without_edges(release)
        self._traffic.apply(release, status, known, self._outside.may_act)

    def _apply_workloads(self, release: Release, status: Status) -> None:
        consumers.apply(self._outside.api, release, status)

    def _act(self, release: Release, status: Status, action: Action, now: datetime) -> None:
        match action:
            case RunTask(name=name):
                self._tasks.start(name, work.of(self._outside.patient, release, self._visitor, name))
            case Announce():
                threading.Thread(
                    target=self._announce, args=(release, status, action, now), name=action.key, daemon=True
                ).start()
            case Event():
                self._record(release, action)

    def _announce(self, release: Release, status: Status, action: Announce, now: datetime) -> None:
        try:
            failures = self._outside.announcer.send(release, status, message(release, status, action, now), now)
        except Exception as error:
            failures = [f"the message {action.key} was not sent ({type(error).__name__})"]
        self._outside.metrics.messages.labels(*self._labels, "failed" if failures else "sent").inc()
        log("message", warning=bool(failures), system=release.spec.system, key=action.key, failures=failures)
        for failure in failures:
            text = f"{action.key}: {failure}."
            self._record(release, Event(reason="MessageFailed", message=text, warning=True))

    def _record(self, release: Release, event: Event) -> None:
        """Create an Event; a failure to create it is logged and does not stop the release."""
        try:
            events.record(self._outside.api, release, event)
        except Exception as failure:
            log("no Event", warning=True, system=release.spec.system, reason=type(failure).__name__, event=event.reason)

    def _show(self, status: Status, seen: Seen | None, now: datetime) -> None:
        metrics = self._outside.metrics
        metrics.show(*self._labels, status, now)
        metrics.settled.labels(*self._labels).set(seen is not None and seen.traffic.settled)

    def _count(self, result: Result) -> None:
        self._outside.metrics.tasks.labels(*self._labels, "passed" if result.passed else "failed").inc()
