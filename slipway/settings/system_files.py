"""Checks the files that a system names; each problem has file and line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from slipway.settings import migration_sql, text_files
from slipway.settings.files import CopiedFile
from slipway.settings.problems import Place, Problem
from slipway.settings.system import System
from slipway.settings.text_files import Fault, UnreadableFile


def problems(system: System, folder: Path, name: str) -> list[Problem]:
    """Return the problems of the files in `folder`, which messages call `name`."""
    found = [
        (file, fault) for file, transactional in _sql(system) for fault in _sql_faults(folder / file, transactional)
    ]
    if (page := system.maintenance_page.page) is not None:
        found += [(page, fault) for fault in _text_faults(folder / page)]
    for file in _copied(system):
        found += [(file, fault) for fault in _text_faults(folder / file)]
    return [Problem(Place(f"{name}/{file}", fault.line), fault.rule) for file, fault in found]


def _copied(system: System) -> list[str]:
    """Return the files of the folder that containers get, without duplicates."""
    containers = [each for one in system.services.values() for each in (one, *one.companions.values())]
    files = (file for each in containers for file in each.files.values() if isinstance(file, CopiedFile))
    return list(dict.fromkeys(file.file for file in files))


def _sql(system: System) -> Iterator[tuple[str, bool]]:
    for migration in system.migrations:
        for file in (migration.sql, migration.rollback):
            if file is not None:
                yield file, migration.transactional


def _sql_faults(path: Path, transactional: bool) -> Iterator[Fault]:
    if not path.is_file():
        return
    try:
        yield from migration_sql.faults(text_files.read(path), transactional=transactional)
    except UnreadableFile as error:
        yield error.fault


def _text_faults(path: Path) -> Iterator[Fault]:
    try:
        if path.is_file():
            text_files.read(path)
    except UnreadableFile as error:
        yield error.fault
