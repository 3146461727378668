"""Number formats of the gateway's objects."""

from __future__ import annotations

import math
import re

from slipway.settings.fields import seconds

_UNITS = (("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600))
NEVER = "0s"
"""No time limit."""


def time(duration: str) -> str:
    """Returns `24h` for `1d`: the Gateway API has no days, and at most five digits per number. Longer numbers are
    rounded up to the next unit."""
    if re.fullmatch(r"[0-9]{1,5}(ms|s|m|h)", duration):
        return duration
    counts = ((math.ceil(round(seconds(duration) / length, 6)), unit) for unit, length in _UNITS)
    return next(f"{count}{unit}" for count, unit in counts if count <= 99999)


def in_bytes(amount: str) -> int:
    """Returns 5242880 for `5Mi`."""
    return int(amount[:-2]) * 1024 ** (2 if amount.endswith("Mi") else 3)


def above(number: int) -> str:
    """Returns a regular expression for every larger decimal number, because headers such as `Content-Length` can be
    compared only by pattern."""
    digits = str(number)
    longer = rf"[1-9][0-9]{{{len(digits)},}}"
    same = [
        f"{digits[:place]}[{int(digit) + 1}-9]" + (f"[0-9]{{{rest}}}" if (rest := len(digits) - place - 1) else "")
        for place, digit in enumerate(digits)
        if digit != "9"
    ]
    return f"0*(?:{'|'.join([longer, *same])})"
