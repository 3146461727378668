"""The masks for secrets and personal data in logs, and their replacements.

The patterns match JSON, never plain text: an event is encoded, masked and decoded again. So a bare quote always ends a
string, and a quote inside a string has a backslash. The patterns use only syntax that the regular expressions of Rust,
RE2 and Python share (no lookaround, no backreference) and contain no single quote, which would end a VRL literal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

MASKED = "[masked]"
BROKEN = "[not kept: masking broke the line]"
"""Replaces an event that is no longer JSON after masking: losing a line is better than logging a secret."""


@dataclass(frozen=True)
class Mask:
    """A mask; `replacement` names groups in Rust's syntax: `${1}`."""

    name: str
    pattern: str
    replacement: str


# Prefixes and lengths of Visa, Mastercard, American Express, Diners, Discover, JCB, UnionPay, Maestro.
_PLAIN_CARDS = (
    r"4[0-9]{12}(?:[0-9]{3}(?:[0-9]{3})?)?",
    r"5[1-5][0-9]{14}",
    r"(?:222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}",
    r"3[47][0-9]{13}",
    r"3(?:0[0-5]|[689][0-9])[0-9]{11}",
    r"6(?:011|5[0-9]{2}|4[4-9][0-9])[0-9]{12}(?:[0-9]{3})?",
    r"35(?:2[89]|[3-8][0-9])[0-9]{12}",
    r"62[0-9]{14}(?:[0-9]{1,3})?",
    r"(?:5018|5020|5038|5893|6304|6759|676[1-3])[0-9]{8,15}",
)
_FOURS = r"(?:4[0-9]{3}|5[0-9]{3}|2[2-7][0-9]{2}|35[0-9]{2}|6[0-9]{3})"


def _grouped(separator: str) -> str:
    """Returns the same numbers in written groups, with one separator throughout; otherwise a UUID would match."""
    fours = rf"{_FOURS}(?:{separator}[0-9]{{4}}){{3}}(?:{separator}[0-9]{{3}})?"
    american = rf"3[47][0-9]{{2}}{separator}[0-9]{{6}}{separator}[0-9]{{5}}"
    diners = rf"3[0689][0-9]{{2}}{separator}[0-9]{{6}}{separator}[0-9]{{4}}"
    return f"{fours}|{american}|{diners}"


_PLAIN = "|".join(_PLAIN_CARDS)
# What may precede a card number: no letter, digit or hyphen (ids), no dot after a digit (fractions), no plus (phones),
# but a letter that ends an escape, a colour or a percent code.
_BEFORE = r"^|[^0-9A-Za-z.+\\-]|[A-Za-z]\.|%[0-9A-Fa-f]{2}|\\[nrtbf\x22\\/]|\\u00[0-9a-f]{2}(?:\[[0-9;]*m)?"

# Names whose values are secrets, with any prefix (`db_`, `x-`).
_WORDS = (
    r"passwords?|passwd|passphrase|passcode|pwd|[_-]pass|"
    r"secrets?(?:[_-]?(?:access[_-]?)?key)?|"
    r"token|(?:api|access|private|signing|encryption|account|auth|shared)[_-]?key|apikey|"
    r"credentials?|connection[_-]?string"
)
_HEADERS = r"(?:proxy-)?authorization|(?:set-)?cookie"
_NAMES = rf"(?:{_WORDS}|{_HEADERS})"
_SIGN = r"\s*(?:=>|=|:|%3D)\s*"
_BARE = r"(?:\\\\|\\[^\x22\\nrt]|[^\s\x22&\\])+"
"""A value without quotes, which ends at white space, a quote or `&`."""
_STRING = r"(?:\\.|[^\x22\\])*"
"""The content of a string."""
_INNER = r"(?:\\\\(?:\\[\x22\\]|[^\x22\\])|\\[^\x22\\]|[^\x22\\])*"
"""The content of a JSON string that is itself inside a string."""
_QUOTED = rf"\x27(?:\\.|[^\x27\x22\\])*\x27|\\\x22{_INNER}(?:\\\x22)?"


def _inside(depth: int) -> str:
    """Returns a pattern for the content of a JSON list or object with `depth` nested levels."""
    below = rf"|\[{_inside(depth - 1)}\]|\{{{_inside(depth - 1)}\}}" if depth else ""
    return rf"(?:[^\[\]{{}}\x22\\]|\x22{_STRING}\x22{below})*"


DEPTH = 3
"""Nested levels of lists and objects that are masked as a whole. Chosen: deeper nesting has not been seen in logs."""

