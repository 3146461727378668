"""Configuration as Pulumi's engine passes it to a program, with the lines of the stack's file where that says the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from settings.document import LocatedDict, LocatedList, Mark, value_at


def in_namespace(config: LocatedDict, project: str) -> LocatedDict:
    """The keys of the project's own namespace, without it."""
    result = LocatedDict(config.mark)
    for key, value in config.items():
        namespace, _, rest = key.rpartition(":")
        if namespace in ("", project):
            result.put(rest, value, config.marks[key])
    return result


def located(config: Mapping[str, Any], written: LocatedDict, project: str) -> LocatedDict:
    """`config` (plain values, or objects as JSON) with the marks of `written`, the stack's file.

    Keys may have the project's namespace or none; None is no value. Where the file has an encrypted value, that stays.
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
