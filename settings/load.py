"""The reader of systems and stacks: everything is checked, and every problem is told, before anything is built."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from settings.document import LocatedDict, Mark
from settings.engine_config import in_namespace, located
from settings.library import Library
from settings.problems import InvalidSettings, Place, Problem, nearest
from settings.project import Project, read_stack_file
from settings.stack_reader import StackReader
from settings.stacks import Stack
from settings.system import System


def load_systems(project: Project, systems_path: str = "systems") -> dict[str, System]:
    """Every system of the project by name. Raises InvalidSettings with the problems of all of them."""
    library = Library(project, systems_path)
    systems = {name: library.system(name) for name in library.names}
    if library.problems:
        raise InvalidSettings(library.problems)
    return {name: system for name, system in systems.items() if system is not None}


def load_stack(
    project: Project, stack: str, file: Path | None = None, config: Mapping[str, Any] | None = None
) -> Stack:
    """The stack `stack`, from its file, or from `config` (plain values, or JSON) as an engine passes it.

    With `config` the file, if there is one, still tells the line of each value that it holds. Raises InvalidSettings
    with all problems, those of the systems that the stack has included.
    """
    path = file or project.stack_file(stack)
    name = name_in(project, path)
    if config is None:
        if file is None and not path.exists():
            raise InvalidSettings([Problem(Place(name), f"does not exist{nearest(stack, project.stacks())}")])
        document = in_namespace(read_stack_file(path, name), project.name)
    else:
        written = read_stack_file(path, name) if path.exists() else LocatedDict(Mark(name, (), 1))
        document = located(config, in_namespace(written, project.name), project.name)
    for key, value in project.defaults.items():
        document.setdefault(key.removeprefix(f"{project.name}:"), value)
    return StackReader(project, stack, document).stack()


def name_in(project: Project, path: Path) -> str:
    """What messages call the file `path`: from the project's folder, or whole when it stands elsewhere."""
    path = path.resolve()
    return path.relative_to(project.root).as_posix() if path.is_relative_to(project.root) else path.as_posix()
