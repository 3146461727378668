"""What is costly is made once a run of the tests: the first worker that asks makes it, the others read it.

`@shared` stands where `@functools.cache` would stand in a module of tests. What it keeps lives as long as the run, in a
folder that `tests/conftest.py` makes and removes, so it never outlives the code that it was made by.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import os
import pickle
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, ParamSpec, TypeVar, cast

FOLDER = "SLIPWAY_TESTS_SHARED"
"""Names the folder of this run; workers and what they start inherit it."""
PREFIX = "slipway-run-"
IN_USE = "in-use"
"""A file that is locked as long as the process lives that began the run."""
_locks: dict[str, IO[str]] = {}

Asked = ParamSpec("Asked")
Made = TypeVar("Made")


def begin() -> None:
    """For the process that others are started by. Removes what runs have left that were killed."""
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if _is_abandoned(left):
            shutil.rmtree(left, ignore_errors=True)
    unlocked = Path(tempfile.mkdtemp())
    # Servers of tests run as another user, who must reach their folders in this one.
    unlocked.chmod(0o711)
    lock = (unlocked / IN_USE).open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    # Only now may another run that begins find it.
    made = unlocked.rename(unlocked.with_name(f"{PREFIX}{unlocked.name}"))
    os.environ[FOLDER], _locks[str(made)] = str(made), lock


def _is_abandoned(folder: Path) -> bool:
    """Whether the process that began the run has ended."""
    try:
        with (folder / IN_USE).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def folder(name: str) -> Path:
    """One of this run."""
    made = Path(os.environ[FOLDER]) / name
    made.mkdir(exist_ok=True)
    return made


def end() -> None:
    folder = os.environ.pop(FOLDER)
    shutil.rmtree(folder, ignore_errors=True)
    _locks.pop(folder).close()


def kept(asked: object, make: Callable[[], Made]) -> Made:
    """What was made for `asked`, as its `repr` tells it apart; `make` makes it the first time."""
    file = Path(os.environ[FOLDER]) / hashlib.sha256(repr(asked).encode()).hexdigest()
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            part = file.with_suffix(".part")
            part.write_bytes(pickle.dumps(make()))
            part.rename(file)
    return pickle.loads(file.read_bytes())


def shared(make: Callable[Asked, Made]) -> Callable[Asked, Made]:
    """Keeps what a function of a module returns, by its arguments, for every worker of this run.

    Arguments are told apart by their `repr`; results are pickled, and must not be changed.
    """

    @functools.wraps(make)
    def one(*args: Asked.args, **named: Asked.kwargs) -> Made:
        asked = (make.__module__, make.__qualname__, args, sorted(named.items()))
        return kept(asked, lambda: make(*args, **named))

    return cast(Callable[Asked, Made], functools.cache(one))
