"""Checks that a migration's SQL is compatible with its transaction, with a retry and with its journal entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from slipway.settings import sql
from slipway.settings.finding import Finding, Found
from slipway.settings.pointers import Path
from slipway.settings.releases import Migration
from slipway.settings.sql import SqlError, Statement
from slipway.settings.text_files import Fault


class Index(NamedTuple):
    """An index that a file creates; `schema` is that of its table if the file names it."""

    schema: str | None
    table: str
    name: str


def faults(text: str, *, transactional: bool) -> Iterator[Fault]:
    """Yield what is refused, with its line."""
    try:
        found = sql.statements(text)
    except SqlError as error:
        yield Fault(error.line, error.rule)
        return
    if not found:
        yield Fault(1, "contains no statement")
    for statement in found:
        if statement.kind == "CopyStmt" and not statement.tree.get("filename"):
            yield Fault(statement.line, _copied(statement))
    yield from _in_a_transaction(found) if transactional else _one_by_one(found)


_QUERIES = ("SelectStmt", "VariableShowStmt")
"""What answers with rows and may be without changes: PostgreSQL opens a cursor on each, in a transaction that only reads."""


def query_fault(text: str) -> str | None:
    """Return why a text is not one query that PostgreSQL answers in a transaction that only reads, or None."""
    try:
        found = sql.statements(text)
    except SqlError as error:
        return error.rule
    if len(found) != 1:
        return f"contains {len(found)} statements, and is run as one query: write one SELECT"
    (only,) = found
    return None if only.kind in _QUERIES and _only_reads(only.tree) else "is no query that only reads: write a SELECT"


def _only_reads(tree: Mapping[str, Any]) -> bool:
    parts = [each["CommonTableExpr"]["ctequery"] for each in tree.get("withClause", {}).get("ctes", [])]
    return not {"intoClause", "lockingClause"} & tree.keys() and all(
        kind == "SelectStmt" and _only_reads(part) for each in parts for kind, part in each.items()
    )


def action_fault(text: str) -> str | None:
    """Return why a text is not what a function may execute in its transaction, or None."""
    try:
        found = sql.statements(text)
    except SqlError as error:
        return error.rule
    if not found:
        return "contains no statement"
    if any(each.kind == "TransactionStmt" for each in found):
        return "controls the transaction, which the migration script rolls back: remove that"
    return next((f"{name} cannot be in a transaction" for name in map(needs_no_transaction, found) if name), None)


def findings(path: Path, migration: Migration) -> Found:
    """Check that PostgreSQL can run what a migration asks of its database and tries there."""
    queries = {
        "preconditions": migration.preconditions,
        "verification": migration.verification,
        "rollbackVerification": migration.rollback_verification,
    }
    asked: list[tuple[Path, str | None]] = [
        (("condition", "sql"), migration.condition and migration.condition.sql),
        *(((key, at, "sql"), each.sql) for key, listed in queries.items() for at, each in enumerate(listed)),
        *((("baseline", at, "before"), each.before) for at, each in enumerate(migration.baseline)),
        *((("baseline", at, "after"), each.after) for at, each in enumerate(migration.baseline)),
        *((("triggers", at, "check"), each.check) for at, each in enumerate(migration.triggers)),
    ]
    for below, query in asked:
        if query is not None and (rule := query_fault(query)):
            yield Finding((*path, *below), rule)
    for at, trigger in enumerate(migration.triggers):
        if rule := action_fault(trigger.statement):
            yield Finding((*path, "triggers", at, "statement"), rule)


def indexes(text: str) -> list[Index]:
    """Return the indexes that it creates and names, with names as PostgreSQL stores them."""
    made = (each.tree for each in sql.statements(text) if each.kind == "IndexStmt" and each.tree.get("idxname"))
    return [Index(of.get("schemaname"), of["relname"], tree["idxname"]) for tree in made for of in [tree["relation"]]]


def _copied(statement: Statement) -> str:
    if statement.tree.get("is_from"):
        return "COPY FROM STDIN has no input here: use INSERT"
    return "COPY TO STDOUT has no reader here: remove it"


def _in_a_transaction(found: Sequence[Statement]) -> Iterator[Fault]:
    for statement in found:
        if statement.kind == "TransactionStmt":
            word = statement.text.split()[0].upper()
            yield Fault(statement.line, f"{word} controls the transaction, which the migration script does: remove it")
        elif name := needs_no_transaction(statement):
            yield Fault(statement.line, f"{name} cannot be in a transaction: set 'transactional: false'")


def _one_by_one(found: Sequence[Statement]) -> Iterator[Fault]:
    opened: Statement | None = None
    for statement in found:
        name = needs_no_transaction(statement)
        if statement.kind == "TransactionStmt":
            kind = statement.tree["kind"].removeprefix("TRANS_STMT_")
            if kind in ("ROLLBACK", "PREPARE", "COMMIT_PREPARED", "ROLLBACK_PREPARED"):
                yield Fault(
                    statement.line, f"{_words(kind)} would undo changes that are recorded as applied: remove it"
                )
            if kind in ("BEGIN", "START") or statement.tree.get("chain"):
                opened = statement
            elif kind in ("COMMIT", "ROLLBACK"):
                opened = None
        elif name and opened:
            yield Fault(statement.line, f"{name} cannot be in the transaction that begins in line {opened.line}")
        elif statement.kind == "IndexStmt" and name and not statement.tree.get("if_not_exists"):
            named = statement.tree.get("idxname")
            rule = f"needs IF NOT EXISTS, so that it can be retried: {named}" if named else "needs a name"
            yield Fault(statement.line, rule)
    if opened:
        yield Fault(opened.line, "begins a transaction that the file does not commit: add COMMIT")


def _words(kind: str) -> str:
    return "PREPARE TRANSACTION" if kind == "PREPARE" else kind.replace("_", " ")


def needs_no_transaction(statement: Statement) -> str | None:
    """Return the server's name for a statement that it refuses in a transaction, or None for any other."""
    known = _ALONE.get(statement.kind)
    return known(statement.tree) if known else None


