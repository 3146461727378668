"""The programs that these tests prove the alerts on, as Debian has them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

INSTALL = "apt-get install prometheus prometheus-alertmanager rabbitmq-server"
_FOLDERS = ("/usr/sbin", "/usr/local/bin", "/usr/lib/rabbitmq/bin")


def found(*names: str) -> str:
    """The path of the first of `names` that is installed. A test without its program fails: skipped, it would prove
    nothing and nobody would see."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *_FOLDERS])
    for name in names:
        where = shutil.which(name, path=path)
        if where is not None:
            return where
    pytest.fail(f"{names[0]} is not installed: {INSTALL}", pytrace=False)


def prometheus() -> str:
    return found("prometheus")


def promtool() -> str:
    return found("promtool")


def alertmanager() -> str:
    return found("prometheus-alertmanager", "alertmanager")


def amtool() -> str:
    return found("amtool")


def rabbitmq() -> str:
    """The server's own script: the one of /usr/sbin changes to the user rabbitmq."""
    script = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
    return str(script) if script.exists() else found("rabbitmq-server")


def run(*command: str | Path, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Whatever it ends with; what it wrote is in the result."""
    words: Sequence[str] = [str(word) for word in command]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=120, cwd=folder)
