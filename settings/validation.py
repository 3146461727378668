"""Turns a located mapping into a setting, or says every rule that it breaks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from settings import shapes
from settings.document import LocatedDict, LocatedList, copied, mark_at, value_at
from settings.pointers import Path
from settings.problems import Place, Problem, nearest, nearest_word

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
"""Mending one value may uncover the next, such as those below a misspelt key."""


def validate(model: type[Model], data: LocatedDict) -> tuple[Model | None, list[Problem]]:
    """The typed value of `data`, or None and what is wrong with it."""
    try:
        return model.model_validate(data, by_alias=True, by_name=False), []
    except ValidationError as error:
        details = _details(error)
        misspelt = _misspelt(model, data, details)
        return None, [_problem(model, data, detail) for detail in details if detail["loc"] not in misspelt]


class Mended(NamedTuple):
    """Data in which stand-ins took the place of what is wrong, and the paths of those: to find more problems with."""

    data: LocatedDict
    stood_in: list[Path]


def mended(model: type[BaseModel], data: LocatedDict) -> Mended | None:
    """`data` made valid, or None when stand-ins do not suffice."""
    draft, stood_in = copied(data), []
    for _ in range(_ROUNDS):
        try:
            model.model_validate(draft, by_alias=True, by_name=False)
            return Mended(draft, stood_in)
        except ValidationError as error:
            stood_in += [_stand_in(model, draft, detail) for detail in reversed(_details(error))]
    return None


def touches(path: Path, others: Iterable[Path]) -> bool:
    """Whether `path` lies in one of `others`, or holds one."""
    return any(path[: len(other)] == other[: len(path)] for other in others)


def lies_in(path: Path, others: Iterable[Path]) -> bool:
    """Whether `path` is one of `others` or below one."""
    return any(path[: len(other)] == other for other in others)


def problem_at(data: Any, path: Path, rule: str) -> Problem:
    """A broken rule about the value at `path` below `data`, or about the last on the way there that exists."""
    mark, value = mark_at(data, path), value_at(data, path)
    place = Place(mark.file, mark.line, mark.path)
    return Problem(place, rule) if value is None or isinstance(value, dict | list) else Problem(place, rule, value)


def _details(error: ValidationError) -> list[ErrorDetails]:
    return error.errors(include_url=False, include_input=False)


def _misspelt(model: type[BaseModel], data: LocatedDict, details: list[ErrorDetails]) -> set[Path]:
    """The missing keys that an unknown key beside them suggests: one mistake is one problem."""
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
            else f"holds more than {context['max_length']}"
        )
    if kind == "string_type" and isinstance(value, bool | int | float):
        return "is not text; put it in quotes"
    return _FORMS.get(kind, "is not a value that may stand here")


def _example(model: type[BaseModel], data: Any, location: Path) -> dict[str, Any]:
    schema = shapes.schema_at(model, data, location)
    options = [option for option in schema.get("anyOf", []) if option.get("type") != "null"]
    schema = {**options[0], **schema} if len(options) == 1 else schema
    default = schema.get("default")
    plain = isinstance(default, str | int | float) and not isinstance(default, bool) and "enum" not in schema
    return {"example": shapes.example(schema)} if "examples" in schema or plain else {}


def _stand_in(model: type[BaseModel], draft: LocatedDict, detail: ErrorDetails) -> Path:
    """Replaces the broken value in `draft`, or drops what cannot be replaced; gives the path that this falsifies."""
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
    """A misspelt key gets its right name; every other one is dropped."""
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
