"""Linters and tests at the same time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import TIMEOUT, assert_ended

ROOT = Path(__file__).parents[1]
WHOLE = "import sys; from tests.whole import main; sys.exit(main({arguments!r}, ['sh', '-c', {linters!r}]))"
LINTS = "echo told by linters; exit {status}"


def whole(folder: Path, test: str, linters: str) -> list[str]:
    """The command of a run of one test with these linters."""
    (folder / "test_it.py").write_text(f"import os, signal, threading\ndef test_it():\n    {test}\n")
    arguments = ["-q", "-p", "no:randomly", "-c", os.devnull, "--rootdir", str(folder), str(folder / "test_it.py")]
    return [sys.executable, "-c", WHOLE.format(arguments=arguments, linters=linters)]


@pytest.mark.parametrize(
    ("test", "lints", "status"),
    [("assert True", 0, 0), ("assert True", 3, 3), ("assert False", 0, 1), ("assert False", 3, 1)],
)
def test_both_must_pass(test: str, lints: int, status: int, tmp_path: Path) -> None:
    """What the linters found stands at the end, where it is read."""
    run = subprocess.run(
        whole(tmp_path, test, LINTS.format(status=lints)),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert run.returncode == status, run.stdout + run.stderr
    assert run.stdout.splitlines()[-2:] == ["The linters:", "told by linters"]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_whoever_stops_it_stops_both(how: signal.Signals, tmp_path: Path) -> None:
    """A terminal tells all processes, others only the first; nobody waits for the linters then."""
    os.mkfifo(tmp_path / "told")
    tells = f"open({str(tmp_path / 'told')!r}, 'w').write(str(os.getpid())); threading.Event().wait()"
    # A signal that is not for the tests would end them otherwise.
    command = whole(tmp_path, f"signal.signal(signal.SIGTERM, signal.default_int_handler); {tells}", "exec sleep 1000")
    run = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        testing = int((tmp_path / "told").read_text())
        if how is signal.SIGINT:
            os.killpg(run.pid, how)
        else:
            run.send_signal(how)
        assert run.wait(TIMEOUT) == 2
        assert_ended([testing])
    finally:
        os.killpg(run.pid, signal.SIGKILL) if run.poll() is None else None
        run.wait()
