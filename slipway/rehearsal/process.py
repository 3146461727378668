"""The parent's side of a run: starts the worker, reads its messages, and leaves no process behind."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from slipway.rehearsal.channel import EVALUATE, LEAVE
from slipway.rehearsal.errors import PackConfigError, PolicyPackError, RehearsalError, WorkerError

PACKAGE_PARENT = Path(__file__).resolve().parents[2]

EXIT_SECONDS = 5.0
"""Seconds for a worker's exit handlers after its result. Chosen: a handler flushes files."""

Message = dict[str, Any]

ERRORS: dict[str, type[RehearsalError]] = {
    "policies": PolicyPackError,
    "configuration": PackConfigError,
    "worker": WorkerError,
}


@dataclass(frozen=True)
class Progress:
    """The progress of a run: `phase` is "program" or "policies", `registered` counts resources so far."""

    phase: str
    registered: int


def run_worker(
    request: Message,
    environment: Mapping[str, str],
    on_progress: Callable[[Progress], None] | None,
    is_evaluated: Callable[[Message], bool] | None = None,
) -> Message:
    """Run one request in a fresh process and return its `result` message. Raises RehearsalError.

    With `is_evaluated` the packs evaluate only after the plan is there, if this returns True for the message with it.
    Otherwise they stay silent, and `evaluated_by` empty.
    """
    with _worker({**request, "evaluatedLater": is_evaluated is not None}, environment) as worker:
        result = worker.receive("result", on_progress)
        if is_evaluated is not None:
            evaluated = is_evaluated(result)
            worker.write(EVALUATE if evaluated else LEAVE)
            if evaluated:
                result |= worker.receive("findings", on_progress)
        worker.await_exit()
        return result


@dataclass(frozen=True)
class _Worker:
    """A running worker."""

    process: subprocess.Popen[bytes]
    requests: IO[bytes]
    messages: IO[bytes]

    def receive(self, event: str, on_progress: Callable[[Progress], None] | None) -> Message:
        """Wait for a message and return it. Raises RehearsalError if there is an error instead."""
        for line in self.messages:
            message: Message = json.loads(line)
            if message["event"] == "progress" and on_progress:
                on_progress(Progress(message["phase"], message["registered"]))
            elif message["event"] == "error":
                raise ERRORS[message["kind"]](message["message"])
            elif message["event"] == event:
                return message
        raise WorkerError(f"the process that ran the program ended without an answer ({_status(self.process.wait())})")

    def write(self, data: bytes) -> None:
        with contextlib.suppress(BrokenPipeError):
            self.requests.write(data)

    def await_exit(self) -> None:
        select.select([self.messages], [], [], EXIT_SECONDS)


@contextlib.contextmanager
def _worker(request: Message, environment: Mapping[str, str]) -> Iterator[_Worker]:
    """Yield a worker in a separate session, which is killed as a group however this block is left.

    A Ctrl-C at the terminal therefore reaches this process alone. If this process dies, the request pipe closes and the
    worker kills its group itself.
    """
    request_end, to_worker = os.pipe()
    from_worker, result_end = os.pipe()
    with contextlib.ExitStack() as opened:
        messages = opened.enter_context(os.fdopen(from_worker, "rb"))
        requests = opened.enter_context(os.fdopen(to_worker, "wb", buffering=0))
        try:
            process = start_worker(request_end, result_end, {**_unmarked(os.environ), **environment})
        finally:
            os.close(request_end)
            os.close(result_end)
        opened.callback(_end, process)
        worker = _Worker(process, requests, messages)
        worker.write(json.dumps(request).encode() + b"\n")
        yield worker


def start_worker(request_end: int, result_end: int, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a worker in a session of its own that reads its request and writes its messages at these descriptors."""
    return subprocess.Popen(
        [sys.executable, "-m", "slipway.rehearsal.worker", str(request_end), str(result_end)],
        cwd=PACKAGE_PARENT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=2,
        pass_fds=(request_end, result_end),
        start_new_session=True,
    )


def _unmarked(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables without Slipway's own: a program must not be able to distinguish a rehearsal from a preview
    of Pulumi's."""
    return {key: value for key, value in environment.items() if not key.startswith("SLIPWAY_")}


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the worker's group before reaping the worker: until then no other process can have its id."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _status(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"status {code}"
