"""Declared queries, comparisons and triggers as SQL that fails when they do not hold."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from settings.releases import Comparison, Query, Trigger


def quoted(text: str) -> str:
    """`text` between dollar quotes whose tag does not occur in it."""
    tag = f"q{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    while f"${tag}" in text:
        tag += "q"
    return f"${tag}${text}${tag}$"


def check(kind: str, query: Query) -> str:
    return f"CALL pg_temp.slipway_check({quoted(kind)}, {_arguments(query)});"


def checks(kind: str, queries: Sequence[Query]) -> list[str]:
    return [check(kind, query) for query in queries]


def holds(query: Query) -> str:
    """An expression, true where the answer is the declared one."""
    return f"pg_temp.slipway_holds({_arguments(query)})"


def kept(baseline: Sequence[Comparison]) -> list[str]:
    """The answers from before, in a table that ends with the transaction."""
    table = (
        "CREATE TEMPORARY TABLE slipway_baseline ("
        "comparison integer, position bigint, answer json, PRIMARY KEY (comparison, position)) ON COMMIT DROP;"
    )
    keep = [
        f"CALL pg_temp.slipway_keep({number}, {quoted(each.name)}, {quoted(each.before)});"
        for number, each in enumerate(baseline)
    ]
    return [table, *keep, "ANALYZE slipway_baseline;"]


def compared(baseline: Sequence[Comparison]) -> list[str]:
    return [
        f"CALL pg_temp.slipway_compare({number}, {quoted(each.name)}, {quoted(each.after or each.before)}, "
        f"{_number(each.tolerance)});"
        for number, each in enumerate(baseline)
    ]


def acted(triggers: Sequence[Trigger]) -> list[str]:
    """Each in a savepoint of its own, which is undone."""
    return [line for each in triggers for line in _acted(each)]


def _acted(trigger: Trigger) -> list[str]:
    query = Query(name=trigger.name, sql=trigger.check, equals=True)
    return [
        "SAVEPOINT slipway_trigger;",
        f"CALL pg_temp.slipway_act({quoted(trigger.name)}, {quoted(trigger.statement)});",
        check("trigger", query),
        "ROLLBACK TO SAVEPOINT slipway_trigger;",
        "RELEASE SAVEPOINT slipway_trigger;",
    ]


def _arguments(query: Query) -> str:
    low, high = (_number(bound) for bound in query.between) if query.between else ("NULL", "NULL")
    rows = "NULL" if query.rows is None else str(query.rows)
    equals = "NULL" if query.equals is None else quoted(_scalar(query.equals))
    return f"{quoted(query.name)}, {quoted(query.sql)}, {rows}, {equals}, {low}, {high}"


def _scalar(value: str | int | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(value: float) -> str:
    """Never as a float of PostgreSQL's: `0.01` stays the decimal that was written."""
    return f"{value!r}::numeric"
