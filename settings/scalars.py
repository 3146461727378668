"""Plain YAML scalars as the YAML 1.2 core schema reads them: `02:00`, `on` and `2026-01-01` are text.

Pulumi passes a stack's values on as JSON, which keeps a number's value but not its spelling: `1.10` arrives as 1.1.
Such a number remembers that it was spelled otherwise, so that it is refused where text is wanted.
"""

from __future__ import annotations

import math
import re
from typing import Any

_WORDS: dict[str, Any] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_BASED = re.compile(r"0x[0-9a-fA-F]{1,15}|0o[0-7]{1,20}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


class RespelledInt(int):
    """A whole number that was not written in its usual form, such as `007` or `0x1F`."""


class RespelledFloat(float):
    """A number that was not written in its usual form, such as `1.10` or `1e3`."""


def plain(text: str) -> Any:
    """The value of an unquoted scalar: nothing, a boolean, a number or text."""
    if text in _WORDS:
        return _WORDS[text]
    digits = text.replace("_", "")
    if _INTEGER.fullmatch(digits):
        return int(text) if str(int(digits)) == text else RespelledInt(digits)
    if _BASED.fullmatch(digits):
        return RespelledInt(int(digits, 0))
    if _FLOAT.fullmatch(digits) and math.isfinite(number := float(digits)):
        return number if repr(number) == text and not number.is_integer() else RespelledFloat(number)
    return text
