"""The current day, for anything that expires."""

from __future__ import annotations

from datetime import UTC, date, datetime


def today() -> date:
    """Return the current day in UTC."""
    return datetime.now(UTC).date()
