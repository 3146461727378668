"""When a release may start."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from slipway.release.objects import Window

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""As `date.weekday` counts them."""
NEARBY = range(-8, 9)
"""Days around today that are looked at. Chosen: a weekly window opened within the last seven days, or opens within the
next seven, whatever its zone."""


def next_start(window: Window, expected_seconds: int, now: datetime) -> datetime | None:
    """Return when a release can start, at `now` or later, so that it ends in the window. None if it never can: it takes
    longer than the window, or the window names no known day, time or zone. The length is elapsed time, whatever the
    clocks do."""
    try:
        zone, start = ZoneInfo(window.time_zone), time.fromisoformat(window.start)
    except (KeyError, ValueError, OSError):
        return None
    spare = timedelta(seconds=window.duration_seconds - expected_seconds)
    if spare < timedelta():
        return None
    today = now.astimezone(zone).date()
    for day in (today + timedelta(days=offset) for offset in NEARBY):
        if DAYS[day.weekday()] not in window.days:
            continue
        opens = datetime.combine(day, start, tzinfo=zone).astimezone(UTC)
        if now <= opens + spare:
            return max(opens, now)
    return None
