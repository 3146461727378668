"""The SQL files of a migration, refused when they hold what would break its transaction or its repetition."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from settings.releases import Migration

_LITERAL = re.compile(
    r"""--[^\n]*|/\*.*?\*/|(?<![A-Za-z0-9_])[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'"""
    r"""|(?<![A-Za-z0-9_$])(?P<tag>\$(?:[A-Za-z_]\w*)?\$).*?(?P=tag)""",
    re.DOTALL,
)
_CONTROL = re.compile(r"(BEGIN|START|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT|RELEASE|PREPARE\s+TRANSACTION)\b", re.I)
_OUTSIDE = re.compile(r"\bCONCURRENTLY\b|^(VACUUM|CREATE\s+DATABASE|DROP\s+DATABASE|ALTER\s+SYSTEM)\b", re.I)
_INDEX = re.compile(
    r"CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+(?P<again>IF\s+NOT\s+EXISTS\s+)?"
    r"(?:(?:\w+|\"[^\"]+\")\.)?(?P<name>\w+|\"(?:[^\"]|\"\")+\")",
    re.I,
)
_OPENS = re.compile(r"\b(?:BEGIN\s+ATOMIC|CASE)\b", re.I)
_CLOSES = re.compile(r"\bEND\b", re.I)


@dataclass(frozen=True)
class Files:
    """What the files hold."""

    sql: str
    rollback: str | None


def read(folder: Path, migration: Migration) -> Files:
    """Those of a system in `folder`; ValueError names the file and the line of what cannot be."""
    if migration.sql is None:
        raise ValueError(f"{migration.source or migration.name}: has no SQL file")
    rollback = None if migration.rollback is None else _read(folder, migration.rollback, migration.transactional)
    return Files(_read(folder, migration.sql, migration.transactional), rollback)


def _read(folder: Path, name: str, transactional: bool) -> str:
    text = (folder / name).read_text(encoding="utf-8")
    found = [f"{folder.name}/{name}:{line}: {fault}" for line, fault in faults(text, transactional=transactional)]
    if found:
        raise ValueError("\n".join(found))
    return text


def faults(text: str, *, transactional: bool) -> Iterator[tuple[int, str]]:
    """The line and what is wrong there."""
    for line, statement in _statements(text):
        if "\\" in statement:
            yield line, "is a command of psql's, not SQL"
        elif transactional and (control := _CONTROL.match(statement)):
            yield line, f"{control[1].upper()} controls the transaction, which is the migration's own"
        elif transactional and (outside := _OUTSIDE.search(statement)):
            yield line, f"{outside[0].upper()} cannot be in a transaction: say 'transactional: false'"
        elif re.match(r"COPY\b.*\bFROM\s+STDIN\b", statement, re.I | re.S):
            yield line, "COPY FROM STDIN has no input here"
        elif (index := _INDEX.match(statement)) and not index["again"]:
            yield line, f"needs IF NOT EXISTS, so that it may be made again: {index['name']}"


def concurrent_indexes(text: str) -> list[str]:
    """The names of the indexes that it builds concurrently, as PostgreSQL keeps them."""
    found = (_INDEX.match(statement) for _, statement in _statements(text))
    return [_identifier(index["name"]) for index in found if index]


def _identifier(written: str) -> str:
    return written[1:-1].replace('""', '"') if written.startswith('"') else written.lower()


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Each with its line; comments and literals are blank. The body of an SQL function is part of its statement."""
    blank = _LITERAL.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    begun = 0
    for end in [*(found.start() for found in re.finditer(";", blank)), len(blank)]:
        statement = blank[begun:end]
        if len(_OPENS.findall(statement)) > len(_CLOSES.findall(statement)) and end < len(blank):
            continue
        if statement.strip():
            start = begun + len(statement) - len(statement.lstrip())
            yield blank.count("\n", 0, start) + 1, statement.strip()
        begun = end + 1
