"""Programs that run during a test, on ports of their own, and end with it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

HOST = "127.0.0.1"


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        return taken.getsockname()[1]


Found = TypeVar("Found")


def until(wanted: Callable[[], Found | None], within: float, what: str) -> Found:
    """The first result that is something; fails after `within` seconds."""
    deadline = time.monotonic() + within
    while True:
        found = wanted()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {within:g} seconds: {what}"
        time.sleep(0.2)


@contextmanager
def running(command: Sequence[str | Path], log: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """In a session of its own, which is all that is ended."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(word) for word in command],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
            start_new_session=True,
        )
    try:
        yield process
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def asked(address: str, content: Any = None, *, login: tuple[str, str] | None = None) -> Any:
    """The JSON that answers a request; `content` is sent as JSON."""
    headers = {"Content-Type": "application/json"}
    if login is not None:
        headers["Authorization"] = "Basic " + b64encode(":".join(login).encode()).decode()
    data = None if content is None else json.dumps(content).encode()
    request = urllib.request.Request(address, data, headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
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
