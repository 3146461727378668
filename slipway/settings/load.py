"""Reads systems and stacks: everything is checked and every problem is reported before anything is built."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from slipway.settings.document import LocatedDict, Mark
from slipway.settings.engine_config import in_key_order, in_namespace, located
from slipway.settings.environments import followed
from slipway.settings.fields import Name
from slipway.settings.foundations import together
from slipway.settings.library import Library
from slipway.settings.problems import InvalidSettings, Place, Problem, nearest
from slipway.settings.project import Project, full_key, read_stack_file
from slipway.settings.stack_reader import StackReader
from slipway.settings.stacks import Stack
from slipway.settings.system import System

CLUSTERS = "clusters"
"""The key that every stack of Slipway has."""


def systems_path(project: Project, stack: str | None = None) -> str:
    """Return the folder of systems: the stack's own, or the project's."""
    return _text(_written(project, stack, "systemsPath")) or "systems"


def environment(project: Project, stack: str) -> str:
    """Return the environment whose rules hold for the stack, by its file; empty if there is no such file."""
    return followed(_written(project, stack, "environment"))


def foundation(project: Project, stack: str) -> str:
    """Return the name of the project's stack that has the clusters of a stack of systems, by its file; empty if it has its own, or those
    of another project."""
    of, _, base = _text(_written(project, stack, "foundation")).rpartition("/")
    return base if of.rpartition("/")[2] == project.name else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _written(project: Project, stack: str | None, key: str) -> Any:
    """Return a value of a stack's file, or of the project's. Problems of the file are left to `load_stack`."""
    usual = project.defaults.get(f"{project.name}:{key}")
    if stack is None:
        return usual
    try:
        path = project.stack_file(stack)
        document = in_namespace(read_stack_file(path, name_in(project, path)), project.name)
    except InvalidSettings:
        return usual
    return document.get(key, usual)


def load_systems(project: Project, folder: str | None = None) -> dict[str, System]:
    """Return every system in `folder`, the project's by default, by name. Raises InvalidSettings with the problems of
    all."""
    library = Library(project, folder or systems_path(project))
    systems = {name: library.system(name) for name in library.names}
    if library.problems:
        raise InvalidSettings(library.problems)
    return {name: system for name, system in systems.items() if system is not None}


def load_stack(
    project: Project, stack: str, file: Path | None = None, config: Mapping[str, Any] | None = None
) -> Stack:
    """Return the stack `stack`, from its file, or from `config` (plain values, or JSON) as an engine passes it.

    With `config` the file, if there is one, provides the line of each value that it contains. Raises InvalidSettings
    with all problems, including those of the stack's systems.
    """
    path = file or project.stack_file(stack)
    name = name_in(project, path)
    _check_name(stack, name)
    if config is None:
        if file is None and not path.exists():
            raise InvalidSettings([Problem(Place(name), f"does not exist{nearest(stack, project.stacks())}")])
        entries = read_stack_file(path, name)
        _check_namespace(project, entries)
        document = in_namespace(entries, project.name)
    else:
        written = read_stack_file(path, name) if path.exists() else LocatedDict(Mark(name, (), 1))
        document = located(config, in_namespace(written, project.name), project.name)
    document = in_key_order(document)
    for key, value in project.defaults.items():
        document.setdefault(key.removeprefix(f"{project.name}:"), value)
    return StackReader(project, stack, together(project, stack, document)).stack()


def _check_namespace(project: Project, written: LocatedDict) -> None:
    """Refuse a file whose clusters are in another namespace than the project's, as after a change of its name."""
    full = {full_key(project.name, key): key for key in written}
    if CLUSTERS in {name.partition(":")[2] for name in project.defaults} or f"{project.name}:{CLUSTERS}" in full:
        return
    for name, key in full.items():
        namespace, _, short = name.partition(":")
        if short == CLUSTERS:
            mark = written.marks[key]
            rule = (
                f"is a key of a project called '{namespace}', and Pulumi.yaml calls this one '{project.name}': "
                f"rename the keys to `{project.name}:…`, or set `name: {namespace}` there"
            )
            raise InvalidSettings([Problem(Place(mark.file, mark.line, mark.path), rule)])


def _check_name(stack: str, file: str) -> None:
    """Check a stack's name, which is part of the names of clusters, cookies and databases."""
    try:
        TypeAdapter(Name).validate_python(stack)
    except ValidationError as error:
        rule = f"is of a stack, '{stack}', whose name {error.errors()[0]['ctx']['error']}"  # type: ignore[typeddict-item]
        raise InvalidSettings([Problem(Place(file), rule)]) from None


def name_in(project: Project, path: Path) -> str:
    """Return the name of the file `path` in messages: relative to the project's folder, or absolute if it is
    elsewhere."""
    path = path.resolve()
    return path.relative_to(project.root).as_posix() if path.is_relative_to(project.root) else path.as_posix()
