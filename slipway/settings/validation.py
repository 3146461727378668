"""Turn a located mapping into a setting, or report every rule that it violates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from slipway.settings import shapes
from slipway.settings.document import LocatedDict, LocatedList, copied, mark_at, value_at
from slipway.settings.pointers import Path
from slipway.settings.problems import Place, Problem, nearest, nearest_word

Model = TypeVar("Model", bound=BaseModel)

_FORMS = {
    "bool_type": "is not true or false",
    "string_type": "is not text",
    "string_too_short": "must not be empty",
    "string_too_long": "is too long",
    "model_type": "is not a mapping of keys",
    "model_attributes_type": "is not a mapping of keys",
    "dict_type": "is not a mapping of keys",
    "list_type": "is not a list",
    "float_type": "is not a number",
    "int_type": "is not a whole number",
    "finite_number": "is not a number",
}
_ROUNDS = 6
"""Rounds of validation: fixing one value can reveal the next, such as those below a misspelt key. Chosen: levels of nesting of settings."""


def validate(model: type[Model], data: LocatedDict) -> tuple[Model | None, list[Problem]]:
    """Return the typed value of `data`, or None, and its problems."""
    try:
        return model.model_validate(data, by_alias=True, by_name=False), []
    except ValidationError as error:
        details = _details(error)
        misspelt = _misspelt(model, data, details)
        return None, [_problem(model, data, detail) for detail in details if detail["loc"] not in misspelt]


class Repaired(NamedTuple):
    """Data in which stand-ins replace invalid values, and their paths: further problems are searched with it."""

    data: LocatedDict
    stood_in: list[Path]


def repaired(model: type[BaseModel], data: LocatedDict) -> Repaired | None:
    """Return `data` made valid, or None if stand-ins do not suffice."""
    draft, stood_in = copied(data), []
    for _ in range(_ROUNDS):
        try:
            model.model_validate(draft, by_alias=True, by_name=False)
            return Repaired(draft, stood_in)
        except ValidationError as error:
            stood_in += [_stand_in(model, draft, detail) for detail in reversed(_details(error))]
    return None


def touches(path: Path, others: Iterable[Path]) -> bool:
    """Return whether `path` is in one of `others`, or contains one."""
    return any(path[: len(other)] == other[: len(path)] for other in others)


def lies_in(path: Path, others: Iterable[Path]) -> bool:
    """Return whether `path` is one of `others` or below one."""
    return any(path[: len(other)] == other for other in others)


def problem_at(data: Any, path: Path, rule: str) -> Problem:
    """Return a problem of the value at `path` below `data`, or of the last existing one on the path; a missing required
    value is named in full."""
    mark, value = mark_at(data, path), value_at(data, path)
    absent = _absent(data, path) if rule.startswith("is required") else ()
    place = Place(mark.file, mark.line, (*mark.path, *absent))
    return Problem(place, rule) if value is None or isinstance(value, dict | list) else Problem(place, rule, value)


def _absent(data: Any, path: Path) -> Path:
    """Return the end of `path` that does not exist below `data`."""
    value = data
    for index, segment in enumerate(path):
        if not isinstance(value, LocatedDict | LocatedList) or segment not in value.marks:
            return path[index:]
        value = value[segment]  # type: ignore[index]
    return ()


def _details(error: ValidationError) -> list[ErrorDetails]:
    return error.errors(include_url=False, include_input=False)


def _misspelt(model: type[BaseModel], data: LocatedDict, details: list[ErrorDetails]) -> set[Path]:
    """Return the missing keys that an unknown key next to them suggests: one mistake is one problem."""
    missing = {detail["loc"] for detail in details if detail["type"] == "missing"}
    meant = set()
    for detail in details:
        if detail["type"] == "extra_forbidden":
            *parent, key = detail["loc"]
            meant.add((*parent, nearest_word(key, shapes.keys(model, data, tuple(parent)))))
    return missing & meant


def _problem(model: type[BaseModel], data: LocatedDict, detail: ErrorDetails) -> Problem:
    location = detail["loc"]
    mark = mark_at(data, _without_key(location))
    place = Place(mark.file, mark.line, mark.path)
    if detail["type"] == "missing":
        missing = Place(mark.file, mark.line, (*mark.path, location[-1]))
        return Problem(missing, "is required", **_example(model, data, location))
    if detail["type"] == "extra_forbidden":
        known = shapes.keys(model, data, location[:-1])
        return Problem(place, f"is not a known key{nearest(location[-1], known)}")
    if location[-1] == "[key]":
        return Problem(place, f"is a key that {_rule(detail, location[-2])}", **_example(model, data, location))
    value = value_at(data, location)
    if value is None:
        return Problem(place, "has no value", **_example(model, data, location))
    return Problem(place, _rule(detail, value), value, **_example(model, data, location))


def _without_key(location: Path) -> Path:
    return location[:-1] if location[-1:] == ("[key]",) else location


def _rule(detail: ErrorDetails, value: Any) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        words = str(context["expected"]).replace("'", "").replace(" or ", ", ").split(", ")
        near = nearest_word(value, words)
        return f"is not one of {', '.join(words)}" + (f"; did you mean '{near}'?" if near else "")
    if kind in ("too_short", "too_long"):
        return (
            f"needs at least {context['min_length']} of them"
            if kind == "too_short"
            else f"has more than {context['max_length']}"
        )
    if kind == "string_type" and isinstance(value, bool | int | float):
        return "is not a string: put it in quotes"
    return _FORMS.get(kind, "is not a valid value")


def _example(model: type[BaseModel], data: Any, location: Path) -> dict[str, Any]:
    schema = shapes.schema_at(model, data, location)
    options = [option for option in schema.get("anyOf", []) if option.get("type") != "null"]
    schema = {**options[0], **schema} if len(options) == 1 else schema
    default = schema.get("default")
    plain = isinstance(default, str | int | float) and not isinstance(default, bool) and "enum" not in schema
    return {"example": shapes.example(schema)} if "examples" in schema or plain else {}


def _stand_in(model: type[BaseModel], draft: LocatedDict, detail: ErrorDetails) -> Path:
    """Replace the broken value in `draft`, or drop it if that is impossible; return the path that this falsifies."""
    location = detail["loc"]
    parent = value_at(draft, _without_key(location)[:-1])
    key: Any = _without_key(location)[-1]
    if not isinstance(parent, LocatedDict | LocatedList):
        return location
    if location[-1] == "[key]" or detail["type"] == "extra_forbidden":
        assert isinstance(parent, LocatedDict)
        return _renamed(model, draft, parent, location)
    replacement = shapes.example(shapes.schema_at(model, draft, location))
    if isinstance(parent, LocatedDict):
        parent.put(key, _located(replacement, mark_at(draft, location)), mark_at(draft, location))
    else:
        parent[key] = _located(replacement, parent.marks[key])
    return location


def _renamed(model: type[BaseModel], draft: LocatedDict, parent: LocatedDict, location: Path) -> Path:
    """Rename a misspelt key; drop any other one."""
    key = str(_without_key(location)[-1])
    value, mark = parent.pop(key, None), parent.marks.pop(key, parent.mark)
    if location[-1] == "[key]":
        return location[:-2]
    near = nearest_word(key, shapes.keys(model, draft, location[:-1]))
    if near is not None and near not in parent:
        parent.put(near, value, mark)
    return location


def _located(value: Any, mark: Any) -> Any:
    if not isinstance(value, dict):
        return value
    result = LocatedDict(mark)
    for key, item in value.items():
        result.put(key, _located(item, mark), mark)
    return result
