"""Alertmanager's time intervals, for mutes and active times."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_BEGIN = datetime(2027, 1, 1, tzinfo=UTC)
_YEAR = 366
"""Days of a leap year: every interval of Alertmanager begins and ends within one."""


class NoInterval(ValueError):
    """The value is not a time interval."""


@dataclass(frozen=True)
class Interval:
    """Moments that meet all conditions; an absent condition is always met."""

    times: tuple[tuple[int, int], ...] = ()
    """Minutes of the day, from the first to the one after the last."""
    weekdays: frozenset[int] = frozenset()
    days: tuple[tuple[int, int], ...] = ()
    months: frozenset[int] = frozenset()
    years: tuple[tuple[int, int], ...] = ()
    zone: str = "UTC"

    def holds(self, moment: datetime) -> bool:
        """Return whether it contains a moment."""
        local = moment.astimezone(_zone(self.zone))
        minute = local.hour * 60 + local.minute
        return (
            (not self.times or any(low <= minute < high for low, high in self.times))
            and (not self.weekdays or local.weekday() in self.weekdays)
            and (not self.months or local.month in self.months)
            and (not self.years or any(low <= local.year <= high for low, high in self.years))
            and (not self.days or any(low <= local.day <= high for low, high in self._days_in(local)))
        )

    def _days_in(self, local: datetime) -> Iterator[tuple[int, int]]:
        length = monthrange(local.year, local.month)[1]
        for low, high in self.days:
            yield (low if low > 0 else length + low + 1), (high if high > 0 else length + high + 1)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def intervals(written: Sequence[Any]) -> tuple[Interval, ...]:
    """Return the intervals of one name. Raises NoInterval."""
    try:
        return tuple(_interval(each) for each in written)
    except (AttributeError, KeyError, TypeError, ValueError, ZoneInfoNotFoundError) as error:
        raise NoInterval from error


def _interval(written: Mapping[str, Any]) -> Interval:
    zone = str(written.get("location", "UTC"))
    _zone("UTC" if zone == "Local" else zone)
    return Interval(
        tuple((_minute(each["start_time"]), _minute(each["end_time"])) for each in written.get("times") or ()),
        frozenset(day for each in written.get("weekdays") or () for day in _named(str(each), _DAYS)),
        tuple(_range(str(each)) for each in written.get("days_of_month") or ()),
        frozenset(month + 1 for each in written.get("months") or () for month in _named(str(each), _MONTHS)),
        tuple(_range(str(each)) for each in written.get("years") or ()),
        "UTC" if zone == "Local" else zone,
    )


def _minute(written: Any) -> int:
    if isinstance(written, int):  # YAML parses 09:30 as a base-60 number.
        return written
    hours, minutes = str(written).split(":")
    return int(hours) * 60 + int(minutes)


def _named(written: str, names: Sequence[str]) -> range:
    first, _, last = written.lower().partition(":")
    low, high = (names.index(each) if each in names else int(each) - 1 for each in (first, last or first))
    return range(low, high + 1)


def _range(written: str) -> tuple[int, int]:
    found = re.fullmatch(r"(-?\d+)(?::(-?\d+))?", written)
    if not found:
        raise ValueError(written)
    return int(found[1]), int(found[2] or found[1])


def moments(found: Sequence[Interval]) -> Iterator[datetime]:
    """Return moments of a year that fall before, in and after each of several intervals."""
    edges = {0, *(edge for each in found for low, high in each.times for edge in (low, high - 1, high)), 23 * 60 + 59}
    if any(each.zone != "UTC" for each in found):
        edges |= {60 * hour for hour in range(24)}
    for day in range(_YEAR):
        for minute in sorted(edge for edge in edges if 0 <= edge < 24 * 60):
            yield _BEGIN + timedelta(days=day, minutes=minute)
