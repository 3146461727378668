"""One look at a release: every fact that the core decides on. What does not answer is None."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from slipway.ops.cluster.api import Api
from slipway.ops.cluster.jobs import DEPLOYMENTS
from slipway.release.controller import approvals, consumers, evidence, gate_jobs
from slipway.release.controller.image_registry import Registries
from slipway.release.controller.in_cluster import PODS
from slipway.release.controller.log import log
from slipway.release.controller.prometheus import Prometheus, Unknown
from slipway.release.controller.release import Release
from slipway.release.controller.samples import Samples
from slipway.release.controller.traffic import Seen, TrafficEdge
from slipway.release.observed import Observed
from slipway.release.status import IN_PROGRESS, Result

ALERTS_AGE, IMAGES_AGE = 5.0, 60.0
"""Seconds for which an answer about alerts and images is used again. Chosen: alerts are evaluated every 15 s or more,
and registries limit requests."""

Found = TypeVar("Found")


@dataclass
class Remembered:
    """The last answer of a source, used again until it is too old. No answer is not remembered."""

    age: float
    clock: Callable[[], float] = time.monotonic
    _key: object = None
    _at: float = 0.0
    _value: Any = field(default=None)

    def get(self, key: object, read: Callable[[], Found]) -> Found:
        """Return the last answer to this key, or a new one."""
        if self._value is None or key != self._key or self.clock() - self._at > self.age:
            self._value = None
            self._key, self._at, self._value = key, self.clock(), read()
        return self._value


class Observer:
    """Looks at one release again and again."""

    def __init__(
        self, api: Api, prometheus: Prometheus, registries: Registries, samples: Samples, traffic: TrafficEdge
    ) -> None:
        self._api, self._prometheus, self._registries = api, prometheus, registries
        self._samples, self._traffic = samples, traffic
        self._critical, self._logs = Remembered(ALERTS_AGE), Remembered(ALERTS_AGE)
        self._images = Remembered(IMAGES_AGE)

    def observe(
        self, release: Release, now: datetime, results: Sequence[Result], running: Sequence[str]
    ) -> tuple[Observed, Seen | None]:
        """Return what is seen now, and the routes as they are. Raises CloudFailure if the API server does not answer."""
        jobs = gate_jobs.look(self._api, release)
        seen = self._traffic_seen(release)
        base: dict[str, Any] = {
            "admit_asked": "admit" in jobs.asked,
            "admit_gate": jobs.asked.get("admit"),
            "promote_asked": "promote" in jobs.asked,
            "gates_passed": bool(jobs.passed),
            "failed_jobs": jobs.failed,
            "finished_jobs": jobs.finished,
            "running_jobs": jobs.running,
            "traffic": seen.traffic if seen else None,
            "command": approvals.command(release),
            "words": approvals.approvals(self._api, release),
            "results": results,
            "running": running,
        }
        if jobs.asked or _matters(release, now):
            base |= self._figures(release, now) | self._pods(release, now) | self._evidence(release)
        return Observed(**base), seen

    def _traffic_seen(self, release: Release) -> Seen | None:
        """Return the traffic; None if an edge does not answer, while the API server does."""
        if not release.spec.sites:
            return self._traffic.observe(release)
        try:
            return self._traffic.observe(release)
        except Exception as failure:
            log("the traffic is unknown", warning=True, system=release.spec.system, reason=type(failure).__name__)
            return None

    def _figures(self, release: Release, now: datetime) -> dict[str, Any]:
        queries = release.spec.queries
        forbidden = self._alerts(self._logs, release, queries.forbidden_logs)
        return {
            "samples": self._samples.newest(release, now),
            "critical_alerts": self._alerts(self._critical, release, queries.critical),
            "forbidden_logs": forbidden[0] if forbidden else None,
        }

    def _alerts(self, remembered: Remembered, release: Release, query: str | None) -> list[str] | None:
        """Return the alerts that fire; None if Prometheus does not answer, or nothing says how to ask it."""
        if query is None:
            return None
        try:
            return remembered.get(query, lambda: self._prometheus.alerts(query))
        except Unknown as reason:
            log("alerts are unknown", warning=True, system=release.spec.system, reason=str(reason))
            return None

    def _pods(self, release: Release, now: datetime) -> dict[str, Any]:
        found = self._api.items(DEPLOYMENTS.format(namespace=release.namespace))
        deployments = {each["metadata"]["name"]: each for each in found}
        pods = self._api.items(PODS.format(namespace=release.namespace))
        return {
            "ready": consumers.ready(release, deployments),
            "crashing": consumers.crashing(release, deployments, pods, now),
        }

    def _evidence(self, release: Release) -> dict[str, Any]:
        wanted = release.spec.evidence
        images = (tuple(wanted.images), wanted.scan)
        return {
            "backups": evidence.backups(self._api, release.namespace, wanted.databases),
            "restores": evidence.restores(self._api, release.namespace, wanted.databases),
            "images": self._images.get(images, lambda: self._registries.problems(*images)),
        }


def _matters(release: Release, now: datetime) -> bool:
    """Return whether figures, pods and evidence can change a decision: while a release is asked for, in progress or
    watched."""
    status = release.status
    watched = status.watch_until is not None and now < status.watch_until
    return status.phase in IN_PROGRESS or status.phase == "Waiting" or (status.phase == "Promoted" and watched)
