"""The clock of a release: when its window opens, and what happens at which time from its start.

Every report that shows times of a release takes them from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from slipway.settings.fields import seconds
from slipway.settings.releases import Announcement, Release, Window

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""As `datetime.weekday` counts them."""


@dataclass(frozen=True)
class Timed:
    """Something that happens during a release."""

    offset: float
    """Seconds from the start of the release; negative before it."""
    text: str


def clock(offset: float) -> str:
    """Return the time from the start of a release: `T+00:15` is 900 seconds after it."""
    hours, minutes = divmod(round(abs(offset) / 60), 60)
    return f"T{'-' if offset < 0 else '+'}{hours:02}:{minutes:02}"


def offset_of(moment: str) -> float:
    """Return the seconds of a moment of the timetable: `-4h` is -14400.0."""
    return seconds(moment.lstrip("+-")) * (-1 if moment.startswith("-") else 1)


def held(release: Release) -> float:
    """Return the seconds of all steps together."""
    return sum(seconds(step.hold) for step in release.steps)


def steps(release: Release) -> list[Timed]:
    """Return when each step begins, from the first one on."""
    found, begins = [], 0.0
    for step in release.steps:
        found.append(Timed(begins, f"{step.weight} % of visitors, held for {step.hold}"))
        begins += seconds(step.hold)
    return found


def notices(release: Release) -> list[tuple[float, Announcement]]:
    """Return the announcements that are sent before the start, each with its time from it."""
    return [(-seconds(each.ahead), each) for each in release.announcements if each.when == "before" and each.ahead]


def opening(window: Window, at: datetime) -> datetime:
    """Return when a release can start, at `at` or later: now if the window is open, or when it opens next. The time is
    in the window's zone."""
    local = at.astimezone(ZoneInfo(window.time_zone))
    for days in range(-1 - int(seconds(window.duration) // 86_400), len(DAYS) + 1):
        opens = _opens(window, local, days)
        if opens is not None and closing(window, opens) > local:
            return max(opens, local)
    raise ValueError("the window has no day")


def closing(window: Window, opened: datetime) -> datetime:
    """Return the end of a window that opened at `opened`; its duration is elapsed time, whatever the clocks do."""
    return _elapsed(opened, seconds(window.duration))


def at_offset(start: datetime, offset: float) -> datetime:
    """Return the clock time `offset` seconds after a start, in the zone of the start."""
    return _elapsed(start, offset)


def _opens(window: Window, local: datetime, days: int) -> datetime | None:
    """Return when the window opens `days` days after the day of `local`; None on other days of the week."""
    day = local.date() + timedelta(days=days)
    if DAYS[day.weekday()] not in window.days:
        return None
    hour, minute = map(int, window.start.split(":"))
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=local.tzinfo)


def _elapsed(start: datetime, offset: float) -> datetime:
    return datetime.fromtimestamp(start.timestamp() + offset, tz=start.tzinfo)
