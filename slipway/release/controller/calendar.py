"""Reviews as calendar entries (RFC 5545)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from slipway.release.objects import ReleaseSpec, Review

LENGTH = timedelta(minutes=30)
"""Length of an entry. Chosen: the shortest that calendars show as a block."""
LONGEST_LINE = 75
"""Octets of a line. Source: RFC 5545, section 3.1."""


def calendar(spec: ReleaseSpec, promoted: datetime) -> str:
    """Return all reviews of a release as one calendar. An entry that is sent again replaces itself, by its UID."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Slipway//Releases//EN", "METHOD:PUBLISH"]
    for number, review in enumerate(spec.reviews):
        lines += _entry(spec, review, number, promoted)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _entry(spec: ReleaseSpec, review: Review, number: int, promoted: datetime) -> Iterator[str]:
    start = promoted + timedelta(seconds=review.after_seconds)
    yield "BEGIN:VEVENT"
    yield f"UID:{spec.system}-{spec.stack}-{spec.id}-{number}@slipway.dev"
    yield f"DTSTAMP:{_stamp(promoted)}"
    yield f"DTSTART:{_stamp(start)}"
    yield f"DTEND:{_stamp(start + LENGTH)}"
    yield f"SUMMARY:{_escaped(f'{spec.system} {spec.target.version}: {review.name}')}"
    who = [f"Who: {review.role}"] if review.role else []
    if described := [*who, *(f"- {each}" for each in review.agenda)]:
        yield f"DESCRIPTION:{_escaped(chr(10).join(described))}"
    if review.every_seconds:
        until = promoted + timedelta(seconds=review.until_seconds) if review.until_seconds is not None else None
        yield f"RRULE:{_frequency(review.every_seconds)}" + (f";UNTIL={_stamp(until)}" if until else "")
    yield "END:VEVENT"


def _frequency(seconds: int) -> str:
    """Return the largest unit that divides the interval: calendars show few that repeat by seconds."""
    for name, size in (("WEEKLY", 604_800), ("DAILY", 86_400), ("HOURLY", 3600), ("MINUTELY", 60)):
        if seconds % size == 0:
            return f"FREQ={name};INTERVAL={seconds // size}"
    return f"FREQ=SECONDLY;INTERVAL={seconds}"


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n").replace("\r", "")


def _folded(line: str) -> Iterator[str]:
    """Yield the line in parts of at most 75 octets, each next one after a space; characters stay whole."""
    part = ""
    for letter in line:
        if len((part + letter).encode()) > LONGEST_LINE:
            yield part
            part = " "
        part += letter
    yield part
