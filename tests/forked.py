"""A child of a parent of `forking.py`, for whoever asks for one: imports next to nothing, so that a program may be that."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import struct
import subprocess
from collections.abc import Mapping, Sequence
from typing import IO

HEAD, STATUS = struct.Struct("!I"), struct.Struct("!i")
"""What precedes a request and answers it, and how a child has ended."""
ANSWER_SECONDS = 600
"""Chosen: as for a test that hangs."""


class Forked:
    """A child, with what is used of `subprocess.Popen`."""

    def __init__(self, pid: int, connection: socket.socket) -> None:
        self.pid, self._connection = pid, connection
        self.returncode: int | None = None
        self.stdin: IO[str] | None = None
        self.stdout: IO[str] | None = None
        self.stderr: IO[str] | None = None
        self._awaited = False

    def wait(self, timeout: float | None = None) -> int:
        """Return its status once it has ended; its id is its own until then. Raises `TimeoutExpired` after `timeout`
        seconds."""
        if self.returncode is None:
            if not self._awaited:
                self._connection.sendall(b"w")
                self._awaited = True
            if not select.select([self._connection], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
            with self._connection as connection:
                (status,) = STATUS.unpack(exactly(connection, STATUS.size))
            self.returncode = int(status)
        return self.returncode

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)


def fork(
    address: str | os.PathLike[str],
    arguments: Sequence[str],
    *,
    cwd: str | os.PathLike[str],
    environment: Mapping[str, str],
    files: Sequence[int],
) -> Forked:
    """Start a child; the last three of `files` become its standard streams, the others are its arguments."""
    asked = json.dumps({"arguments": list(arguments), "cwd": str(cwd), "environment": dict(environment)}).encode()
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(ANSWER_SECONDS)
    connection.connect(os.fspath(address))
    socket.send_fds(connection, [HEAD.pack(len(asked))], list(files))
    connection.sendall(asked)
    (pid,) = HEAD.unpack(exactly(connection, HEAD.size))
    return Forked(pid, connection)


def exactly(connection: socket.socket, size: int) -> bytes:
    """Read that many bytes. Raises ConnectionError if the other process ends before."""
    found = b""
    while len(found) < size:
        part = connection.recv(size - len(found))
        if not part:
            raise ConnectionError("the other process has ended")
        found += part
    return found
