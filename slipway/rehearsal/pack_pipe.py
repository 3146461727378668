"""Requests to a policy pack and its answers, in order, over the pipes of `pack_launcher`.

Two threads move the bytes: a sender never waits, and queued messages are sent in one piece.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any

from pulumi.runtime.proto import analyzer_pb2

from slipway.rehearsal.pack_launcher import ANSWERED, HEAD, METHODS

_KINDS = {
    "Analyze": analyzer_pb2.AnalyzeResponse,
    "Remediate": analyzer_pb2.RemediateResponse,
    "AnalyzeStack": analyzer_pb2.AnalyzeResponse,
}
_BURST = 1 << 18
"""Bytes that are read or written at once. Chosen: four times the default capacity of a pipe on Linux."""


class PackRaised(Exception):
    """A policy raised an exception; the text is the one that gRPC would return."""


class PackEnded(Exception):
    """The pack's process ended before it answered."""


@dataclass(frozen=True, eq=False)
class Call:
    """A request and, later, its answer, or `PackRaised` or `PackEnded`."""

    method: str
    request: Any
    answer: Future[Any] = field(default_factory=Future)

    def frame(self) -> bytes:
        """Return the request as bytes for the pipe."""
        body = self.request.SerializeToString()
        return HEAD.pack(METHODS.index(self.method), len(body)) + body

    def settle(self, outcome: int, body: bytes) -> None:
        """Take over the outcome of the other call."""
        if outcome == ANSWERED:
            self.answer.set_result(_KINDS[self.method].FromString(body))
        else:
            self.answer.set_exception(PackRaised(body.decode(errors="replace")))


class PackPipe:
    """This process's two ends of the pipes; both are closed by `close`, or when the pack's process ends."""

    def __init__(self, requests: int, answers: int) -> None:
        self._requests, self._answers = requests, answers
        self._waiting: SimpleQueue[Call | None] = SimpleQueue()
        self._asked: deque[Call] = deque()
        self._threads = [
            threading.Thread(target=target, args=[end], daemon=True)
            for target, end in ((self._write_calls, requests), (self._read, answers))
        ]

    def put(self, call: Call) -> None:
        """Queue a call; it is sent once the pipe is open."""
        self._waiting.put(call)

    def open(self) -> None:
        """Send queued calls, and from now on every new one."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """End both threads, after the pack's process has ended; queued calls are never sent."""
        self._waiting.put(None)
        for thread, end in zip(self._threads, (self._requests, self._answers), strict=True):
            if thread.ident is None:
                os.close(end)
            else:
                thread.join()

    def _write_calls(self, end: int) -> None:
        with suppress(BrokenPipeError), os.fdopen(end, "wb", buffering=0) as pipe:
            while call := self._waiting.get():
                calls = [call, *self._more()]
                self._asked.extend(calls)
                data = memoryview(b"".join(each.frame() for each in calls))
                while data:
                    data = data[pipe.write(data) or 0 :]

    def _more(self) -> list[Call]:
        """Return the queued messages; the end marker remains for the next turn."""
        found: list[Call] = []
        while not self._waiting.empty():
            call = self._waiting.get()
            if call is None:
                self._waiting.put(None)
                break
            found.append(call)
        return found

    def _read(self, end: int) -> None:
        with os.fdopen(end, "rb", buffering=_BURST) as pipe:
            while len(head := pipe.read(HEAD.size)) == HEAD.size:
                outcome, size = HEAD.unpack(head)
                self._asked.popleft().settle(outcome, pipe.read(size))
        while self._asked:
            self._asked.popleft().answer.set_exception(PackEnded())
