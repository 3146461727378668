"""Applies objects in the order of their dependencies: as many at once as possible, and nothing after a failed one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any, Protocol

from slipway.ops.cluster.api import ApiUnavailable
from slipway.ops.cluster.applying import Change
from slipway.ops.cluster.objects import Object
from slipway.ops.cluster.verdict import State, Verdict, failed
from slipway.ops.failure import CloudFailure

WORKERS = 8
"""Objects applied concurrently. Chosen: far below the 400 requests in flight that kube-apiserver allows by default."""
FIRST_CHECK, LONGEST_PAUSE = 0.2, 2.0
"""Seconds until the first check of an object, and between later ones at most. Chosen: most objects are ready at once."""


class Worker(Protocol):
    """The operations on one object, called from several threads at once."""

    def apply(self, target: Object) -> Change: ...

    def check(self, target: Object) -> Verdict: ...

    def is_awaited(self, target: Object, change: Change) -> bool: ...

    def timeout(self, target: Object, change: Change) -> float: ...

    def explain(self, target: Object) -> tuple[str, ...]:
        """Return lines that explain why an awaited object failed."""
        ...


@dataclass
class Outcome:
    """The outcome of each object, by URN. `skipped` names the failed dependency; `evidence` are lines that explain a
    failure; `away` is the reason of an early end, if the API server did not come back."""

    changes: dict[str, Change] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    evidence: dict[str, tuple[str, ...]] = field(default_factory=dict)
    away: str = ""

    @property
    def is_good(self) -> bool:
        return not self.failures and not self.skipped and not self.away


@dataclass
class _Waiting:
    target: Object
    until: float
    next_check: float
    pause: float = FIRST_CHECK
    reason: str = ""


class Schedule:
    """One pass over all objects. `report` takes a line about an object."""

    def __init__(self, objects: Sequence[Object], worker: Worker, report: Callable[[Object, str], None]) -> None:
        self._objects = {each.urn: each for each in objects}
        self._worker, self._report = worker, report
        self._pending: dict[str, set[str]] = {
            urn: {need for need in each.needs if need in self._objects} for urn, each in self._objects.items()
        }
        self._waiting: dict[str, _Waiting] = {}
        self._running: dict[Future[Any], tuple[str, bool]] = {}
        self._outcome = Outcome()

    def run(self) -> Outcome:
        """Run until all objects are done, or the cluster no longer responds."""
        pool = ThreadPoolExecutor(WORKERS)
        try:
            while self._pending or self._running or self._waiting:
                self._start(pool)
                if not self._running and not self._waiting:
                    self._give_up()
                    break
                done, _ = wait(self._running, timeout=self._idle(), return_when=FIRST_COMPLETED)
                for future in done:
                    self._finish(future)
                if not self._running:
                    time.sleep(self._idle() if self._waiting else 0)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        return self._outcome

    def _start(self, pool: ThreadPoolExecutor) -> None:
        for urn in [urn for urn, needs in self._pending.items() if not needs]:
            del self._pending[urn]
            self._running[pool.submit(self._worker.apply, self._objects[urn])] = (urn, False)
        looking = {urn for urn, looks in self._running.values() if looks}
        now = time.monotonic()
        for urn, entry in self._waiting.items():
            if urn not in looking and entry.next_check <= now:
                self._running[pool.submit(self._worker.check, entry.target)] = (urn, True)

    def _idle(self) -> float:
        """Return the seconds until the next check is due."""
        now = time.monotonic()
        return max(0.01, min((entry.next_check - now for entry in self._waiting.values()), default=1.0))

    def _finish(self, future: Future[Any]) -> None:
        urn, checked = self._running.pop(future)
        try:
            answer = future.result()
        except ApiUnavailable as failure:
            self._outcome.away = str(failure)
            self._pending.clear()
            self._waiting.clear()
        except CloudFailure as failure:
            self._fail(urn, str(failure))
        else:
            if self._outcome.away:
                return
            if checked:
                self._update(urn, answer)
            else:
                self._applied(urn, answer)

    def _applied(self, urn: str, change: Change) -> None:
        target = self._objects[urn]
        self._outcome.changes[urn] = change
        if change is not Change.UNCHANGED:
            self._report(target, change.value)
        if not self._worker.is_awaited(target, change):
            self._release(urn)
            return
        now = time.monotonic()
        self._waiting[urn] = _Waiting(target, until=now + self._worker.timeout(target, change), next_check=now)

    def _update(self, urn: str, verdict: Verdict) -> None:
        entry = self._waiting[urn]
        if verdict.is_ready:
            if entry.reason:
                self._report(entry.target, "ready")
            self._release(urn)
            return
        if verdict.state is State.WAITING and time.monotonic() > entry.until:
            verdict = failed(f"not ready in time: {verdict.reason}")
        if verdict.state is State.FAILED:
            if lines := self._worker.explain(entry.target):
                self._outcome.evidence[urn] = lines
            self._fail(urn, verdict.reason)
            return
        if verdict.reason != entry.reason and entry.pause > FIRST_CHECK:
            entry.reason = verdict.reason
            self._report(entry.target, verdict.reason)
        entry.next_check, entry.pause = time.monotonic() + entry.pause, min(entry.pause * 2, LONGEST_PAUSE)

    def _release(self, urn: str) -> None:
        self._waiting.pop(urn, None)
        for needs in self._pending.values():
            needs.discard(urn)

    def _fail(self, urn: str, reason: str) -> None:
        self._waiting.pop(urn, None)
        self._outcome.failures[urn] = reason
        self._report(self._objects[urn], f"failed: {reason}")
        blocked = [urn]
        while blocked:
            gone = blocked.pop()
            for other in [other for other, needs in self._pending.items() if gone in needs]:
                del self._pending[other]
                self._outcome.skipped[other] = self._objects[gone].title
                blocked.append(other)

    def _give_up(self) -> None:
        """Fail objects that need each other; no Pulumi program creates such a cycle."""
        for urn in self._pending:
            self._outcome.skipped[urn] = "a dependency cycle"
