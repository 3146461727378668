"""Looks at every Release when it is due or was changed, each in a thread of its own, so that none waits for another."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from pydantic import ValidationError

from slipway.ops.failure import CloudFailure
from slipway.release.controller.in_cluster import ALL_RELEASES
from slipway.release.controller.log import log
from slipway.release.controller.reconciler import Outside, Reconciler
from slipway.release.controller.release import Release

INTERVAL = 1.0
"""Seconds between two looks. Chosen: a person's word is heeded at once, and the API server hardly notices."""
AT_ONCE = 24
"""Releases that are looked at together. Chosen: more than systems on a cluster; one that is slow takes one thread."""
STALE = 30.0
"""Seconds after which a loop that does nothing is broken. Chosen: a list that times out takes less."""


class Loop:
    """The controller's main loop. It runs on every replica; only the leader looks."""

    def __init__(self, outside: Outside, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._outside, self._clock = outside, clock
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="look")
        self._by_uid: dict[str, Reconciler] = {}
        self._due: dict[str, tuple[str, float]] = {}
        self._busy: set[str] = set()
        self._lock = threading.Lock()
        self._alive = clock()
        self._answered: float | None = None

    def run(self, stop: threading.Event) -> None:
        """Look until `stop`; looks in progress then end by themselves."""
        while not stop.is_set():
            self.turn()
            stop.wait(INTERVAL)
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._forget(set())

    def turn(self) -> None:
        """List all Releases and begin a look at each that is due."""
        self._alive = self._clock()
        leads = self._outside.may_act()
        self._outside.metrics.leader.set(leads)
        if not leads:
            self._forget(set())
        try:
            found = [Release(document) for document in self._outside.api.items(ALL_RELEASES)]
        except CloudFailure as failure:
            log("Releases cannot be listed", warning=True, reason=str(failure))
            return
        self._answered = self._clock()
        if leads:
            self._forget({each.uid for each in found})
            for each in found:
                self._begin(each)

    @property
    def is_alive(self) -> bool:
        """Return whether the loop turns."""
        return self._clock() - self._alive < STALE

    @property
    def is_ready(self) -> bool:
        """Return whether the API server has answered lately: this replica leads, or can take over."""
        return self._answered is not None and self._clock() - self._answered < STALE

    def _begin(self, release: Release) -> None:
        with self._lock:
            version, due = self._due.get(release.uid, ("", 0.0))
            rests = version == release.version and self._clock() < due
            if rests or release.uid in self._busy or "deletionTimestamp" in release.document["metadata"]:
                return
            self._busy.add(release.uid)
        self._pool.submit(self._look, release)

    def _look(self, release: Release) -> None:
        """Look at one release. Whatever happens, others are looked at."""
        pause, began = INTERVAL, self._clock()
        try:
            with self._outside.metrics.look_seconds.time():
                pause = self._reconciler(release).reconcile(release)
            self._outside.metrics.looks.labels(release.spec.system, release.spec.stack, "done").inc()
        except ValidationError as error:
            places = sorted({".".join(map(str, each["loc"])) for each in error.errors()})
            log("the Release is not valid", warning=True, name=release.name, namespace=release.namespace, places=places)
            self._outside.metrics.looks.labels(release.namespace, "", "failed").inc()
        except CloudFailure as failure:
            log("the look failed", warning=True, system=release.spec.system, reason=str(failure))
            self._outside.metrics.looks.labels(release.spec.system, release.spec.stack, "failed").inc()
        except Exception as error:
            log("the look failed", warning=True, name=release.name, reason=f"{type(error).__name__}{_place(error)}")
            self._outside.metrics.looks.labels(release.namespace, "", "failed").inc()
        finally:
            with self._lock:
                self._busy.discard(release.uid)
                self._due[release.uid] = release.version, began + pause - INTERVAL / 2

    def _reconciler(self, release: Release) -> Reconciler:
        reconciler = self._by_uid.get(release.uid)
        if reconciler is None or not reconciler.fits(release):
            if reconciler is not None:
                reconciler.close()
            reconciler = self._by_uid[release.uid] = Reconciler(self._outside, release)
        return reconciler

    def _forget(self, kept: set[str]) -> None:
        gone = [uid for uid in self._by_uid if uid not in kept]
        for uid in gone:
            self._by_uid.pop(uid).close()
            self._due.pop(uid, None)
        if gone:
            self._outside.metrics.forget()


def _place(error: BaseException) -> str:
    """Return where an error was raised, without its text, which may have values."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f" in {trace.tb_frame.f_code.co_name}, line {trace.tb_lineno}" if trace else ""
