"""`slipway set-version`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from slipway.cli.exits import OK
from slipway.cli.lookup import find_system, refused
from slipway.cli.selection import Selection, select
from slipway.settings.document import LocatedDict, Mark, mark_at, read
from slipway.settings.load import load_stack, name_in
from slipway.settings.pointers import Path as Keys
from slipway.settings.pointers import Pointer
from slipway.settings.problems import InvalidSettings, Problem
from slipway.settings.rewriting import with_value
from slipway.settings.stacks import Slot
from slipway.settings.validation import validate


def set_version(cwd: Path, name: str | None, file: Path | None, *, system: str, slot: str, version: str) -> int:
    """Write `version` of a slot into the stack's file, and nothing else. Raises InvalidSettings and changes nothing if
    the result would be invalid."""
    selection = select(cwd, name, file)
    path = (*_deployment(selection, system), slot, "version")
    shown = name_in(selection.project, selection.file)
    _check(version, mark_at(read(selection.file, shown), path), path)
    text = selection.file.read_bytes().decode()
    before = find_system(selection.stack, system)[1].deployment.slot(slot).version
    if before == version:
        print(f"{shown}: {system} {slot} is already {version}")
        return OK
    _write(selection, with_value(text, path, version))
    mark = mark_at(read(selection.file, shown), path)
    print(f"{shown}:{mark.line}: {system} {slot}: {before or 'no version'} → {version}")
    return OK


def _deployment(selection: Selection, system: str) -> Keys:
    """Return the deployment of the system in the stack's file."""
    cluster, found = find_system(selection.stack, system)
    if system not in cluster.systems:
        raise refused(f"--system {system} has no versions: it represents the receivers of alerts")
    source = Pointer.parse(found.deployment.source)
    shown = name_in(selection.project, selection.file)
    if source.file != shown:
        raise refused(f"--system {system} is declared in {source.file}, not in {shown}")
    return source.path


def _check(version: str, mark: Mark, path: Keys) -> None:
    slot = LocatedDict(replace(mark, path=path[:-1]))
    slot.put("version", version, replace(mark, path=path))
    _, problems = validate(Slot, slot)
    if problems:
        raise InvalidSettings(problems)


def _write(selection: Selection, text: str) -> None:
    """Write the file atomically, after validating the stack with it."""
    with _draft(selection.file) as draft:
        draft.write_bytes(text.encode())
        try:
            load_stack(selection.project, selection.stack.name, draft)
        except InvalidSettings as error:
            raise InvalidSettings(_in_the_file(error.problems, selection, draft)) from None
        shutil.copymode(selection.file, draft)
        os.replace(draft, selection.file)


@contextmanager
def _draft(file: Path) -> Iterator[Path]:
    draft = file.with_name(f"{file.name}.new")
    try:
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _in_the_file(problems: list[Problem], selection: Selection, draft: Path) -> Iterator[Problem]:
    """Yield the problems of the draft, with the path of the file that it would replace."""
    names = {name_in(selection.project, draft): name_in(selection.project, selection.file)}
    for problem in problems:
        yield replace(problem, place=replace(problem.place, file=names.get(problem.place.file, problem.place.file)))
