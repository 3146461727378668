"""An application of Compose: its services with everything that they extend."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slipway.compose.remarks import Remarks, listed, mark_of
from slipway.compose.source import read, variables_beside
from slipway.compose.variables import Variables
from slipway.settings.document import LocatedDict, LocatedList, Mark
from slipway.settings.problems import InvalidSettings, Place, Problem, nearest

AS_ONE = "write them as one file: docker compose config --no-interpolate > whole.yaml"
REPLACED = ("command", "entrypoint", "test")
"""Lists that a service does not append to, when it extends another one."""
SINGLE = ("env_file", "tmpfs")
"""Lists of which one item may be written without the list."""
NAMED = ("depends_on", "networks")
"""Mappings that may be written as lists of their keys."""
LISTED = ("environment", "args", "labels", "annotations")
"""Mappings that may be written as lists of `NAME=value`."""


@dataclass(frozen=True)
class Application:
    """What a file of Compose declares."""

    document: LocatedDict
    services: dict[str, LocatedDict]
    folder: Path
    variables: Variables


def load(path: Path, file: str, remarks: Remarks) -> Application:
    """Return the application in a file, called `file` in messages. Raises InvalidSettings for what Compose refuses too."""
    variables = variables_beside(path)
    document = read(path, file, variables)
    _remark_other_files(path, document, variables, remarks)
    declared = document.get("services") or {}
    extending = _Extending(path, file, document, variables)
    services = {name: extending.service(name) for name in declared}
    return Application(document, services, path.parent, variables)


def _remark_other_files(path: Path, document: LocatedDict, variables: Variables, remarks: Remarks) -> None:
    other = path.with_name(f"{path.stem}.override{path.suffix}")
    if other.is_file():
        text = f"{other.name} is beside it and was not read: put what production needs into the file, or {AS_ONE}"
        remarks.add(document.mark, (), text)
    if [each for each in re.split("[:;,]", variables.value("COMPOSE_FILE")) if each and Path(each).name != path.name]:
        remarks.add(document.mark, (), f"COMPOSE_FILE in .env names other files, which were not read: {AS_ONE}")
    if "include" in document:
        text = f"includes other files, which were not read: translate each as a system of its own, or {AS_ONE}"
        remarks.add(document.marks["include"], ("include",), text)


def mapping(value: Any) -> LocatedDict:
    """Return a mapping, also if it is written as a list of `NAME=value`; a name without `=` has no value."""
    if isinstance(value, LocatedDict):
        return value
    found = LocatedDict(value.mark if isinstance(value, LocatedList) else Mark("", (), 1))
    for index, item in enumerate(value or ()):
        name, equals, text = str(item).partition("=")
        kept = type(item)(text) if isinstance(item, str) else text
        for flag in ("missing", "secret"):
            if hasattr(item, flag):
                setattr(kept, flag, getattr(item, flag))
        found.put(name, kept if equals else None, value.marks[index])
    return found


class _Extending:
    """Resolves `extends`, in the file and in others."""

    def __init__(self, path: Path, file: str, document: LocatedDict, variables: Variables) -> None:
        self._path, self._file, self._variables = path, file, variables
        self._documents = {path.resolve(): (file, document)}

    def service(self, name: str) -> LocatedDict:
        return self._resolved(self._path.resolve(), name, ())

    def _resolved(self, path: Path, name: str, before: tuple[tuple[Path, str], ...]) -> LocatedDict:
        _, document = self._documents[path]
        declared = (document.get("services") or {}).get(name)
        declared = LocatedDict(mark_of(document["services"], name)) if declared is None else declared
        if "extends" not in declared:
            return declared
        place = Place(declared.mark.file, declared.marks["extends"].line, ("services", name, "extends"))
        if (path, name) in before:
            raise InvalidSettings([Problem(place, "extends itself")])
        extended = declared["extends"]
        other = path
        if isinstance(extended, dict) and extended.get("file"):
            other = self._opened(path, str(extended["file"]), place)
        target = str(extended["service"] if isinstance(extended, dict) else extended)
        services = self._documents[other][1].get("services") or {}
        if target not in services:
            raise InvalidSettings(
                [Problem(place, f"names no service of {self._documents[other][0]}{nearest(target, services)}")]
            )
        base = self._resolved(other, target, (*before, (path, name)))
        folder = Path(os.path.relpath(other.parent, path.parent))
        return _merged(base if folder == Path() else _moved(base, folder), declared)

    def _opened(self, path: Path, named: str, place: Place) -> Path:
        other = (path.parent / named).resolve()
        if not other.is_file():
            raise InvalidSettings([Problem(place, "names a file that does not exist")])
        if other not in self._documents:
            self._documents[other] = (named, read(other, named, self._variables))
        return other


def _merged(base: LocatedDict, over: LocatedDict) -> LocatedDict:
    """Return a mapping over another one: mappings are merged, lists appended, other values replaced."""
    result = LocatedDict(over.mark)
    for key in [*base, *(each for each in over if each not in base)]:
        if key == "extends":
            continue
        mine, its = over.get(key), base.get(key)
        if key in over and key in base:
            mine, its = _in_one_form(key, mine, over), _in_one_form(key, its, base)
        if key not in over:
            result.put(key, its, base.marks[key])
        elif key in LISTED and key in base:
            result.put(key, _merged(mapping(its), mapping(mine)), over.marks[key])
        elif isinstance(mine, LocatedDict) and isinstance(its, LocatedDict):
            result.put(key, _merged(its, mine), over.marks[key])
        elif isinstance(mine, LocatedList) and isinstance(its, LocatedList) and key not in REPLACED:
            result.put(key, _appended(its, mine), over.marks[key])
        else:
            result.put(key, mine, over.marks[key])
    return result


def _in_one_form(key: str, value: Any, of: LocatedDict) -> Any:
    """Return a value that may be written in two ways in the one that can be merged with the other."""
    if key in SINGLE and isinstance(value, str):
        result = LocatedList(of.marks[key])
        result.add(value, of.marks[key])
        return result
    return mapping(value) if key in NAMED and isinstance(value, LocatedList) else value


def _moved(service: LocatedDict, folder: Path) -> LocatedDict:
    """Return a service of a file in another folder, whose paths lead from there."""
    result = LocatedDict(service.mark)
    for key, value in service.items():
        if key in ("env_file", "volumes"):
            moved = LocatedList(service.marks[key])
            for each, mark in listed(service, key):
                moved.add(_moved_entry(key, each, folder), mark)
            value = moved
        result.put(key, value, service.marks[key])
    return result


def _moved_entry(key: str, value: Any, folder: Path) -> Any:
    inside = {"env_file": "path", "volumes": "source"}[key]
    if isinstance(value, LocatedDict):
        moved = LocatedDict(value.mark)
        for name, each in value.items():
            is_path = name == inside and (key == "env_file" or value.get("type") == "bind")
            moved.put(name, _moved_path(str(each), folder) if is_path else each, value.marks[name])
        return moved
    text = str(value)
    if key == "env_file":
        return _moved_path(text, folder)
    moved = _moved_path(text, folder)
    return value if not text.startswith(".") else moved if moved.startswith(".") else f"./{moved}"


def _moved_path(text: str, folder: Path) -> str:
    """Return a path, or a mount that begins with one, from another folder; one of the machine is the same there."""
    return text if text.startswith(("/", "~")) else os.path.normpath(folder / text)


def _appended(base: LocatedList, over: LocatedList) -> LocatedList:
    result = LocatedList(over.mark)
    for part in (base, over):
        for index, item in enumerate(part):
            if item not in result:
                result.add(item, part.marks[index])
    return result
