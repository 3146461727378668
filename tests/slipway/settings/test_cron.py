"""Schedules of CronJobs, as Kubernetes reads them."""

from __future__ import annotations

import datetime

import pytest

from slipway.settings import cron

HOUR, DAY = 3600, 86_400


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("@daily", "it has 1 fields"),
        ("0 2 * * * *", "it has 6 fields"),
        ("TZ=UTC 0 2 * * *", "it has 6 fields"),
        ("60 * * * *", "'60' is no minute (0–59)"),
        ("0 24 * * *", "'24' is no hour (0–23)"),
        ("0 0 0 * *", "'0' is no day of the month (1–31)"),
        ("0 0 * 13 *", "'13' is no month (1–12)"),
        ("0 0 * * 7", "'7' is no day of the week (0–6)"),
        ("0 0 * * fre", "'fre' is no day of the week (0–6)"),
        ("0 0 * mon *", "'mon' is no month (1–12)"),
        ("-1 * * * *", "'-1' is no minute"),
        ("1- * * * *", "'1-' is no minute"),
        ("1,,2 * * * *", "'' is no minute"),
        ("*/0 * * * *", "'*/0' has no step"),
        ("*-5 * * * *", "'*-5' is not a range"),
        ("5-2 * * * *", "'5-2' has its end before its beginning"),
        ("0 0 31 2,4 *", "no year has such a day"),
    ],
)
def test_what_kubernetes_refuses_or_never_runs(text: str, message: str) -> None:
    """With the field and its bounds."""
    assert cron.fault(text) == message


def test_fields_have_steps_ranges_lists_and_words() -> None:
    """A number with a step counts to the end."""
    parsed = cron.parse("5/20,0 8-10 1,15 jan-MAR ?")
    assert (parsed.minutes, parsed.hours) == ((0, 5, 25, 45), (8, 9, 10))
    assert (parsed.days, parsed.months, parsed.weekdays) == ({1, 15}, {1, 2, 3}, set(range(7)))


@pytest.mark.parametrize(
    ("text", "days"),
    [("0 0 13 * 5", [6, 13, 20, 27]), ("0 0 13 * *", [13]), ("0 0 */2 * 1", [2, *range(1, 32, 2)]), ("0 0 * * 1", [2])],
)
def test_one_of_two_restricted_days_is_enough(text: str, days: list[int]) -> None:
    """With a `*` in one of them both must fit; a `*` with a step is restricted. In March 2026 the 1st is a Sunday."""
    wanted = {*days, 9, 16, 23, 30} if 2 in days else set(days)
    found = {day for day in range(1, 32) if cron.parse(text).is_on(datetime.date(2026, 3, day))}
    assert found == wanted


@pytest.mark.parametrize(
    ("text", "zone", "gap"),
    [
        ("*/5 * * * *", "Etc/UTC", 300),
        ("0 9-17 * * *", "Etc/UTC", 16 * HOUR),
        ("30 2 * * *", "Etc/UTC", DAY),
        ("30 2 * * *", "America/New_York", 2 * DAY - HOUR),
        ("30 12 * * *", "America/New_York", 25 * HOUR),
        ("0 0 * * 1-5", "Etc/UTC", 3 * DAY),
        ("0 0 29 2 *", "Etc/UTC", 1461 * DAY),
    ],
)
def test_the_longest_time_between_two_runs(text: str, zone: str, gap: int) -> None:
    """A time that the change to summer time leaves out has no run; the day of the change back is longer."""
    assert cron.longest_gap(text, zone) == gap
