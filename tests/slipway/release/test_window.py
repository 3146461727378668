"""When a release may start."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from slipway.release.objects import Window
from slipway.release.window import next_start

TUESDAY = Window(days=["tuesday"], start="10:00", duration_seconds=7200, time_zone="America/New_York")


@pytest.mark.parametrize(
    ("now", "expected", "start"),
    [
        ("2026-11-24T15:00Z", 3600, "2026-11-24T15:00Z"),
        ("2026-11-24T14:59Z", 3600, "2026-11-24T15:00Z"),
        ("2026-11-24T16:00Z", 3600, "2026-11-24T16:00Z"),
        ("2026-11-24T16:01Z", 3600, "2026-12-01T15:00Z"),
        ("2026-11-24T16:01Z", 1800, "2026-11-24T16:01Z"),
        ("2026-11-25T00:00Z", 3600, "2026-12-01T15:00Z"),
        # Summer time ends on 1 November: 10:00 is 14:00 UTC before, 15:00 UTC after.
        ("2026-10-27T00:00Z", 3600, "2026-10-27T14:00Z"),
        ("2026-10-28T00:00Z", 3600, "2026-11-03T15:00Z"),
    ],
)
def test_the_release_ends_in_the_window(now: str, expected: int, start: str) -> None:
    """It starts now if the window stays open for long enough, or when it opens next."""
    assert next_start(TUESDAY, expected, at(now)) == at(start)


def test_a_window_across_midnight_and_across_weeks() -> None:
    """It may have opened on another day, or be always open."""
    night = Window(days=["saturday"], start="23:00", duration_seconds=4 * 3600)
    assert next_start(night, 3600, at("2026-11-29T02:00Z")) == at("2026-11-29T02:00Z")
    assert next_start(night, 3600, at("2026-11-29T02:01Z")) == at("2026-12-05T23:00Z")
    always = Window(days=["sunday"], start="00:00", duration_seconds=7 * 86_400 + 60)
    assert next_start(always, 60, at("2026-11-28T23:59Z")) == at("2026-11-28T23:59Z")


def test_the_length_is_elapsed_time() -> None:
    """The night in which clocks go forward has no 02:30, and the window's two hours are two hours."""
    window = Window(days=["sunday"], start="02:30", duration_seconds=7200, time_zone="Europe/Berlin")
    assert next_start(window, 3600, at("2026-03-29T00:00Z")) == at("2026-03-29T01:30Z")
    assert next_start(window, 3600, at("2026-03-29T02:30Z")) == at("2026-03-29T02:30Z")
    assert next_start(window, 3600, at("2026-03-29T02:31Z")) == at("2026-04-05T00:30Z")


@pytest.mark.parametrize(
    "changes",
    [
        {"duration_seconds": 3599},
        {"days": ["someday"]},
        {"start": "25:00"},
        {"time_zone": "Mars"},
        {"time_zone": "../x"},
    ],
)
def test_a_window_that_cannot_be_met(changes: dict[str, object]) -> None:
    """It never opens: too short, or of an unknown day, time or zone."""
    assert next_start(TUESDAY.model_copy(update=changes), 3600, at("2026-11-24T15:00Z")) is None


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
