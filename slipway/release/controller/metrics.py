"""The controller's own metrics, `slipway_release_*`."""

from __future__ import annotations

from datetime import datetime
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from slipway.release.objects import SLOTS
from slipway.release.observed import Sample
from slipway.release.status import IN_PROGRESS, Phase, Status

PHASES: tuple[Phase, ...] = get_args(Phase)
BY_SYSTEM = ("system", "stack")
LOOK_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
"""Seconds. Chosen: a look takes a tenth of a second, and as long as a source's timeout if it does not answer."""


class Metrics:
    """All metrics of one process. Values of systems are given by the leader alone, so that their sums are true."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.leader = Gauge("slipway_release_leader", "Whether this replica leads: 1 or 0.", registry=self.registry)
        self.phase = self._gauge("phase", "Whether the release is in this phase: 1 or 0.", "phase")
        self.weight = self._gauge("weight_percent", "Percent of visitors that the slot shall have.", "slot")
        self.closed = self._gauge("closed", "Whether visitors shall see the maintenance page: 1 or 0.")
        self.progress = self._gauge(
            "since_progress_seconds", "Seconds since a release in progress changed its phase or step; 0 without one."
        )
        self.overdue = self._gauge(
            "overdue_seconds", "Seconds by which a release in progress is past its deadline; 0 before."
        )
        self.paused = self._gauge("paused", "Whether a person paused the release: 1 or 0.")
        self.settled = self._gauge(
            "traffic_settled", "Whether gateway and edges have accepted what the status says: 1 or 0."
        )
        self.sample_requests = self._gauge("sample_requests", "Requests in the newest sample.", "slot")
        self.sample_errors = self._gauge("sample_errors", "Failed requests in the newest sample.", "slot")
        self.sample_p95 = self._gauge("sample_p95_seconds", "95th percentile of the newest sample.", "slot")
        self.samples = self._counter("samples", "Samples that were read.")
        self.samples_missing = self._counter("samples_missing", "Times that Prometheus gave no sample.")
        self.decisions = self._counter("decisions", "Decisions that changed the phase, by the new phase.", "phase")
        self.looks = self._counter("looks", "Looks at a release, by `done`, `refused` or `failed`.", "result")
        self.tasks = self._counter("tasks", "Tasks that ended, by `passed` or `failed`.", "result")
        self.messages = self._counter("messages", "Messages, by `sent` or `failed`.", "result")
        self.look_seconds = Histogram(
            "slipway_release_look_seconds", "Duration of a look.", buckets=LOOK_BUCKETS, registry=self.registry
        )

    def show(self, system: str, stack: str, status: Status, now: datetime) -> None:
        """Show a status."""
        labels = (system, stack)
        for phase in PHASES:
            self.phase.labels(*labels, phase).set(phase == status.phase)
        for slot in SLOTS:
            self.weight.labels(*labels, slot).set(0 if status.closed else status.weights.get(slot, 0))
        self.closed.labels(*labels).set(status.closed)
        self.paused.labels(*labels).set(status.paused is not None)
        busy = status.phase in IN_PROGRESS
        since, deadline = (status.since if busy else None), (status.deadline if busy else None)
        self.progress.labels(*labels).set((now - since).total_seconds() if since else 0)
        self.overdue.labels(*labels).set(max(0.0, (now - deadline).total_seconds()) if deadline else 0)

    def show_sample(self, system: str, stack: str, slot: str, sample: Sample) -> None:
        """Show a new sample."""
        labels = (system, stack)
        self.samples.labels(*labels).inc()
        self.sample_requests.labels(*labels, slot).set(sample.requests)
        self.sample_errors.labels(*labels, slot).set(sample.errors)
        self.sample_p95.labels(*labels, slot).set(
            sample.p95_seconds if sample.p95_seconds is not None else float("nan")
        )

    def forget(self) -> None:
        """Remove the values of all systems: this replica no longer leads, or a Release is gone."""
        for gauge in (self.phase, self.weight, self.closed, self.progress, self.overdue, self.paused, self.settled):
            gauge.clear()
        for gauge in (self.sample_requests, self.sample_errors, self.sample_p95):
            gauge.clear()

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"slipway_release_{name}", text, (*BY_SYSTEM, *labels), registry=self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"slipway_release_{name}", text, (*BY_SYSTEM, *labels), registry=self.registry)
