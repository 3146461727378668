"""`slipway hand-over`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from cli.placed import placed, refused
from cli.selection import Selection, select
from settings.document import LocatedDict, Mark, mark_at, read
from settings.load import load_stack, name_in
from settings.pointers import Path as Keys
from settings.pointers import Pointer
from settings.problems import InvalidSettings, Problem
from settings.rewriting import with_value
from settings.stacks import Slot
from settings.validation import validate

OK = 0


def hand_over(cwd: Path, name: str | None, file: Path | None, *, system: str, slot: str, version: str) -> int:
    """Writes `version` of a slot into the stack's file, and nothing else. Raises InvalidSettings and changes nothing when
    the stack would not be well formed with it."""
    selection = select(cwd, name, file)
    path = (*_placement(selection, system), slot, "version")
    shown = name_in(selection.project, selection.file)
    _check(version, mark_at(read(selection.file, shown), path), path)
    text = selection.file.read_bytes().decode()
    before = placed(selection.stack, system)[1].placement.slot(slot).version
    if before == version:
        print(f"{shown}: {system} {slot} is {version} already")
        return OK
    _write(selection, with_value(text, path, version))
    mark = mark_at(read(selection.file, shown), path)
    print(f"{shown}:{mark.line}: {system} {slot}: {before or 'no version'} → {version}")
    return OK


def _placement(selection: Selection, system: str) -> Keys:
    """Where the stack's file places the system."""
    cluster, found = placed(selection.stack, system)
    if system not in cluster.systems:
        raise refused(f"--system {system} has no versions: it stands for the receivers of alerts")
    source = Pointer.parse(found.placement.source)
    shown = name_in(selection.project, selection.file)
    if source.file != shown:
        raise refused(f"--system {system} is placed in {source.file}, not in {shown}")
    return source.path


def _check(version: str, mark: Mark, path: Keys) -> None:
    slot = LocatedDict(replace(mark, path=path[:-1]))
    slot.put("version", version, replace(mark, path=path))
    _, problems = validate(Slot, slot)
    if problems:
        raise InvalidSettings(problems)


def _write(selection: Selection, text: str) -> None:
    """The whole file or nothing, once the stack was read with it."""
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
    """The problems of the draft, said of the file that it would take the place of."""
    names = {name_in(selection.project, draft): name_in(selection.project, selection.file)}
    for problem in problems:
        yield replace(problem, place=replace(problem.place, file=names.get(problem.place.file, problem.place.file)))
