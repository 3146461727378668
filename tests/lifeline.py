"""Runs a server that must not outlive the tests: `python lifeline.py SIGNAL COMMAND…`.

Whoever starts it holds the other end of its standard input. When that closes, and so when the holder ends in whatever
way, the server is sent SIGNAL, and its whole group is killed where that does not end it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading

GRACE = 30
"""Seconds that a server may take to end."""


def main(stop: str, *command: str) -> int:
    # A Ctrl-C at the terminal is for the tests, which then let go of the server.
    os.setsid()
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    threading.Thread(target=_end, args=(server, signal.Signals[stop]), daemon=True).start()
    status = server.wait()
    _kill(server)
    return status


def _end(server: subprocess.Popen[bytes], stop: signal.Signals) -> None:
    sys.stdin.buffer.read()
    server.send_signal(stop)
    threading.Timer(GRACE, _kill, [server]).start()


def _kill(server: subprocess.Popen[bytes]) -> None:
    """Also what the server started in its group and left behind."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(server.pid, signal.SIGKILL)


if __name__ == "__main__":
    # The status of what a signal ended has no place in an exit status.
    os._exit(abs(main(*sys.argv[1:])))