MASKS = (
    Mask(
        "private key",
        r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----(?:[^\x22\\-]|\\.|-[^\x22\\-])*(?:-----END [A-Z0-9 ]*PRIVATE KEY-----)?",
        MASKED,
    ),
    Mask("secret in JSON", rf"(?i)({_NAMES}\x22\s*:\s*)\x22{_STRING}\x22", rf'${{1}}"{MASKED}"'),
    Mask("number in JSON", rf"(?i)({_NAMES}\x22\s*:\s*)-?[0-9][0-9.eE+-]*", rf'${{1}}"{MASKED}"'),
    Mask("list in JSON", rf"(?i)({_NAMES}\x22\s*:\s*)\[{_inside(DEPTH)}\]", rf'${{1}}"{MASKED}"'),
    Mask("object in JSON", rf"(?i)({_NAMES}\x22\s*:\s*)\{{{_inside(DEPTH)}\}}", rf'${{1}}"{MASKED}"'),
    Mask("secret in JSON in text", rf"(?i)({_NAMES}\\\x22\s*:\s*)\\\x22{_INNER}(?:\\\x22)?", rf"${{1}}\"{MASKED}\""),
    Mask("number in JSON in text", rf"(?i)({_NAMES}\\\x22\s*:\s*)-?[0-9][0-9.eE+-]*", rf"${{1}}\"{MASKED}\""),
    Mask(
        "secret in JSON in JSON in text",
        rf"(?i)({_NAMES}\\{{2,}}\x22\s*:\s*)(?:\\+\x22(?:[^\x22\\]|\\+[^\x22\\])*|-?[0-9][0-9.eE+-]*)",
        rf"${{1}}{MASKED}",
    ),
    Mask("authorization", rf"(?i)((?:proxy-)?authorization{_SIGN})(?:[A-Za-z]+\s+)?{_BARE}", rf"${{1}}{MASKED}"),
    Mask("cookie", r"(?i)((?:set-)?cookie\s*:\s*)(?:\\\\|\\[^\x22\\nrt]|[^\x22\\])+", rf"${{1}}{MASKED}"),
    Mask("bearer token", r"(?i)(bearer(?:\s|%20|\+|\\[nrt])+)[A-Za-z0-9._~+/=-]{8,}", rf"${{1}}{MASKED}"),
    Mask("JWT", r"eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)*", MASKED),
    Mask("URL", r"(://)[^\s/@:\x22\\]*:(?:[^\s/\x22\\]|\\\\)+@", rf"${{1}}{MASKED}@"),
    Mask("token in URL", r"(://)[^\s/@:\x22\\]{20,}@", rf"${{1}}{MASKED}@"),
    Mask("secret", rf"(?i)((?:{_WORDS})\x27?{_SIGN})(?:{_QUOTED}|{_BARE})", rf"${{1}}{MASKED}"),
    Mask("secret of a flag", rf"(?i)(--[a-z0-9-]*(?:{_WORDS})\s+){_BARE}", rf"${{1}}{MASKED}"),
    Mask("secret in XML", rf"(?i)((?:{_WORDS})>)(?:\\.|[^<\x22\\])+", rf"${{1}}{MASKED}"),
    Mask("AWS access key", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}", MASKED),
    Mask(
        "known token", r"(?:gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|[sr]k_(?:live|test)_)[A-Za-z0-9_-]{10,}", MASKED
    ),
    # A JSON number must remain a number, so text cannot replace it.
    Mask("card as number", rf"((?:\x22\s*:|[\[,])\s*-?)(?:{_PLAIN})\b", "${1}0"),
    Mask("card", rf"({_BEFORE}|-)(?:{_PLAIN})\b", rf"${{1}}{MASKED}"),
    Mask("card in groups", rf"({_BEFORE})(?:{_grouped(' ')}|{_grouped('-')})\b", rf"${{1}}{MASKED}"),
)


def mask(text: str) -> str:
    """Returns the line after masking."""
    masked = mask_event(text)
    return masked if isinstance(masked, str) else BROKEN


def mask_event(event: Any) -> Any:
    """Returns any JSON value after the agent's masking."""
    encoded = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    for compiled, replacement in _compiled():
        encoded = compiled.sub(replacement, encoded)
    try:
        return json.loads(encoded)
    except ValueError:
        return {"message": BROKEN} if isinstance(event, Mapping) else BROKEN


@cache
def _compiled() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(each.pattern), _for_python(each.replacement)) for each in MASKS)


def _for_python(replacement: str) -> str:
    return replacement.replace("\\", r"\\").replace("${1}", r"\g<1>")
