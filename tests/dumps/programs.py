"""PostgreSQL and rclone as Debian has them, and how a test runs them: as the user postgres, never as root."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests import needs
from tests.processes import TIMEOUT, free_port

__all__ = ["free_port"]


def path() -> str:
    needs.program("rclone", package="rclone")
    return f"{Path(needs.postgres('psql')).parent}:{os.environ['PATH']}"


def run(command: Sequence[str], environment: Mapping[str, str], stdin: str = "") -> subprocess.CompletedProcess[str]:
    """With this environment and no other, whatever it ends with."""
    return subprocess.run(
        [*lowered(), *command],
        env={"PATH": path(), **environment},
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT,
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
