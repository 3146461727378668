"""The programs that these tests prove the alerts on, as Debian has them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.needs import program
from tests.processes import TIMEOUT

QUICK = {"GOGC": "400"}
"""How Go's programs collect garbage: at five times what they use in place of twice, which saves a fifth of promtool's time
and costs 150 MB."""


def prometheus() -> str:
    return program("prometheus", package="prometheus")


def promtool() -> str:
    return program("promtool", package="prometheus")


def alertmanager() -> str:
    return program("prometheus-alertmanager", "alertmanager", package="prometheus-alertmanager")


def amtool() -> str:
    return program("amtool", package="prometheus-alertmanager")


def epmd() -> str:
    return program("epmd", package="rabbitmq-server")


def rabbitmq() -> str:
    """The server's own script: the one of /usr/sbin changes to the user rabbitmq."""
    script = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
    return str(script) if script.exists() else program("rabbitmq-server", package="rabbitmq-server")


def run(*command: str | Path, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Whatever it ends with; what it wrote is in the result."""
    words: Sequence[str] = [str(word) for word in command]
    return subprocess.run(
        words, capture_output=True, text=True, check=False, timeout=TIMEOUT, cwd=folder, env={**os.environ, **QUICK}
    )
