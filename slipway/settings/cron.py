"""Schedules of CronJobs, read as Kubernetes reads them (github.com/robfig/cron, `ParseStandard`)."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

FIRST, LAST = datetime.date(2026, 1, 1), datetime.date(2032, 12, 31)
"""Days in which runs are looked for. Chosen: two leap days, and both changes of the clock in each year."""
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_PART = re.compile(r"(?P<first>[*?]|\w+)(-(?P<last>\w+))?(/(?P<step>[0-9]{1,4}))?")


@dataclass(frozen=True)
class _Field:
    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()

    def number(self, text: str) -> int:
        if text.lower() in self.words:
            return self.low + self.words.index(text.lower())
        if not re.fullmatch("[0-9]{1,4}", text) or not self.low <= int(text) <= self.high:
            raise ValueError(f"'{text}' is no {self.name} ({self.low}–{self.high})")
        return int(text)


FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of the week", 0, 6, _WEEKDAYS),
)


@dataclass(frozen=True)
class Cron:
    """A parsed schedule."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    """Days of the week, Sunday as 0."""
    any_day: bool
    """Whether the day of the month or of the week is `*`: then both must fit, otherwise one of them."""

    def is_on(self, day: datetime.date) -> bool:
        fits = (day.day in self.days, day.isoweekday() % 7 in self.weekdays)
        return day.month in self.months and (all(fits) if self.any_day else any(fits))


def parse(text: str) -> Cron:
    """Return the schedule. Raises ValueError with the fault."""
    fields = text.split()
    if len(fields) != len(FIELDS):
        raise ValueError(f"it has {len(fields)} fields")
    parsed = [_values(field, part) for field, part in zip(FIELDS, fields, strict=True)]
    minutes, hours, days, months, weekdays = (values for values, _ in parsed)
    return Cron(
        minutes=tuple(sorted(minutes)),
        hours=tuple(sorted(hours)),
        days=frozenset(days),
        months=frozenset(months),
        weekdays=frozenset(weekdays),
        any_day=parsed[2][1] or parsed[4][1],
    )


def fault(text: str) -> str | None:
    """Return why it is not a schedule, or never comes; None if it is one."""
    try:
        parsed = parse(text)
    except ValueError as error:
        return str(error)
    return None if any(map(parsed.is_on, _all_days())) else "no year has such a day"


@cache
def longest_gap(text: str, zone: str) -> int:
    """Return the most seconds between two runs. A time that the change of the clock leaves out has none."""
    parsed, clock = parse(text), ZoneInfo(zone)
    times = [datetime.time(hour, minute) for hour in parsed.hours for minute in parsed.minutes]
    longest = 60 * max((_minutes(later) - _minutes(earlier) for earlier, later in pairwise(times)), default=0)
    ends, last, following = {times[0], times[-1]}, None, _offset(FIRST, clock)
    for day in _all_days():
        offset, following = following, _offset(day + datetime.timedelta(1), clock)
        if not parsed.is_on(day):
            continue
        # Within a day of one offset only its ends matter.
        for time in times if offset != following else sorted(ends):
            stamp = _stamp(day, time, clock)
            if stamp is not None:
                inner = offset == following and time == times[-1] != times[0]
                longest = longest if last is None or inner else max(longest, stamp - last)
                last = stamp
    return longest


def _offset(day: datetime.date, clock: ZoneInfo) -> datetime.timedelta | None:
    return datetime.datetime.combine(day, datetime.time(), clock).utcoffset()


def _stamp(day: datetime.date, time: datetime.time, clock: ZoneInfo) -> int | None:
    """Return the seconds of a time; None if the day does not have it."""
    stamp = int(datetime.datetime.combine(day, time, clock).timestamp())
    return stamp if datetime.datetime.fromtimestamp(stamp, clock).time() == time else None


def _minutes(time: datetime.time) -> int:
    return time.hour * 60 + time.minute


def _all_days() -> Iterator[datetime.date]:
    return map(datetime.date.fromordinal, range(FIRST.toordinal(), LAST.toordinal() + 1))


def _values(field: _Field, text: str) -> tuple[set[int], bool]:
    """Return the values of a field, and whether it is `*`."""
    parts = [_range(field, part) for part in text.split(",")]
    return {value for values, _ in parts for value in values}, any(star for _, star in parts)


def _range(field: _Field, text: str) -> tuple[range, bool]:
    found = _PART.fullmatch(text)
    if found is None:
        raise ValueError(f"'{text}' is no {field.name}")
    first, last, step = found["first"], found["last"], int(found["step"] or 1)
    star = first in ("*", "?")
    if star and last is not None:
        raise ValueError(f"'{text}' is not a range")
    low = field.low if star else field.number(first)
    high = field.high if star or (last is None and found["step"]) else field.number(last or first)
    if step < 1 or low > high:
        raise ValueError(f"'{text}' has {'no step' if step < 1 else 'its end before its beginning'}")
    return range(low, high + 1, step), star and step == 1
