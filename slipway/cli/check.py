"""`slipway check`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from slipway.cli.pack_data import refuse_mistakes
from slipway.cli.selection import require_slipway
from slipway.reports import without_effect
from slipway.reports.words import many
from slipway.settings.exit_statuses import OK
from slipway.settings.library import SYSTEM_FILE
from slipway.settings.load import load_stack, load_systems, systems_path
from slipway.settings.problems import InvalidSettings, Problem
from slipway.settings.project import Project, find_project
from slipway.settings.stacks import Stack


def check(cwd: Path) -> int:
    """Print what was checked, and which keys are without effect somewhere, or raise InvalidSettings with the problems of
    every file."""
    project = find_project(cwd)
    require_slipway(project)
    problems: list[Problem] = []
    notes: list[str] = []
    systems = 0
    for folder in _folders(project):
        try:
            systems += len(load_systems(project, folder))
        except InvalidSettings as error:
            problems += error.problems
    for stack in project.stacks():
        try:
            notes += list(_notes(load_stack(project, stack)))
        except InvalidSettings as error:
            problems += error.problems
    try:
        refuse_mistakes(project)
    except InvalidSettings as error:
        problems += error.problems
    if problems:
        raise InvalidSettings(problems)
    # A reader of the result who has gone gets no notes either.
    print(f"{many(systems, 'system')} and {many(len(project.stacks()), 'stack')} are valid", flush=True)
    for note in notes:
        print(note, file=sys.stderr)
    return OK


def _notes(stack: Stack) -> Iterator[str]:
    """Yield a line for each key of systems on which a cloud of the stack cannot act."""
    for line in without_effect.lines(stack):
        yield f"note: stack {stack.name}: without effect here: {line}"


def _folders(project: Project) -> Iterable[str]:
    """Return the folders of systems: the project's and those that stacks name. An empty folder is reported with the
    stack that names it."""
    usual = systems_path(project)
    named = {usual, *(systems_path(project, stack) for stack in project.stacks())}
    return sorted(each for each in named if any((project.root / each).glob(f"*/{SYSTEM_FILE}"))) or [usual]
