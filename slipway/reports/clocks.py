"""The clock of a release: when its window opens, and what happens at which time from its start.

Every report that shows times of a release takes them from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from slipway.release import objects
from slipway.release.window import next_start
from slipway.settings.fields import seconds
from slipway.settings.releases import Announcement, Release, Window
from slipway.settings.stacks import DeployedSystem


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


def start(deployed: DeployedSystem, at: datetime) -> datetime:
    """Return when the release of a system can start, at `at` or later: a hotfix waits for no window."""
    release = deployed.definition.release
    if release.window is None or deployed.deployment.hotfix is not None:
        return at
    return opening(release.window, at, release.expected_seconds)


def opening(window: Window, at: datetime, expected_seconds: int = 0) -> datetime:
    """Return when a release can start, at `at` or later, so that it ends in the window, as the controller does. The time
    is in the window's zone. Raises ValueError if it never can."""
    length = round(seconds(window.duration))
    declared = objects.Window(
        days=list(window.days), start=window.start, duration_seconds=length, time_zone=window.time_zone
    )
    found = next_start(declared, expected_seconds, at)
    if found is None:
        raise ValueError(f"a release of {expected_seconds} s never ends in a window of {length} s")
    return found.astimezone(ZoneInfo(window.time_zone))


def at_offset(start: datetime, offset: float) -> datetime:
    """Return the clock time `offset` seconds after a start, in the zone of the start."""
    return datetime.fromtimestamp(start.timestamp() + offset, tz=start.tzinfo)
