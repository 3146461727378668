"""Programs that run during a test, on ports of their own, and end with it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

HOST = "127.0.0.1"
PATIENCE = 600
"""Seconds after which a test is taken to hang. No machine is so busy."""
LIFELINE = Path(__file__).with_name("lifeline.py")


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        return taken.getsockname()[1]


Found = TypeVar("Found")


def until(wanted: Callable[[], Found | None], what: str) -> Found:
    """The first result that is something."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = wanted()
        if found:
            return found
        assert time.monotonic() < deadline, f"did not come about: {what}"
        time.sleep(0.1)


def assert_ended(pids: Iterable[int]) -> None:
    """Waits for processes that others started."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError), os.fdopen(os.pidfd_open(pid)) as process:
            assert select.select([process], [], [], PATIENCE)[0], f"process {pid} still runs"


@contextmanager
def running(
    command: Sequence[str | Path],
    log: Path,
    environment: Mapping[str, str] = {},  # never written to
    stop: signal.Signals = signal.SIGTERM,
) -> Iterator[None]:
    """Ended by `stop`, with all that it started, when the block is left and when this process ends in any other way."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, str(LIFELINE), stop.name, *map(str, command)],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
        )
    assert process.stdin is not None
    try:
        yield
    finally:
        process.stdin.close()
        process.wait(PATIENCE)


def asked(address: str, content: Any = None, *, login: tuple[str, str] | None = None) -> Any:
    """The JSON that answers a request; `content` is sent as JSON."""
    headers = {"Content-Type": "application/json"}
    if login is not None:
        headers["Authorization"] = "Basic " + b64encode(":".join(login).encode()).decode()
    data = None if content is None else json.dumps(content).encode()
    request = urllib.request.Request(address, data, headers)
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def status(address: str, login: tuple[str, str]) -> int:
    try:
        asked(address, login=login)
    except urllib.error.HTTPError as refused:
        return refused.code
    return 200
