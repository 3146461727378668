"""YAML scalars as Pulumi reads and rewrites them, and why some need another notation in the files that it reads.

Its reader is Go's yaml.v3, which supports dates and octal numbers of YAML 1.1. It rewrites values that it does not read
as text, in the program's configuration and, with `pulumi stack init` or `pulumi config set`, in the file itself.
"""

from __future__ import annotations

import re

from slipway.settings.scalars import plain

_DATE = re.compile(
    r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
    r"([Tt ][0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}([.,][0-9]*)?(Z|[-+][0-9]{2}:[0-9]{2})?)?"
)
_SPECIAL = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
_BASES = (16, 2, 8, 10)
"""Bases of the groups of `_INTEGER`. Source: go-yaml v3, resolve.go."""
_KEY = "without quotes is a key that Pulumi rewrites: put it in quotes"


def misread(text: str, style: str | None = None) -> str | None:
    """Return the rule that a scalar breaks, or None if Pulumi reads it as `slipway.settings.scalars` does and preserves
    it.

    `style` is that of YAML's events: a quote, `|`, `>`, or nothing for a plain scalar.
    """
    if text == "<<":
        return "cannot be stored by Pulumi: `<<` is YAML's merge key"
    if style == ">" and re.search(r"\n[ \t]", text):
        return "is folded text with indented lines, to which Pulumi adds empty lines: write it with | instead of >"
    return None if style else _misread_plain(text)


def misread_key(text: str, style: str | None = None) -> str | None:
    """Return the rule that a key breaks: Pulumi rewrites an unquoted key that is not text."""
    if style and text != "<<":
        return None
    kept = plain(text) == text or text in ("true", "false") or type(plain(text)) in (int, float)
    return None if kept and misread(text) is None else _KEY


def _misread_plain(text: str) -> str | None:
    if _DATE.fullmatch(text):
        return "without quotes is a date to Pulumi, which rewrites it: put it in quotes"
    if _SPECIAL.fullmatch(text):
        return "without quotes is a number that Pulumi cannot store: put it in quotes"
    found = _whole_number(text)
    if found is None or (found == plain(text) and found < 2**63):
        return None
    if found >= 2**63:
        return "without quotes is a number too large for Pulumi: put it in quotes"
    if isinstance(plain(text), str):
        return "without quotes is a number to Pulumi: put it in quotes"
    return "without quotes is an octal number to Pulumi because of the leading 0: put it in quotes or remove the 0"


def _whole_number(text: str) -> int | None:
    """Return how Pulumi rewrites a plain scalar that it reads as a whole number."""
    match = _INTEGER.fullmatch(text.replace("_", "")) if text[:1] in tuple("+-0123456789") else None
    if match is None:
        return None
    sign, *digits = match.groups()
    number = next(int(found, base) for found, base in zip(digits, _BASES, strict=True) if found is not None)
    number = -number if sign == "-" else number
    return number if -(2**63) <= number < 2**64 else None
