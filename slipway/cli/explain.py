"""`slipway explain`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path as FilePath

from slipway.cli.lookup import refused
from slipway.reports.explained import Schema, explain, has_key, lines, stack_document
from slipway.settings.exit_statuses import OK
from slipway.settings.pointers import Path, dotted, parse_path
from slipway.settings.problems import InvalidSettings
from slipway.settings.project import find_project
from slipway.settings.schema import system_schema

SYSTEM_FILE, STACK_FILE = "systems/<name>/system.yaml", "Pulumi.<stack>.yaml"
ABOVE: tuple[Path, ...] = (("clusters", "NAME"), ("clusters", "NAME", "systems", "NAME"))
"""Where keys of a stack file are that people name without what is above them."""


def show_key(cwd: FilePath, path: str) -> int:
    """Print what a key means. Raises InvalidSettings if there is no such key."""
    if not path:
        return _show_all()
    try:
        segments = parse_path(path)
    except ValueError as error:
        raise refused(str(error)) from None
    project = _project(cwd)
    segments, of_stack = _plain(segments, project)
    documents = {STACK_FILE: stack_document(project)} | ({} if of_stack else {SYSTEM_FILE: system_schema()})
    found = {title: explain(each, segments) for title, each in documents.items() if has_key(each, segments)}
    if not found:
        raise _unknown(documents, segments)
    for title, explained in found.items():
        print(*([title] if len(found) > 1 else []), *lines(explained), sep="\n")
    return OK


def _plain(segments: Path, project: str) -> tuple[Path, bool]:
    """Return a path without `config` and the project's namespace, and whether it had one of them: it is a stack's."""
    below_config = segments[1:] if segments[0] == "config" else segments
    first = str(below_config[0]).removeprefix(f"{project}:") if below_config else ""
    plain = (first, *below_config[1:]) if below_config else ()
    return plain, plain != segments


def _unknown(documents: Mapping[str, Schema], segments: Path) -> InvalidSettings:
    """Return the error for a path that no file has, by the file that has its first key."""
    stack = documents[STACK_FILE]
    document = stack if segments[0] in stack["properties"] else documents.get(SYSTEM_FILE, stack)
    try:
        explain(document, segments)
    except ValueError as error:
        return refused(f"{error}{_whole(stack, segments)}")
    raise AssertionError(segments)


def _whole(stack: Schema, segments: Path) -> str:
    """Return a hint at the whole path of a key that is below a cluster, or below a system there; empty if none is."""
    whole = ((*above, *segments) for above in ABOVE)
    return next((f"; in a stack file it is `{dotted(path)}`" for path in whole if has_key(stack, path)), "")


def _show_all() -> int:
    """Print the first keys of both files."""
    for title, document in (
        (SYSTEM_FILE, system_schema()),
        (STACK_FILE, stack_document("slipway")),
    ):
        print(title, *lines(explain(document, ())), "", sep="\n")
    return OK


def _project(cwd: FilePath) -> str:
    """Return the project's name, the namespace of its keys; this works outside a project too."""
    try:
        return find_project(cwd).name
    except InvalidSettings:
        return "slipway"
