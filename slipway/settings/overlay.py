"""A stack's overrides merged into a system's definition: a value is default < system < stack."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic.fields import FieldInfo

from slipway.settings.document import LocatedDict
from slipway.settings.problems import Place, Problem, nearest
from slipway.settings.setting import Setting


def merge(model: type[Setting], base: LocatedDict, overlay: LocatedDict) -> tuple[LocatedDict, list[Problem]]:
    """Return `base` with the values of `overlay`, each with the mark of the file that it comes from.

    Only keys that the schema marks overridable may be given; every other key is a problem.
    """
    problems: list[Problem] = []
    return _merged(model, base, overlay, problems), problems


def overridable_keys(model: type[Setting]) -> list[str]:
    """Return the keys of `model` that a stack may set, or that contain such keys."""
    return [field.alias or name for name, field in model.model_fields.items() if is_open(field)]


def refusal(model: type[Setting], key: str, besides: Iterable[str] = ()) -> str:
    """Return the rule that `key` breaks as an override of `model`; `besides` are other keys that are allowed."""
    allowed = sorted([*overridable_keys(model), *besides])
    if key not in {field.alias or name for name, field in model.model_fields.items()}:
        return f"is not a known key{nearest(key, allowed)}"
    return f"cannot be overridden by a stack; allowed: {', '.join(allowed)}"


def _merged(model: type[Setting], base: LocatedDict, overlay: LocatedDict, problems: list[Problem]) -> LocatedDict:
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    result = _copy(base)
    for key, value in overlay.items():
        field = fields.get(key)
        if field is None or not is_open(field):
            problems.append(_problem(overlay, key, refusal(model, key)))
            continue
        _put(result, key, overlay, _merged_value(field.annotation, base.get(key), value, problems))
    return result


def _merged_value(annotation: Any, base: Any, value: Any, problems: list[Problem]) -> Any:
    if not isinstance(value, LocatedDict):
        return value
    base = base if isinstance(base, LocatedDict) else LocatedDict(value.mark)
    inner = open_setting(annotation)
    if inner is not None:
        return _merged(inner, base, value, problems)
    entry = entry_of(annotation)
    return value if entry is None else _merged_entries(entry, base, value, problems)


def _merged_entries(entry: Any, base: LocatedDict, overlay: LocatedDict, problems: list[Problem]) -> LocatedDict:
    """Return the merged entries: those of named settings (services, databases) must exist; plain ones (variables,
    domains) may be added."""
    named = open_setting(entry) is not None
    result = _copy(base)
    for key, value in overlay.items():
        if not named:
            _put(result, key, overlay, value)
        elif key in base:
            _put(result, key, overlay, _merged_value(entry, base[key], value, problems))
        else:
            hint = nearest(key, base) or ("" if base else "; it has none")
            problems.append(_problem(overlay, key, f"is not in the system's definition{hint}"))
    return result


def _copy(value: LocatedDict) -> LocatedDict:
    return value.only(list(value))


def _put(result: LocatedDict, key: str, overlay: LocatedDict, value: Any) -> None:
    result.put(key, value, overlay.marks[key])


def _problem(overlay: LocatedDict, key: str, rule: str) -> Problem:
    mark = overlay.marks[key]
    return Problem(Place(mark.file, mark.line, mark.path), rule)


def is_open(field: FieldInfo) -> bool:
    """Return whether a stack may set the field, or something in it."""
    extra = field.json_schema_extra
    marked = isinstance(extra, dict) and bool(extra.get("x-overridable"))
    return marked or open_setting(field.annotation) is not None or open_setting(entry_of(field.annotation)) is not None


def open_setting(annotation: Any) -> type[Setting] | None:
    """Return the Setting among the values of this type whose keys a stack may override one by one."""
    if typing.get_origin(annotation) is Annotated:
        return open_setting(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return next((found for found in map(open_setting, typing.get_args(annotation)) if found is not None), None)
    if isinstance(annotation, type) and issubclass(annotation, Setting):
        return annotation if any(map(is_open, annotation.model_fields.values())) else None
    return None


def entry_of(annotation: Any) -> Any:
    """Return the type of the entries of a mapping, or None."""
    return typing.get_args(annotation)[1] if typing.get_origin(annotation) is dict else None
