"""Wildcards of IAM: `*` and `?` in text and in ARNs, and variables such as `${aws:PrincipalAccount}`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

Context = Mapping[str, str | Sequence[str]]
"""Keys of a request; a list where the key may have several values."""
PARTS = re.compile(r"(\$\{[^}]*\}|\*|\?)")
FIELDS_OF_AN_ARN = 6
LITERALS = {"${*}": "*", "${?}": "?", "${$}": "$"}


def lookup(context: Context, key: str) -> str | Sequence[str] | None:
    """A key's value; keys are compared without regard to case."""
    return next((value for name, value in context.items() if name.lower() == key.lower()), None)


def matches(pattern: str, text: str, context: Context, *, wild: bool = True, case: bool = True) -> bool:
    """Whether `text` is as `pattern` says; without `wild` a `*` is no more than a star.

    A variable without a value in `context` matches nothing.
    """
    pieces = [_regex(part, context, wild) for part in PARTS.split(pattern)]
    known = [piece for piece in pieces if piece is not None]
    flags = re.DOTALL if case else re.DOTALL | re.IGNORECASE
    return len(known) == len(pieces) and re.fullmatch("".join(known), text, flags) is not None


def matches_arn(pattern: str, arn: str, context: Context) -> bool:
    """Whether an ARN is as `pattern` says, field by field: no wildcard of one field reaches into the next.

    Raises ValueError for a pattern with too few fields, which no ARN can match.
    """
    # A variable's own colon is no border between fields.
    guarded = re.sub(r"\$\{[^}]*\}", lambda found: found[0].replace(":", "\0"), pattern)
    wanted = [each.replace("\0", ":") for each in guarded.split(":", FIELDS_OF_AN_ARN - 1)]
    given = arn.split(":", FIELDS_OF_AN_ARN - 1)
    if len(wanted) < FIELDS_OF_AN_ARN:
        raise ValueError(f"{pattern}: fewer than six fields, for example arn:aws:s3:::receipts")
    return len(given) == FIELDS_OF_AN_ARN and all(
        matches(one, other, context) for one, other in zip(wanted, given, strict=True)
    )


def _regex(part: str, context: Context, wild: bool) -> str | None:
    if wild and part in ("*", "?"):
        return ".*" if part == "*" else "."
    if not part.startswith("${"):
        return re.escape(part)
    if part in LITERALS:
        return re.escape(LITERALS[part])
    if "," in part:
        raise ValueError(f"{part}: a variable with a default is not understood")
    value = lookup(context, part[2:-1])
    return re.escape(value) if isinstance(value, str) else None
