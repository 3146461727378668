"""Schedules of Kubernetes, CloudNativePG and clouds, in their own formats."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise

from cronsim import CronSim, CronSimError

BEGIN = datetime(2027, 1, 1)
"""Start of the simulated year, one with the shortest February."""
_MACROS = {
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
}  # fmt: skip
_EVERY = re.compile(r"@every (\d+)(h|m|s)|rate\((\d+) (minute|hour|day)s?\)")
_REPEATING = re.compile(r"R\d*/[^/]+/P(?:(\d+)([DW])|T(\d+)H)")
"""A repeating ISO 8601 interval of whole weeks, days or hours."""
_UNITS = {"s": 1 / 3600, "m": 1 / 60, "h": 1.0, "minute": 1 / 60, "hour": 1.0, "day": 24.0}
NEVER = float("inf")
"""Hours between runs of a schedule that never fires."""


@lru_cache(maxsize=1024)
def longest_gap(schedule: str) -> float | None:
    """Return the longest gap between two runs in a year, in hours; infinity if it never fires, None if the text is not
    a schedule."""
    every = _EVERY.fullmatch(schedule.strip())
    if every:
        number, unit = (every[1], every[2]) if every[1] else (every[3], every[4])
        return int(number) * _UNITS[unit] if int(number) else NEVER
    repeating = _REPEATING.fullmatch(schedule.strip())
    if repeating:
        hours = int(repeating[3] or 0) or int(repeating[1] or 0) * (168 if repeating[2] == "W" else 24)
        return hours or NEVER
    written = _five_fields(schedule.strip())
    if written is None:
        return None
    try:
        return _gap(written)
    except CronSimError:
        return None


def _five_fields(schedule: str) -> str | None:
    """Convert a schedule to five cron fields: CloudNativePG has leading seconds; `cron(…)` has a trailing year, and
    weekdays that start at 1."""
    if schedule in _MACROS:
        return _MACROS[schedule]
    if schedule.startswith("cron(") and schedule.endswith(")"):
        fields = schedule[5:-1].split()
        if len(fields) != 6 or fields[5] != "*":
            return None
        days = re.sub(r"\d", lambda found: str(int(found[0]) - 1), fields[4]) if "#" not in fields[4] else fields[4]
        return " ".join([*fields[:4], days]).replace("?", "*")
    fields = schedule.split()
    if len(fields) == 6:
        return " ".join(fields[1:])
    return schedule if len(fields) == 5 else None


def _gap(written: str) -> float:
    """Return the longest gap; schedules without days of the month or months repeat every week."""
    _, _, days, months, _ = written.split()
    last = BEGIN + timedelta(days=15 if days == months == "*" else 800)
    runs = [BEGIN]
    for each in CronSim(written, BEGIN):
        runs.append(min(each, last))
        if each >= last:
            break
    else:
        runs.append(last)
    gaps = [(later - earlier).total_seconds() / 3600 for earlier, later in pairwise(runs)]
    return NEVER if len(runs) <= 2 else max(gaps)
