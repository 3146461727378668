"""`slipway check`."""

from __future__ import annotations

from pathlib import Path

from settings.load import load_stack, load_systems
from settings.problems import InvalidSettings, Problem
from settings.project import find_project


def check(cwd: Path) -> int:
    """Prints what was checked, or raises InvalidSettings with the problems of every file."""
    project = find_project(cwd)
    problems: list[Problem] = []
    systems = 0
    try:
        systems = len(load_systems(project))
    except InvalidSettings as error:
        problems += error.problems
    for stack in project.stacks():
        try:
            load_stack(project, stack)
        except InvalidSettings as error:
            problems += error.problems
    if problems:
        raise InvalidSettings(problems)
    print(f"{systems} systems and {len(project.stacks())} stacks are well formed")
    return 0
