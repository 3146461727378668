"""Finds the lines of the current files that define a value, from the pointer that resources carry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slipway.settings.document import LocatedDict, LocatedList, Mark, mark_at, read, read_all, value_at, walk
from slipway.settings.engine_config import in_namespace
from slipway.settings.library import SYSTEM_FILE
from slipway.settings.load import name_in
from slipway.settings.manifests import misread
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


def locate(project: Project, stack_file: Path, pointer: str, *keys: str | int, instance: str = "") -> Location:
    """Return the line to edit to change the value at `pointer`, or at `keys` below it.

    It is the stack's override of that very value, else the definition, else the nearest existing key around it. A
    stack's settings of a named entry, such as a service, are merged into its definition, so that override counts only
    if the definition has none; for a part of an entry, such as its replicas, the stack takes precedence. Of several systems
    with one definition the override is that of `instance`, if there is one of this name. A pointer to a line is that
    line. Raises ValueError if `pointer` is invalid, InvalidSettings if a file cannot be read.
    """
    source = Pointer.parse(pointer)
    if source.line is not None:
        return Location(source.file, source.line)
    path = (*source.path, *keys)
    defined = mark_at(_document(project, stack_file, source), path)
    for override in _overrides(project, stack_file, source.file, instance):
        mark = _overriding(override, path)
        merged = isinstance(value_at(override, path), LocatedDict) and len(defined.path) == len(path)
        if mark is not None and not (merged and not _is_part(path)):
            return _location(mark)
    return _location(defined)


def origins(project: Project, stack_file: Path, pointer: str, *, instance: str = "") -> list[Location]:
    """Return the line that defines the value at `pointer`, then every line of the stack that overrides a part of it, for
    `instance` as in `locate`.

    Raises as `locate` does.
    """
    source = Pointer.parse(pointer)
    lines = [_location(mark_at(_document(project, stack_file, source), source.path))]
    for override in _overrides(project, stack_file, source.file, instance):
        mark = _overriding(override, source.path)
        if mark is not None:
            value = value_at(override, source.path)
            lines += map(_location, _leaves(value) if isinstance(value, LocatedDict) else [mark])
    return list(dict.fromkeys(lines))


def _document(project: Project, stack_file: Path, source: Pointer) -> LocatedDict | LocatedList:
    """Return the content of a file; the stack's file may be in another folder than the project's. In a file of
    manifests a path begins with the number of a document."""
    file = source.file
    if any(isinstance(each, int) for each in source.path[:1]):
        return read_all(project.root / file, file, misread)
    return read(stack_file if file == stack_file.name else project.root / file, file)


def system_of(urn: str) -> str:
    """Return the name of the system whose resource has this URN, as the program names resources; another name otherwise."""
    return urn.rpartition("::")[2].partition("/")[0]


def _overrides(project: Project, stack_file: Path, file: str, instance: str) -> list[LocatedDict]:
    """Return the stack's overrides of the system that `file` defines: those of `instance`, or of all its instances if none
    has that name; none if `file` is not a system's."""
    found = list(_placed(project, stack_file, file))
    own = [placed for called, placed in found if called == instance]
    return own or [placed for _, placed in found]


def _placed(project: Project, stack_file: Path, file: str) -> Iterator[tuple[str, LocatedDict]]:
    name = name_in(project, stack_file)
    if Path(file).name != SYSTEM_FILE or not stack_file.is_file() or file == name:
        return
    config = read(stack_file, name).get("config")
    clusters = in_namespace(config, project.name).get("clusters") if isinstance(config, LocatedDict) else None
    for cluster in clusters.values() if isinstance(clusters, LocatedDict) else ():
        systems = value_at(cluster, ("systems",))
        for called, placed in systems.items() if isinstance(systems, LocatedDict) else ():
            if isinstance(placed, LocatedDict) and placed.get("definition", called) == Path(file).parent.name:
                yield called, placed


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
