"""An interrupted run of the tests leaves no server behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import TEMPORARY
from tests.processes import TIMEOUT, assert_ended

ROOT = Path(__file__).parents[1]
SERVER = """
import os, signal, subprocess, sys
child = subprocess.Popen(["sleep", "1000"])
with open(sys.argv[1], "w") as told:
    told.write(f"{os.getppid()} {os.getpid()} {child.pid} {sys.argv[2]}")
signal.pause()
"""
RUN = """
import os, sys, threading
from pathlib import Path
from tests.processes import running
here = Path(__file__).parent

def test_something_with_a_server():
    with running([sys.executable, here / "server.py", here / "told", str(os.getpid())], here / "log"):
        threading.Event().wait()
"""


@pytest.mark.parametrize(
    ("target", "how"),
    [
        ("run", signal.SIGINT),
        ("run", signal.SIGTERM),
        ("run", signal.SIGKILL),
        ("worker", signal.SIGKILL),
        ("terminal", signal.SIGINT),
    ],
)
def test_no_server_is_left(target: str, how: signal.Signals, tmp_path: Path) -> None:
    """Neither it nor what it started, whoever of the run is stopped, and however; a Ctrl-C goes to all of them."""
    (tmp_path / "server.py").write_text(SERVER)
    (tmp_path / "test_server.py").write_text(RUN)
    os.mkfifo(tmp_path / "told")
    run = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "tests.conftest",
            "-n",
            "1",
            "-c",
            os.devnull,
            "--rootdir",
            tmp_path,
            tmp_path,
        ],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path), TEMPORARY: str(tmp_path)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        *started, worker = map(int, (tmp_path / "told").read_text().split())
        if target == "terminal":
            os.killpg(run.pid, how)
        else:
            os.kill(run.pid if target == "run" else worker, how)
        assert_ended(started)
        assert run.wait(TIMEOUT) != 0
    finally:
        run.kill()
        run.wait()
