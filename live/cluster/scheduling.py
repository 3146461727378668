"""Objects in the order of their needs: as many at once as may be, and nothing after what failed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any, Protocol

from live.cluster.api import Unreached
from live.cluster.applying import Change
from live.cluster.objects import Object
from live.cluster.verdict import State, Verdict, failed
from live.failure import CloudFailure

WORKERS = 8
FIRST_LOOK, LONGEST_PAUSE = 0.2, 2.0


class Worker(Protocol):
    """What is done to one object, by several threads at once."""

    def apply(self, target: Object) -> Change: ...

    def look(self, target: Object) -> Verdict: ...

    def is_awaited(self, target: Object) -> bool: ...

    def timeout(self, target: Object, change: Change) -> float: ...

    def doomed(self, target: Object, lost: frozenset[str]) -> str:
        """Why an object that is waited for will never be ready, given what was lost; empty while it may."""
        ...


@dataclass
class Outcome:
    """What became of each object, by URN. `skipped` names what it needed that failed."""

    changes: dict[str, Change] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        return not self.failures and not self.skipped

    @property
    def lost(self) -> frozenset[str]:
        return frozenset(self.failures) | frozenset(self.skipped)


@dataclass
class _Waiting:
    target: Object
    until: float
    next_look: float
    pause: float = FIRST_LOOK
    reason: str = ""


class Schedule:
    """One pass over all objects. `say` takes a line about an object."""

    def __init__(self, objects: Sequence[Object], worker: Worker, say: Callable[[Object, str], None]) -> None:
        self._objects = {each.urn: each for each in objects}
        self._worker, self._say = worker, say
        self._pending: dict[str, set[str]] = {
            urn: {need for need in each.needs if need in self._objects} for urn, each in self._objects.items()
        }
        self._waiting: dict[str, _Waiting] = {}
        self._running: dict[Future[Any], tuple[str, bool]] = {}
        self._outcome = Outcome()

    def run(self) -> Outcome:
        """Raises CloudFailure when the cluster no longer answers."""
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
            if urn not in looking and entry.next_look <= now:
                self._running[pool.submit(self._worker.look, entry.target)] = (urn, True)

    def _idle(self) -> float:
        """Seconds until the next look is due."""
        now = time.monotonic()
        return max(0.01, min((entry.next_look - now for entry in self._waiting.values()), default=1.0))

    def _finish(self, future: Future[Any]) -> None:
        urn, looked = self._running.pop(future)
        try:
            answer = future.result()
        except Unreached:
            raise
        except CloudFailure as failure:
            self._fail(urn, str(failure))
            return
        if looked:
            self._seen(urn, answer)
        else:
            self._applied(urn, answer)

    def _applied(self, urn: str, change: Change) -> None:
        target = self._objects[urn]
        self._outcome.changes[urn] = change
        if change is not Change.UNCHANGED:
            self._say(target, change.value)
        if not self._worker.is_awaited(target):
            self._release(urn)
            return
        now = time.monotonic()
        self._waiting[urn] = _Waiting(target, until=now + self._worker.timeout(target, change), next_look=now)

    def _seen(self, urn: str, verdict: Verdict) -> None:
        entry = self._waiting[urn]
        if verdict.is_ready:
            if entry.reason:
                self._say(entry.target, "ready")
            self._release(urn)
            return
        if doom := self._worker.doomed(entry.target, self._outcome.lost):
            verdict = failed(doom)
        if verdict.state is State.WAITING and time.monotonic() > entry.until:
            verdict = failed(f"not ready in time: {verdict.reason}")
        if verdict.state is State.FAILED:
            self._fail(urn, verdict.reason)
            return
        if verdict.reason != entry.reason and entry.pause > FIRST_LOOK:
            entry.reason = verdict.reason
            self._say(entry.target, verdict.reason)
        entry.next_look, entry.pause = time.monotonic() + entry.pause, min(entry.pause * 2, LONGEST_PAUSE)

    def _release(self, urn: str) -> None:
        self._waiting.pop(urn, None)
        for needs in self._pending.values():
            needs.discard(urn)

    def _fail(self, urn: str, reason: str) -> None:
        self._waiting.pop(urn, None)
        self._outcome.failures[urn] = reason
        self._say(self._objects[urn], f"failed: {reason}")
        lost = [urn]
        while lost:
            gone = lost.pop()
            for other in [other for other, needs in self._pending.items() if gone in needs]:
                del self._pending[other]
                self._outcome.skipped[other] = self._objects[gone].title
                lost.append(other)

    def _give_up(self) -> None:
        """Objects that need each other, which no program of Pulumi's makes."""
        for urn in self._pending:
            self._outcome.skipped[urn] = "objects that need each other"
