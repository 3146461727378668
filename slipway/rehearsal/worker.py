"""The process that runs one program: `python -m slipway.rehearsal.worker <request fd> <result fd>`.

It reads one line of JSON, the request, and writes lines of JSON: `progress` while the program runs, then one `result` or
`error`. After the result of a request that is evaluated later it waits for one byte, and at EVALUATE writes `findings`, or
`error`. The request pipe stays open as long as the parent lives; at its end the worker and all that it started are
killed.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import sys
import threading
from pathlib import Path
from queue import SimpleQueue

from slipway.rehearsal.channel import EVALUATE, Channel
from slipway.rehearsal.errors import PackConfigError
from slipway.rehearsal.findings import PolicyFailure
from slipway.rehearsal.imports import ImportClock
from slipway.rehearsal.redaction import RedactedStream, Redactor


def _end_with_parent(descriptor: int, orders: SimpleQueue[bytes]) -> None:
    """Kill this process and everything it started once the parent's end of the pipe closes; queue what it writes."""

    def watch() -> None:
        while order := os.read(descriptor, 1):
            orders.put(order)
        if os.getpgrp() == os.getpid():
            os.killpg(os.getpid(), signal.SIGKILL)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _read_line(descriptor: int) -> bytes:
    chunks = []
    while not (chunks and chunks[-1].endswith(b"\n")):
        chunk = os.read(descriptor, 1 << 16)
        if not chunk:
            raise SystemExit("the request ended before its line did")
        chunks.append(chunk)
    return b"".join(chunks)


def _leave_import_path() -> None:
    """Remove the directory that `python -m` added from the import path, so that the program does not import from it."""
    here = str(Path(__file__).resolve().parents[2])
    if sys.path and os.path.realpath(sys.path[0] or ".") == here:
        del sys.path[0]


def prefer_own_settings(program: Path) -> None:
    """Let a program that contains its own `slipway` import that one: its version may differ from this tool's."""
    import slipway

    slipway.__path__.insert(0, str(program / "slipway"))


def _leave() -> None:
    """Exit after the program's exit handlers (it is registered before them), without waiting for a large heap to be
    freed."""
    sys.stdout.flush()
    os._exit(0)


def main(arguments: list[str]) -> None:
    """Serve one request on the two file descriptors."""
    request_descriptor, result_descriptor = map(int, arguments)
    os.set_inheritable(request_descriptor, False)
    os.set_inheritable(result_descriptor, False)
    request = json.loads(_read_line(request_descriptor))
    orders: SimpleQueue[bytes] = SimpleQueue()
    _end_with_parent(request_descriptor, orders)
    _leave_import_path()
    prefer_own_settings(Path(request["program"]))
    redactor, channel = Redactor(), Channel(result_descriptor)
    sys.stdout = sys.stderr = RedactedStream(2, redactor)
    atexit.register(_leave)
    try:
        clock = ImportClock()
        clock.install()
        from slipway.rehearsal.session import Session  # imports pulumi, which the clock times

        session = Session(request, channel, redactor, clock)
        session.execute(lambda: orders.get() == EVALUATE)
    except PolicyFailure as failure:
        kind = "configuration" if isinstance(failure.__cause__, PackConfigError) else "policies"
        channel.send("error", kind=kind, message=redactor.masked(str(failure.__cause__)))
    except Exception as error:
        channel.send("error", kind="worker", message=redactor.masked(f"{type(error).__name__}: {error}"))
        raise


if __name__ == "__main__":
    main(sys.argv[1:])
