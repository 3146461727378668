"""PostgreSQL and rclone as Debian has them, and how a test runs them: as the user postgres, never as root."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

INSTALL = "apt-get install postgresql rclone"


def postgres_folder() -> Path:
    """The newest version's; Debian keeps it off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if not found:
        pytest.fail(f"PostgreSQL is not installed: {INSTALL}", pytrace=False)
    return found[-1].parent


def path() -> str:
    if shutil.which("rclone") is None:
        pytest.fail(f"rclone is not installed: {INSTALL}", pytrace=False)
    return f"{postgres_folder()}:{os.environ['PATH']}"


def run(command: Sequence[str], environment: Mapping[str, str], stdin: str = "") -> subprocess.CompletedProcess[str]:
    """With this environment and no other, whatever it ends with."""
    return subprocess.run(
        [*lowered(), *command],
        env={"PATH": path(), **environment},
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd="/",
    )


def lowered() -> list[str]:
    """What goes before a command, for PostgreSQL refuses to run as root."""
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []


def handed_over(folder: Path) -> Path:
    """A folder that the user postgres may write to."""
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    return folder


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
