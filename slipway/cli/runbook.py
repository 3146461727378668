"""`slipway runbook`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from slipway.cli.lookup import find_system, refused
from slipway.cli.selection import select_slipway
from slipway.reports import runbook as report
from slipway.settings.exit_statuses import OK

EXAMPLE = "2026-12-01T10:00:00Z"
PAGES = {"markdown": report.page, "html": report.html_page}


def runbook(
    cwd: Path, stack: str | None, file: Path | None, system: str, *, output: str, page: Path | None, at: str | None
) -> int:
    """Print the runbook of the system, or write it to the file `page`. Raises InvalidSettings and OSError."""
    time = datetime.now(UTC).replace(second=0, microsecond=0) if at is None else _time(at)
    selected = select_slipway(cwd, stack, file).stack
    cluster, deployed = find_system(selected, system)
    if deployed.name not in cluster.systems:
        raise refused(f"--system {system} is no system of its own: it has no releases")
    text = PAGES[output](selected, cluster, deployed, time)
    if page is None:
        print(text, end="")
    else:
        page.write_text(text, encoding="utf-8")
    return OK


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise refused(f"--at {text} is not a time with its zone, for example {EXAMPLE}")
    return time
