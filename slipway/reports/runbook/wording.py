"""Wording that the sections share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from slipway.reports.runbook.blocks import Code, Inline, Line
from slipway.reports.words import many
from slipway.settings.releases import Approval, Query

BY_ITSELF, BY_PEOPLE = "By itself", "By a person"
"""Headings of what the controller does, and of what it waits for or leaves to people."""

_TYPED = re.compile(
    r"`([^`]+)`|\b((?:kubectl|curl|node --|pulumi|slipway)\b\S* ?.+?(?=, |; |\. |[.;]?$)|npm run \S+|(?:SELECT|CREATE) .+)"
)
"""Commands and statements in a sentence: up to the next clause, or for SQL up to the end."""


def steps(texts: Sequence[str]) -> list[Line]:
    """Return sentences in which commands, statements and what stands between backticks are code."""
    return [_with_code(each) for each in texts]


def moment(at: datetime) -> str:
    """Return a time with its day and zone: `Tuesday 2026-12-01 10:00 EST`."""
    return f"{at:%A %Y-%m-%d %H:%M} {zone(at)}"


def zone(at: datetime) -> str:
    """Return the zone of a time, by its abbreviation or its offset."""
    name = at.tzname() or ""
    return name if name.isalpha() else f"UTC{at:%z}"


def one_of(words: Sequence[str]) -> str:
    """Return `a`, `a or b`, or `a, b or c`."""
    return " or ".join([*([", ".join(words[:-1])] if len(words) > 1 else []), *words[-1:]])


def approver(approval: Approval) -> str:
    """Return who may approve."""
    return one_of(approval.any_of) or approval.role


def expected(query: Query) -> str:
    """Return what a query must give."""
    wants = [
        many(query.rows, "row") if query.rows is not None else "",
        f"= {query.equals}" if query.equals is not None else "",
        f"{query.between[0]:g} to {query.between[1]:g}" if len(query.between) == 2 else "",
    ]
    return ", ".join(filter(None, wants)) or "answers"


def _with_code(text: str) -> Line:
    found: list[Inline] = []
    end = 0
    for each in _TYPED.finditer(text):
        found += [text[end : each.start()], Code(each[1] or each[2])]
        end = each.end()
    return tuple(part for part in (*found, text[end:]) if part)
