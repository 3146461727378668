"""From a pointer to a value, as resources carry it, to the lines that say so in the files as they are now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from settings.document import LocatedDict, LocatedList, Mark, mark_at, read, value_at, walk
from settings.engine_config import in_namespace
from settings.library import SYSTEM_FILE
from settings.load import name_in
from settings.pointers import Path as Keys
from settings.pointers import Pointer
from settings.project import Project


@dataclass(frozen=True, order=True, slots=True)
class Location:
    """A line, from 1, of a file named from the project's folder."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def locate(project: Project, stack_file: Path, pointer: str, *keys: str | int) -> Location:
    """The line to edit to change the value at `pointer`, or at `keys` below it.

    It is the stack's override of that very value, else the definition, else the nearest key around it that exists. A
    mapping of the stack is merged into the definition, so it counts only where that has none. A pointer to a line is
    that line. Raises ValueError when `pointer` is none, InvalidSettings when a file cannot be read.
    """
    source = Pointer.parse(pointer)
    if source.line is not None:
        return Location(source.file, source.line)
    path = (*source.path, *keys)
    defined = mark_at(_document(project, source.file), path)
    override = _overrides(project, stack_file, source.file)
    mark = None if override is None else _overriding(override, path)
    merged = isinstance(value_at(override, path), LocatedDict) and len(defined.path) == len(path)
    return _location(defined if mark is None or merged else mark)


def origins(project: Project, stack_file: Path, pointer: str) -> list[Location]:
    """The line that defines the value at `pointer`, then every line of the stack that overrides a part of it.

    Raises as `locate` does.
    """
    source = Pointer.parse(pointer)
    lines = [_location(mark_at(_document(project, source.file), source.path))]
    override = _overrides(project, stack_file, source.file)
    mark = None if override is None else _overriding(override, source.path)
    if mark is not None:
        value = value_at(override, source.path)
        lines += map(_location, _leaves(value) if isinstance(value, LocatedDict) else [mark])
    return list(dict.fromkeys(lines))


def _document(project: Project, file: str) -> LocatedDict:
    return read(project.root / file, file)


def _overrides(project: Project, stack_file: Path, file: str) -> LocatedDict | None:
    """What the stack says of the system that `file` defines; None when it says nothing or `file` is no system's."""
    name = name_in(project, stack_file)
    if Path(file).name != SYSTEM_FILE or not stack_file.is_file() or file == name:
        return None
    config = read(stack_file, name).get("config")
    if not isinstance(config, LocatedDict):
        return None
    clusters = in_namespace(config, project.name).get("clusters")
    for cluster in clusters.values() if isinstance(clusters, LocatedDict) else ():
        placed = value_at(cluster, ("systems", Path(file).parent.name))
        if isinstance(placed, LocatedDict):
            return placed
    return None


def _overriding(override: LocatedDict, path: Keys) -> Mark | None:
    """The mark of what `override` puts in the place of the value at `path`: that value, or all of what it is in."""
    value: Any = override
    mark = override.mark
    for segment in path:
        if not isinstance(value, LocatedDict | LocatedList) or (
            isinstance(value, LocatedList) and segment not in value.marks
        ):
            return mark
        if segment not in value.marks:
            return None
        mark, value = value.marks[segment], value_at(value, (segment,))
    return mark


def _leaves(value: Any) -> Iterator[Mark]:
    """The marks of what is not a mapping below `value`: mappings only lead to what they override."""
    return (mark for mark, entry in walk(value) if not isinstance(entry, LocatedDict))


def _location(mark: Mark) -> Location:
    return Location(mark.file, mark.line)
