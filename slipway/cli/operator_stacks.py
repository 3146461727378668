"""`slipway operator`."""

from __future__ import annotations

import sys
from pathlib import Path

import yaml

from slipway.reports.operator_stacks import stack_objects
from slipway.reports.words import many
from slipway.settings.exit_statuses import OK
from slipway.settings.load import load_stack
from slipway.settings.operator_file import FILE, read_operator_file
from slipway.settings.problems import InvalidSettings, Problem
from slipway.settings.project import find_project


def operator_stacks(cwd: Path) -> int:
    """Print the objects of all stacks. Raises InvalidSettings with the problems of every stack's file."""
    project = find_project(cwd)
    settings = read_operator_file(project)
    problems: list[Problem] = []
    for stack in project.stacks() if project.is_slipway else []:
        if stack not in settings.without:
            try:
                load_stack(project, stack)
            except InvalidSettings as error:
                problems += error.problems
    if problems:
        raise InvalidSettings(problems)
    objects = stack_objects(project, settings)
    print(f"# By `slipway operator`, from {FILE}: change that, and print these again.")
    yaml.safe_dump_all(objects, sys.stdout, sort_keys=False, allow_unicode=True, explicit_start=True)
    print(f"{many(len(objects), 'stack')} for the operator", file=sys.stderr)
    return OK
