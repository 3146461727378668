"""Tasks in threads. A result is returned at each look until the status that has it was written."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from slipway.release.controller.log import log
from slipway.release.status import Result


class Outcome(NamedTuple):
    """A result without its time, which is when the task ended."""

    name: str
    passed: bool
    detail: str = ""


Work = Callable[[threading.Event], list[Outcome]]
"""Does a task and returns its outcomes; it ends early when the event is set."""


@dataclass
class _Task:
    stop: threading.Event = field(default_factory=threading.Event)
    results: list[Result] | None = None
    """None while it runs."""


class Tasks:
    """The tasks of one release, by name. `clock` says when they end; `ended` is called once for each result."""

    def __init__(self, clock: Callable[[], datetime], ended: Callable[[Result], None] = lambda result: None) -> None:
        self._lock, self._clock, self._ended = threading.Lock(), clock, ended
        self._id: str | None = None
        self._tasks: dict[str, _Task] = {}

    def begin(self, id: str) -> None:
        """Forget the tasks of another release: its results no longer matter."""
        if id != self._id:
            self.cancel()
            self._id = id

    def start(self, name: str, work: Work) -> None:
        """Start a task, unless it runs or its results were not written yet."""
        with self._lock:
            if name in self._tasks:
                return
            task = self._tasks[name] = _Task()
        threading.Thread(target=self._run, args=(name, task, work), name=name, daemon=True).start()

    @property
    def running(self) -> list[str]:
        """Return the names of the tasks that run."""
        with self._lock:
            return sorted(name for name, task in self._tasks.items() if task.results is None)

    @property
    def results(self) -> list[Result]:
        """Return all results that were not written yet."""
        with self._lock:
            return [result for task in self._tasks.values() for result in task.results or ()]

    def written(self, results: Sequence[Result]) -> None:
        """Forget tasks whose results a written status has taken into account."""
        with self._lock:
            for name in [name for name, task in self._tasks.items() if task.results is not None]:
                left = self._tasks[name].results or ()
                if all(each in results for each in left):
                    del self._tasks[name]

    def cancel(self) -> None:
        """End all tasks; what they return is dropped."""
        with self._lock:
            for task in self._tasks.values():
                task.stop.set()
            self._tasks.clear()

    def _run(self, name: str, task: _Task, work: Work) -> None:
        log("task started", task=name)
        try:
            outcomes = work(task.stop)
        except Exception as error:
            reason = f"cannot be carried out ({type(error).__name__})"
            outcomes = [Outcome(name, passed=False, detail=reason)]
        if task.stop.is_set():
            return
        results = [Result(**outcome._asdict(), at=self._clock()) for outcome in outcomes]
        with self._lock:
            task.results = results
        for each in results:
            log("task ended", task=each.name, passed=each.passed, detail=each.detail)
            self._ended(each)