def _always(name: str) -> Callable[[Mapping[str, Any]], str | None]:
    return lambda tree: name


def _options(tree: Mapping[str, Any], key: str) -> dict[str, str | None]:
    """Return the options of a list in brackets, by name; an option without a value is on."""
    named = (each["DefElem"] for each in tree.get(key, []))
    return {each["defname"]: next(iter(_texts(each.get("arg"))), None) for each in named}


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        for value in node.values():
            yield from [str(value).lower()] if isinstance(value, str | bool | int) else _texts(value)


_OFF = ("false", "off", "0", "no")


def _index(tree: Mapping[str, Any]) -> str | None:
    return "CREATE INDEX CONCURRENTLY" if tree.get("concurrent") else None


def _dropped(tree: Mapping[str, Any]) -> str | None:
    return "DROP INDEX CONCURRENTLY" if tree.get("concurrent") else None


def _vacuum(tree: Mapping[str, Any]) -> str | None:
    return "VACUUM" if tree.get("is_vacuumcmd") else None


def _reindex(tree: Mapping[str, Any]) -> str | None:
    kind = tree["kind"].removeprefix("REINDEX_OBJECT_")
    options = _options(tree, "params")
    if "concurrently" in options and options["concurrently"] not in _OFF:
        return "REINDEX CONCURRENTLY"
    return None if kind in ("INDEX", "TABLE") else f"REINDEX {kind}"


def _cluster(tree: Mapping[str, Any]) -> str | None:
    return None if tree.get("relation") else "CLUSTER of every table"


def _table(tree: Mapping[str, Any]) -> str | None:
    commands = [each["AlterTableCmd"] for each in tree.get("cmds", [])]
    detached = (each.get("def", {}).get("PartitionCmd", {}) for each in commands)
    return "DETACH PARTITION CONCURRENTLY" if any(each.get("concurrent") for each in detached) else None


def _database(tree: Mapping[str, Any]) -> str | None:
    return "ALTER DATABASE SET TABLESPACE" if "tablespace" in _options(tree, "options") else None


def _subscription(tree: Mapping[str, Any]) -> str | None:
    options = _options(tree, "options")
    without = options.get("create_slot") in _OFF or options.get("connect") in _OFF
    return None if without else "CREATE SUBSCRIPTION with a slot"


def _discard(tree: Mapping[str, Any]) -> str | None:
    return "DISCARD ALL" if tree.get("target", "DISCARD_ALL") == "DISCARD_ALL" else None


_ALONE: Mapping[str, Callable[[Mapping[str, Any]], str | None]] = {
    "AlterDatabaseStmt": _database,
    "AlterSubscriptionStmt": _always("ALTER SUBSCRIPTION"),
    "AlterSystemStmt": _always("ALTER SYSTEM"),
    "AlterTableStmt": _table,
    "ClusterStmt": _cluster,
    "CreateSubscriptionStmt": _subscription,
    "CreateTableSpaceStmt": _always("CREATE TABLESPACE"),
    "CreatedbStmt": _always("CREATE DATABASE"),
    "DiscardStmt": _discard,
    "DropStmt": _dropped,
    "DropSubscriptionStmt": _always("DROP SUBSCRIPTION"),
    "DropTableSpaceStmt": _always("DROP TABLESPACE"),
    "DropdbStmt": _always("DROP DATABASE"),
    "IndexStmt": _index,
    "ReindexStmt": _reindex,
    "VacuumStmt": _vacuum,
}
