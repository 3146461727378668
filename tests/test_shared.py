"""What is made once a run."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests import shared

ROOT = Path(__file__).parents[1]
ASKS = """
from pathlib import Path
from tests.shared import shared

@shared
def made(name: str, *, more: int = 0) -> list[str]:
    with Path({log!r}).open("a") as log:
        log.write(f"{{name}} {{more}}\\n")
    return [name] * (more + 1)

print(made("a"), made("a"), made("b", more=1))
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run's own, so that this one's stays as it is."""
    monkeypatch.setenv(shared.FOLDER, str(tmp_path))
    return tmp_path


def test_several_processes_make_it_once(folder: Path) -> None:
    """Each of four gets the same, and each result was made by one of them."""
    asks = [sys.executable, "-c", ASKS.format(log=str(folder / "log"))]
    running = [subprocess.Popen(asks, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert {each.communicate()[0] for each in running} == {"['a'] ['a'] ['b', 'b']\n"}
    assert sorted((folder / "log").read_text().splitlines()) == ["a 0", "b 1"]


def test_what_fails_is_not_kept(folder: Path) -> None:
    """The next one who asks tries again."""
    tries: list[int] = []

    @shared.shared
    def made() -> int:
        tries.append(1)
        if len(tries) == 1:
            raise ValueError("not yet")
        return len(tries)

    with pytest.raises(ValueError, match="not yet"):
        made()
    assert (made(), made()) == (2, 2)


def test_the_folder_ends_with_the_run(folder: Path) -> None:
    """Nothing of one run is there in the next."""
    shared.begin()
    begun = Path(os.environ[shared.FOLDER])
    assert begun != folder
    assert begun.is_dir()
    shared.end()
    assert not begun.exists()
    os.environ[shared.FOLDER] = str(folder)


def test_what_a_killed_run_left_is_removed_by_the_next(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what one has that still runs is not."""
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    begins = (
        "import os; from tests import shared; shared.begin(); print(os.environ[shared.FOLDER], flush=True); input()"
    )
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", begins],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    try:
        killed, living = (Path(each.stdout.readline().strip()) for each in runs if each.stdout)
        runs[0].kill()
        runs[0].wait()
        assert killed.is_dir()
        shared.begin()
        assert (killed.exists(), living.is_dir()) == (False, True)
        shared.end()
        os.environ[shared.FOLDER] = str(folder)
    finally:
        for each in runs:
            each.kill()
            each.communicate()
