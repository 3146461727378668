"""Tests read no wall clock: they are as right at any hour, on any day and under any load."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
WAITS = "processes.py"
"""Its `until` waits for programs that run beside a test, and calls one hung that does nothing for ten minutes."""
CLUSTERS = "e2e"
"""Tests there wait for a real cluster."""
CLOCKS = {
    *(f"time.{each}" for each in ("time", "monotonic", "perf_counter", "process_time", "thread_time")),
    *(f"time.{each}_ns" for each in ("time", "monotonic", "perf_counter", "process_time", "thread_time")),
    *("time.localtime", "time.gmtime", "time.ctime", "time.strftime", "time.clock_gettime"),
    *(f"datetime.{each}" for each in ("now", "utcnow", "today")),
    *(f"datetime.datetime.{each}" for each in ("now", "utcnow", "today")),
    *("date.today", "datetime.date.today"),
}


def test_no_test_reads_a_clock() -> None:
    """Times are constants of a test, or a clock that it moves on itself."""
    files = [path for path in sorted(FOLDER.rglob("*.py")) if path.relative_to(FOLDER).parts[0] != CLUSTERS]
    assert len(files) > 200
    reading = {path.relative_to(FOLDER).as_posix(): list(clocks(path.read_text(encoding="utf-8"))) for path in files}
    assert {name: found for name, found in reading.items() if found} == {WAITS: ["time.monotonic"] * 2}


@pytest.mark.parametrize(
    "text",
    [
        "import time\ntime.time()",
        "import time as clock\nbegan = clock.monotonic()",
        "from time import perf_counter\nperf_counter()",
        "from datetime import UTC, datetime\ndatetime.now(UTC)",
        "import datetime\ndatetime.date.today()",
        "import datetime as dt\nnow = dt.datetime.now",
    ],
)
def test_each_way_to_a_clock_is_seen(text: str) -> None:
    """Also one that is handed on without a call; a time that is written down is none."""
    assert list(clocks(text))
    assert not list(clocks("import time, datetime\ntime.sleep(1)\ndatetime.datetime(2026, 11, 21)\nworld.now()"))


def clocks(text: str) -> Iterator[str]:
    """The clocks that a module names, by their full names."""
    names: dict[str, str] = {}
    nodes = list(ast.walk(ast.parse(text)))
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {each.asname or each.name: each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module in ("time", "datetime"):
            names |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
    for node in nodes:
        if isinstance(node, ast.Attribute | ast.Name):
            first, dot, rest = ast.unparse(node).partition(".")
            full = f"{names.get(first, '?')}{dot}{rest}"
            if full in CLOCKS:
                yield full
