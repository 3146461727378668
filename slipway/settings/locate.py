"""Finds the lines of the current files that define a value, from the pointer that resources carry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slipway.settings.document import LocatedDict, LocatedList, Mark, mark_at, read, value_at, walk
from slipway.settings.engine_config import in_namespace
from slipway.settings.library import SYSTEM_FILE
from slipway.settings.load import name_in
from slipway.settings.overlay import entry_of, open_setting
from slipway.settings.pointers import Path as Keys
from slipway.settings.pointers import Pointer
from slipway.settings.project import Project
from slipway.settings.system import System


@dataclass(frozen=True, order=True, slots=True)
class Location:
    """A line, from 1, of a file that is named relative to the project's folder."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def locate(project: Project, stack_file: Path, pointer: str, *keys: str | int) -> Location:
    """Return the line to edit to change the value at `pointer`, or at `keys` below it.

    It is the stack's override of that very value, else the definition, else the nearest existing key around it. A
    stack's settings of a named entry, such as a service, are merged into its definition, so that override counts only
    if the definition has none; for a part of an entry, such as its replicas, the stack takes precedence. A pointer to a
    line is that line. Raises ValueError if `pointer` is invalid, InvalidSettings if a file cannot be read.
    """
    source = Pointer.parse(pointer)
    if source.line is not None:
        return Location(source.file, source.line)
    path = (*source.path, *keys)
    defined = mark_at(_document(project, stack_file, source.file), path)
    override = _overrides(project, stack_file, source.file)
    mark = None if override is None else _overriding(override, path)
    merged = isinstance(value_at(override, path), LocatedDict) and len(defined.path) == len(path)
    return _location(defined if mark is None or (merged and not _is_part(path)) else mark)


def origins(project: Project, stack_file: Path, pointer: str) -> list[Location]:
    """Return the line that defines the value at `pointer`, then every line of the stack that overrides a part of it.

    Raises as `locate` does.
    """
    source = Pointer.parse(pointer)
    lines = [_location(mark_at(_document(project, stack_file, source.file), source.path))]
    override = _overrides(project, stack_file, source.file)
    mark = None if override is None else _overriding(override, source.path)
    if mark is not None:
        value = value_at(override, source.path)
        lines += map(_location, _leaves(value) if isinstance(value, LocatedDict) else [mark])
    return list(dict.fromkeys(lines))


def _document(project: Project, stack_file: Path, file: str) -> LocatedDict:
    """Return the content of `file`; the stack's file may be in another folder than the project's."""
    return read(stack_file if file == stack_file.name else project.root / file, file)


def _overrides(project: Project, stack_file: Path, file: str) -> LocatedDict | None:
    """Return the stack's overrides of the system that `file` defines; None if there are none or `file` is not a
    system's."""
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
    """Return the mark of the override that replaces the value at `path`: of that value, or of one that contains it."""
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


def _is_part(path: Keys) -> bool:
    """Return whether `path` in a system leads to a mapping of set keys that is not a named entry:
    `databases.shop.backup`."""
    annotation: Any = System
    part = False
    for segment in path:
        setting, entry = open_setting(annotation), entry_of(annotation)
        field = (
            next((each for name, each in setting.model_fields.items() if segment in (name, each.alias)), None)
            if setting
            else None
        )
        annotation, part = (entry, False) if field is None else (field.annotation, True)
    return part and open_setting(annotation) is not None


def _leaves(value: Any) -> Iterator[Mark]:
    """Yield the marks of values below `value` other than mappings: mappings only lead to what they override."""
    return (mark for mark, entry in walk(value) if not isinstance(entry, LocatedDict))


def _location(mark: Mark) -> Location:
    return Location(mark.file, mark.line)
