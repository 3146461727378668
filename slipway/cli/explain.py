"""`slipway explain`."""

from __future__ import annotations

from pathlib import Path

from slipway.cli.lookup import refused
from slipway.reports.explained import explain, lines, stack_document
from slipway.settings.exit_statuses import OK
from slipway.settings.pointers import parse_path
from slipway.settings.problems import InvalidSettings
from slipway.settings.project import find_project
from slipway.settings.schema import system_schema

OF_STACK = ("environment", "systemsPath", "extensions", "clusters")
"""First keys of a path in a stack file, without the project's namespace; other paths are a system's."""


def show_key(cwd: Path, path: str) -> int:
    """Print what a key means. Raises InvalidSettings if there is no such key."""
    if not path:
        return _show_all()
    try:
        segments = parse_path(path)
    except ValueError as error:
        raise refused(str(error)) from None
    project = _project(cwd)
    if segments[0] == "config":
        segments = segments[1:]
    first = str(segments[0]).removeprefix(f"{project}:") if segments else ""
    of_stack = first in OF_STACK
    if of_stack:
        segments = (first, *segments[1:])
    document = stack_document(project) if of_stack else system_schema()
    try:
        found = explain(document, segments)
    except ValueError as error:
        raise refused(str(error)) from None
    print(*lines(found), sep="\n")
    return OK


def _show_all() -> int:
    """Print the first keys of both files."""
    for title, document in (
        ("systems/<name>/system.yaml", system_schema()),
        ("Pulumi.<stack>.yaml", stack_document("slipway")),
    ):
        print(title, *lines(explain(document, ())), "", sep="\n")
    return OK


def _project(cwd: Path) -> str:
    """Return the project's name, the namespace of its keys; this works outside a project too."""
    try:
        return find_project(cwd).name
    except InvalidSettings:
        return "slipway"
