"""Changes of a stack's file: checked with the whole stack, then written at once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from slipway.cli.lookup import find_system, refused
from slipway.cli.selection import Selection
from slipway.settings.document import LocatedDict, Mark
from slipway.settings.load import load_stack, name_in
from slipway.settings.pointers import Path as Keys
from slipway.settings.pointers import Pointer
from slipway.settings.problems import InvalidSettings, Problem
from slipway.settings.stacks import Slot
from slipway.settings.validation import validate


def deployment_path(selection: Selection, system: str) -> Keys:
    """Return where the stack's file declares the deployment of a system. Raises InvalidSettings."""
    cluster, found = find_system(selection.stack, system)
    if system not in cluster.systems:
        raise refused(f"--system {system} has no versions: it represents the receivers of alerts")
    source = Pointer.parse(found.deployment.source)
    shown = name_in(selection.project, selection.file)
    if source.file != shown:
        raise refused(f"--system {system} is declared in {source.file}, not in {shown}")
    return source.path


def check_version(version: str, mark: Mark, path: Keys) -> None:
    """Check a version that goes to `path`. Raises InvalidSettings."""
    slot = LocatedDict(replace(mark, path=path[:-1]))
    slot.put("version", version, replace(mark, path=path))
    _, problems = validate(Slot, slot)
    if problems:
        raise InvalidSettings(problems)


def write(selection: Selection, text: str, *, dry: bool = False) -> None:
    """Write the file atomically, after validating the stack with it; `dry` only validates. Raises InvalidSettings and
    changes nothing if the result would be invalid."""
    with _draft(selection.file) as draft:
        draft.write_bytes(text.encode())
        try:
            load_stack(selection.project, selection.stack.name, draft)
        except InvalidSettings as error:
            raise InvalidSettings(_in_the_file(error.problems, selection, draft)) from None
        if not dry:
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
