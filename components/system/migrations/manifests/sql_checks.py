"""Declared queries, comparisons and triggers as SQL statements that fail if a check does not hold."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from slipway.settings.releases import Comparison, Query, Trigger


def quoted(text: str) -> str:
    """Returns `text` as a dollar-quoted string whose tag does not occur in it."""
    tag = f"q{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    while f"${tag}" in text:
        tag += "q"
    return f"${tag}${text}${tag}$"


def check(kind: str, query: Query) -> str:
    return f"CALL pg_temp.slipway_check({quoted(kind)}, {_arguments(query)});"


def checks(kind: str, queries: Sequence[Query]) -> list[str]:
    return [check(kind, query) for query in queries]


def condition(query: Query) -> str:
    """Returns an expression that is true if the query returns the declared answer."""
    return f"pg_temp.slipway_holds({_arguments(query)})"


def recorded_baseline(baseline: Sequence[Comparison]) -> list[str]:
    """Stores the answers from before the migration in a table that is dropped with the transaction."""
    table = (
        "CREATE TEMPORARY TABLE slipway_baseline ("
        "comparison integer, position bigint, answer json, PRIMARY KEY (comparison, position)) ON COMMIT DROP;"
    )
    keep = [
        f"CALL pg_temp.slipway_keep({number}, {quoted(each.name)}, {quoted(each.before)});"
        for number, each in enumerate(baseline)
    ]
    return [table, *keep, "ANALYZE slipway_baseline;"]


def shown(baseline: Sequence[Comparison]) -> list[str]:
    """Returns an expression for each query: the text that the log shows of its answer from before."""
    return [f"pg_temp.slipway_shown({number}, {quoted(each.name)})" for number, each in enumerate(baseline)]


def compared(baseline: Sequence[Comparison]) -> list[str]:
    return [
        f"CALL pg_temp.slipway_compare({number}, {quoted(each.name)}, {quoted(each.after or each.before)}, "
        f"{_number(each.tolerance)});"
        for number, each in enumerate(baseline)
    ]


def acted(triggers: Sequence[Trigger]) -> list[str]:
    """Runs each trigger in its own savepoint, which is rolled back."""
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
    """Returns a numeric literal, never a PostgreSQL float: `0.01` stays exactly the declared decimal."""
    return f"{value!r}::numeric"
