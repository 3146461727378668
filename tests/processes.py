"""Programs that run during a test, on ports of their own, and end with it."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
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
TIMEOUT = 600
"""Seconds after which a test is taken to hang. No machine is so busy."""
LIFELINE = Path(__file__).with_name("lifeline.py")


PORTS = range(10_000, 65_536)
"""Ports that servers of tests may have."""
EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
_claims: list[socket.socket] = []


def free_port() -> int:
    """A port that nobody else gets as long as this process runs.

    The system gives none of these to a connection or to whoever asks for any port. Other tests leave it alone because
    of its claim, a socket of that name which ends with this process; it holds in the network namespace, as a port does.
    """
    low, high = map(int, EPHEMERAL.read_text().split())
    while True:
        port = secrets.choice(PORTS)
        if not low <= port <= high and _claimed(port):
            return port


def _claimed(port: int) -> bool:
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0slipway-tests-{port}")
        with socket.socket() as listener:
            listener.bind((HOST, port))
    except OSError:
        claim.close()
        return False
    _claims.append(claim)
    return True


Found = TypeVar("Found")


def until(
    wanted: Callable[[], Found | None],
    what: str = "what the test waits for",
    *,
    of: subprocess.Popen[Any] | None = None,
) -> Found:
    """The first result that is something. Fails at once when the process that it comes `of` has ended."""
    deadline = time.monotonic() + TIMEOUT
    while True:
        found = wanted()
        if found:
            return found
        assert of is None or of.poll() is None, f"the process has ended: {what}"
        assert time.monotonic() < deadline, f"did not happen: {what}"
        time.sleep(0.1)


def assert_ended(pids: Iterable[int]) -> None:
    """Waits for processes that others started."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError), os.fdopen(os.pidfd_open(pid)) as process:
            assert select.select([process], [], [], TIMEOUT)[0], f"process {pid} still runs"


@contextmanager
def running(
    command: Sequence[str | Path],
    log: Path,
    environment: Mapping[str, str] = {},  # never written to
    stop: signal.Signals = signal.SIGTERM,
) -> Iterator[subprocess.Popen[bytes]]:
    """Ended by `stop`, with all that it started, when the block is left and when this process ends in any other way.
    What the block gets lives as long as the program."""
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
        yield process
    finally:
        process.stdin.close()
        process.wait(TIMEOUT)


def request_json(address: str, content: Any = None, *, login: tuple[str, str] | None = None) -> Any:
    """The JSON that answers a request; `content` is sent as JSON."""
    headers = {"Content-Type": "application/json"}
    if login is not None:
        headers["Authorization"] = "Basic " + b64encode(":".join(login).encode()).decode()
    data = None if content is None else json.dumps(content).encode()
    request = urllib.request.Request(address, data, headers)
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
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
        request_json(address, login=login)
    except urllib.error.HTTPError as refused:
        return refused.code
    return 200
