"""Plain YAML scalars as the YAML 1.2 core schema reads them: `02:00`, `on` and `2026-01-01` are text.

Pulumi passes a stack's values on as JSON, which preserves a number's value but not its spelling: `1.10` arrives as 1.1.
Such numbers have a type that records the different spelling, so that they are refused where text is expected.
"""

from __future__ import annotations

import math
import re
from typing import Any

_WORDS: dict[str, Any] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_INTEGER = re.compile(r"[-+]?[0-9]{1,19}")
_INTEGERS = range(-(2**63), 2**63)
"""Outside this range a whole number is a float, as in Go."""
_BASED = re.compile(r"0x[0-9a-fA-F]{1,15}|0o[0-7]{1,20}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


class RespelledInt(int):
    """A whole number that was not written in its usual form, such as `007` or `0x1F`."""


class RespelledFloat(float):
    """A number that was not written in its usual form, such as `1.10` or `1e3`."""


def plain(text: str) -> Any:
    """Return the value of an unquoted scalar: nothing, a boolean, a number or text."""
    if text in _WORDS:
        return _WORDS[text]
    digits = text.replace("_", "") if text[0] in "+-.0123456789" else text
    if _INTEGER.fullmatch(digits) and int(digits) in _INTEGERS:
        return int(text) if str(int(digits)) == text else RespelledInt(digits)
    if _BASED.fullmatch(digits):
        return RespelledInt(int(digits, 0))
    if _FLOAT.fullmatch(digits) and math.isfinite(number := float(digits)):
        return number if repr(number) == text and not number.is_integer() else RespelledFloat(number)
    return text
