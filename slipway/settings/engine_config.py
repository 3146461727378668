"""Configuration as Pulumi's engine passes it to a program, with the lines of the stack's file for equal values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from slipway.settings.document import LocatedDict, LocatedList, Mark, value_at
from slipway.settings.problems import InvalidSettings, Place, Problem
from slipway.settings.project import full_key


def in_namespace(config: LocatedDict, project: str) -> LocatedDict:
    """Return the keys of the project's own namespace, without the namespace. Raises InvalidSettings if one is given
    twice."""
    result = LocatedDict(config.mark)
    for key, value in config.items():
        namespace, _, name = full_key(project, key).partition(":")
        mark = config.marks[key]
        if namespace == project and name in result:
            rule = f"is set twice, first on line {result.marks[name].line}"
            raise InvalidSettings([Problem(Place(mark.file, mark.line, mark.path), rule)])
        if namespace == project:
            result.put(name, value, mark)
    return result


def in_key_order(value: Any) -> Any:
    """Return a copy with sorted keys in every mapping: the engine preserves no other order, so nothing may depend on
    one."""
    if isinstance(value, LocatedDict):
        mapping = LocatedDict(value.mark)
        for key in sorted(value):
            mapping.put(key, in_key_order(value[key]), value.marks[key])
        return mapping
    if isinstance(value, LocatedList):
        sequence = LocatedList(value.mark)
        for index, item in enumerate(value):
            sequence.add(in_key_order(item), value.marks[index])
        return sequence
    return value


def located(config: Mapping[str, Any], written: LocatedDict, project: str) -> LocatedDict:
    """Return `config` (plain values, or objects as JSON) with the marks of `written`, the stack's file.

    Keys may have the project's namespace or none; None means no value. Encrypted values of the file remain.
    """
    result = LocatedDict(written.mark)
    for key, value in config.items():
        short = key.removeprefix(f"{project}:")
        if value is None or ":" in short:
            continue
        mark = written.marks.get(short, Mark(written.mark.file, ("config", f"{project}:{short}"), 1))
        result.put(short, _located(_parsed(value), written.get(short), mark), mark)
    return result


def _parsed(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(("{", "[")):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _located(value: Any, written: Any, mark: Mark) -> Any:
    if isinstance(written, LocatedDict) and set(written) == {"secure"}:
        return written
    marks = written.marks if isinstance(written, LocatedDict | LocatedList) and isinstance(value, dict | list) else {}
    if isinstance(value, dict):
        mapping = LocatedDict(mark)
        for key, item in value.items():
            inner = marks.get(key, Mark(mark.file, (*mark.path, key), mark.line))
            mapping.put(key, _located(item, value_at(written, (key,)), inner), inner)
        return mapping
    if isinstance(value, list):
        sequence = LocatedList(mark)
        for index, item in enumerate(value):
            inner = marks.get(index, Mark(mark.file, (*mark.path, index), mark.line))
            sequence.add(_located(item, value_at(written, (index,)), inner), inner)
        return sequence
    return written if written == value and isinstance(written, bool) == isinstance(value, bool) else value
