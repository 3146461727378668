"""slipway/reports/clocks.py: windows in their own time zones, and times from the start."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from slipway.release.window import DAYS
from slipway.reports import clocks
from slipway.settings.releases import Release, Window


def window(*days: str, start: str = "10:00", duration: str = "30m", zone: str = "America/New_York") -> Window:
    return Window.model_validate({"days": list(days), "start": start, "duration": duration, "timeZone": zone})


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-11-30T12:00:00+00:00", "2026-12-01T10:00:00-05:00"),  # Monday: tomorrow
        ("2026-12-01T14:59:00+00:00", "2026-12-01T10:00:00-05:00"),  # a minute before
        ("2026-12-01T15:10:00+00:00", "2026-12-01T10:10:00-05:00"),  # open: at once
        ("2026-12-01T15:31:00+00:00", "2026-12-08T10:00:00-05:00"),  # just closed: in a week
        ("2026-07-06T12:00:00+00:00", "2026-07-07T10:00:00-04:00"),  # in summer an hour earlier in UTC
    ],
)
def test_when_a_window_opens_next(at: str, opens: str) -> None:
    """In its own zone, summer time included."""
    assert clocks.opening(window("tuesday"), datetime.fromisoformat(at)).isoformat() == opens


def test_a_window_that_lasts_beyond_midnight() -> None:
    """It is open in the morning of a day that it does not name."""
    night = window("saturday", start="22:00", duration="6h", zone="UTC")
    sunday = datetime(2026, 11, 29, 3, tzinfo=UTC)
    assert clocks.opening(night, sunday) == sunday
    assert clocks.opening(night, sunday + timedelta(minutes=61)) == datetime(2026, 12, 5, 22, tzinfo=UTC)


def test_a_release_that_would_not_end_in_the_window_waits_for_the_next() -> None:
    """Twenty minutes fit into the first ten of half an hour; an hour never does."""
    open_for = window("tuesday")
    early, late = datetime(2026, 12, 1, 15, 9, tzinfo=UTC), datetime(2026, 12, 1, 15, 11, tzinfo=UTC)
    assert clocks.opening(open_for, early, 1200) == early
    assert clocks.opening(open_for, late, 1200) == datetime(2026, 12, 8, 15, tzinfo=UTC)
    with pytest.raises(ValueError, match="never"):
        clocks.opening(open_for, early, 3600)


@given(
    at=some.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=some.just(UTC)),
    days=some.sets(some.sampled_from(DAYS), min_size=1),
    hours=some.integers(1, 200),
    zone=some.sampled_from(["UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_a_release_starts_within_a_window(at: datetime, days: set[str], hours: int, zone: str) -> None:
    """Never in the past, on one of its days unless it is open already, and within a week and an hour."""
    there = window(*days, start="02:30", duration=f"{hours}h", zone=zone)
    opens = clocks.opening(there, at)
    assert at <= opens <= at + timedelta(days=7, hours=1)
    assert opens == at or DAYS[opens.weekday()] in days


def test_steps_follow_each_other() -> None:
    """Each begins when the one before was held."""
    release = Release.model_validate(
        {"steps": [{"weight": 10, "hold": "15m"}, {"weight": 50, "hold": "1h"}, {"weight": 100, "hold": "30m"}]}
    )
    assert [each.offset for each in clocks.steps(release)] == [0, 900, 4500]
    assert clocks.held(release) == 6300


@pytest.mark.parametrize(("offset", "text"), [(0, "T+00:00"), (-86400, "T-24:00"), (900, "T+00:15"), (98, "T+00:02")])
def test_the_clock_of_a_release(offset: float, text: str) -> None:
    """Hours and minutes from its start."""
    assert clocks.clock(offset) == text
