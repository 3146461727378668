"""Samples of both slots, one an interval, that begin with the step they judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from slipway.release.controller.log import log
from slipway.release.controller.metrics import Metrics
from slipway.release.controller.prometheus import Prometheus, Unknown
from slipway.release.controller.release import Release
from slipway.release.objects import SlotName, SlotQueries
from slipway.release.observed import Sample


class Samples:
    """The newest samples of one release. Between two intervals the last ones are returned again, with their time."""

    def __init__(self, prometheus: Prometheus, metrics: Metrics, clock: Callable[[], datetime]) -> None:
        self._prometheus, self._metrics, self._clock = prometheus, metrics, clock
        self._key: object = None
        self._last: dict[SlotName, Sample] | None = None

    def newest(self, release: Release, now: datetime) -> Mapping[SlotName, Sample] | None:
        """Return the newest sample by slot; None if Prometheus does not answer. A sample is due at each interval after
        the phase or step began; what is read before the first one has the time of the beginning."""
        interval = max(1, release.spec.queries.interval_seconds)
        began = release.status.since or now
        number = int((now - began).total_seconds() // interval)
        key = began, number
        if self._last is not None and (key == self._key or number == 0):
            return self._last
        try:
            at = self._clock() if number else began
            self._last = {slot: self._read(each, at) for slot, each in release.spec.queries.slots.items()}
        except Unknown as reason:
            self._metrics.samples_missing.labels(release.spec.system, release.spec.stack).inc()
            log("no sample", warning=True, system=release.spec.system, reason=str(reason))
            return None
        self._key = key
        for slot, sample in self._last.items():
            self._metrics.show_sample(release.spec.system, release.spec.stack, slot, sample)
        return self._last

    def _read(self, queries: SlotQueries, at: datetime) -> Sample:
        requests = self._prometheus.number(queries.requests) or 0.0
        errors = self._prometheus.number(queries.errors) or 0.0
        p95 = self._prometheus.number(queries.p95) if requests else None
        return Sample(at=at, requests=requests, errors=errors, p95_seconds=p95)
