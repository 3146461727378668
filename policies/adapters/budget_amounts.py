"""Amounts of money, and their contacts."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from framework import Absence, Property

MONTHLY = ("MONTHLY", "Monthly", "BillingMonth")


def first(ways: Iterable[Property]) -> Property:
    """Return the first contact list that is unknown or not empty."""
    return next((each for each in ways if each.unknown or next(each.elements(), None)), Property(Absence.MISSING))


def dollars(amount: Property) -> float | None:
    """Return an amount of money, which may be text."""
    value = amount.value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if math.isfinite(value) and value >= 0 else None
    return float(value) if isinstance(value, str) and re.fullmatch(r"\d{1,12}(\.\d+)?", value) else None
