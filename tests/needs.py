"""Programs that tests need besides Python. Where one is missing, what needs it is `not run`; with `--whole` that fails."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

MISSING = "not installed: apt-get install"
_FOLDERS = ("/usr/sbin", "/usr/local/bin", "/usr/lib/rabbitmq/bin")


def missing(name: str, package: str) -> NoReturn:
    pytest.skip(f"not run: {name} is {MISSING} {package}")


def program(*names: str, package: str) -> str:
    """The path of the first of `names` that is there."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *_FOLDERS])
    for name in names:
        where = shutil.which(name, path=path)
        if where is not None:
            return where
    missing(names[0], package)


def postgres(name: str) -> str:
    """A program of the newest PostgreSQL; Debian keeps them off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    return str(found[-1].with_name(name)) if found else missing(name, "postgresql")
