"""The SQL files of a migration, in the form that its Job receives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from slipway.settings import migration_sql, text_files
from slipway.settings.releases import Migration


@dataclass(frozen=True)
class Files:
    """The content of the files."""

    sql: str
    rollback: str | None


def read(folder: Path, migration: Migration) -> Files:
    """Reads a migration's files in the system's `folder`; settings have validated them."""
    if migration.sql is None:
        raise ValueError(f"{migration.source or migration.name}: has no SQL file")
    rollback = None if migration.rollback is None else _read(folder, migration.rollback, migration.transactional)
    return Files(_read(folder, migration.sql, migration.transactional), rollback)


def _read(folder: Path, name: str, transactional: bool) -> str:
    text = text_files.read(folder / name)
    faults = migration_sql.faults(text, transactional=transactional)
    if found := [f"{folder.name}/{name}:{fault.line}: {fault.rule}" for fault in faults]:
        raise ValueError("\n".join(found))
    return text
