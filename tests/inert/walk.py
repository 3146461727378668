"""Every setting of the example in this folder, with a second legal value of each."""

from __future__ import annotations

import copy
import hashlib
import json
import re
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from slipway.settings.document import read
from slipway.settings.fields import Known
from slipway.settings.setting import Setting
from slipway.settings.stacks import Stack

EXAMPLE = Path(__file__).parent / "example"
VALUES = Path(__file__).parent / "values.yaml"
STACK_FILE = "Pulumi.test.yaml"
UNSET: Any = object()
"""In place of a second value that cannot be derived."""
DROP = "$drop"
"""A value of values.yaml that takes the key away."""

Keys = tuple[str | int, ...]


@dataclass(frozen=True)
class Field:
    """A field of a setting at one place of the example."""

    file: str
    """`Pulumi.test.yaml` or `systems/<name>/system.yaml`."""
    path: Keys
    """Where it stands in the file."""
    pattern: str
    """The same for all entries of a mapping or list, as `System.services.*.port`."""
    model: type[Setting]
    """The class that declares it."""
    name: str
    """Its name there."""
    value: Any
    """What the example says; none if it is not set."""

    @property
    def at(self) -> str:
        """Return file and path, as in values.yaml: `shop services.api.port`, `stack clusters.main.region`."""
        path = dotted(self.path).removeprefix("config.slipway:")
        return f"{'stack' if self.file == STACK_FILE else self.file.split('/')[1]} {path}"


def dotted(path: Keys) -> str:
    return ".".join(map(str, path))


def documents() -> dict[str, Any]:
    """Return the documents of the example by file."""
    return json.loads(_documents())


@cache
def _documents() -> str:
    files = [EXAMPLE / STACK_FILE, *sorted(EXAMPLE.glob("systems/*/system.yaml"))]
    return json.dumps({str(file.relative_to(EXAMPLE)): read(file, file.name) for file in files})


@cache
def other_files() -> Mapping[str, str]:
    """Return the texts of all other files of the example."""
    texts = {str(file.relative_to(EXAMPLE)): file for file in sorted(EXAMPLE.rglob("*")) if file.is_file()}
    return {name: file.read_text("utf-8") for name, file in texts.items() if name not in documents()}


def declared(*models: type[Setting]) -> set[tuple[type[Setting], str]]:
    """Return every field of every setting that `models` reach by the types of their fields."""
    found: set[tuple[type[Setting], str]] = set()
    pending: list[Any] = list(models)
    seen: set[type[Setting]] = set()
    while pending:
        each = pending.pop()
        if isinstance(each, type) and issubclass(each, Setting) and each not in seen:
            seen.add(each)
            found |= {(owner(each, name), name) for name in each.model_fields}
            pending += [info.annotation for info in each.model_fields.values()]
        pending += typing.get_args(each)
    return found


def owner(model: type[Setting], name: str) -> type[Setting]:
    """Return the class whose body declares the field."""
    return next(each for each in model.__mro__ if name in vars(each).get("__annotations__", {}))  # type: ignore[return-value]


def fields(stack: Stack, systems: Mapping[str, Setting], config: Setting) -> list[Field]:
    """Return every field of the example, each at every place where it stands."""
    prefix: Keys = ("config",)
    found = list(_fields(STACK_FILE, config, (), "StackConfig"))
    for name, cluster in stack.clusters.items():
        where = ("clusters", name)
        found += _fields(STACK_FILE, cluster.settings, where, "")
        for system, deployed in cluster.systems.items():
            found += _fields(STACK_FILE, deployed.deployment, (*where, "systems", system), "SystemDeployment")
    found = [
        Field(
            each.file,
            (*prefix, f"slipway:{each.path[0]}", *each.path[1:]),
            each.pattern,
            each.model,
            each.name,
            each.value,
        )
        for each in found
    ]
    for name, system in systems.items():
        found += below(f"systems/{name}/system.yaml", system)
    return found


def below(file: str, system: Setting) -> Iterator[Field]:
    """Yield the fields of a system in `file`."""
    return _fields(file, system, (), "System")


def of_cluster(name: str, settings: Setting) -> Iterator[Field]:
    """Yield the fields of a cluster in a stack's file."""
    return _fields(STACK_FILE, settings, ("config", "slipway:clusters", name), "Cluster")


def _fields(file: str, setting: Setting, path: Keys, pattern: str) -> Iterator[Field]:
    """Yield the fields below `setting`; without a `pattern` each of its own begins with the class that declares it."""
    for name, info in type(setting).model_fields.items():
        model, key = owner(type(setting), name), info.alias or name
        if pattern == "StackConfig" and name == "clusters":
            continue
        below = f"{pattern or model.__name__}.{key}"
        yield from _values(file, getattr(setting, name), (*path, key), below, model, name)


def _values(file: str, value: Any, path: Keys, pattern: str, model: type[Setting], name: str) -> Iterator[Field]:
    if isinstance(value, Setting):
        if _has_words(model.model_fields[name].annotation):
            yield Field(file, path, pattern, model, name, value)
        yield from _fields(
            file, value, path, pattern if not _is_choice(model, name) else f"{pattern}<{type(value).__name__}>"
        )
    elif isinstance(value, dict) and value:
        for key, entry in value.items():
            yield from _values(file, entry, (*path, key), f"{pattern}.*", model, name)
    elif isinstance(value, list) and value:
        for index, entry in enumerate(value):
            yield from _values(file, entry, (*path, index), f"{pattern}.*", model, name)
    else:
        yield Field(file, path, pattern, model, name, value)


def _is_choice(model: type[Setting], name: str) -> bool:
    return (
        len(
            {
                each
                for each in _parts(model.model_fields[name].annotation)
                if isinstance(each, type) and issubclass(each, Setting)
            }
        )
        > 1
    )


def _has_words(annotation: Any) -> bool:
    """Return whether a word may stand in place of the setting, such as `none`."""
    return any(typing.get_origin(each) is typing.Literal for each in _parts(annotation))


def _parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    if typing.get_origin(annotation) in (Annotated, typing.Union, types.UnionType, dict, list):
        for each in typing.get_args(annotation):
            yield from _parts(each)


def second_value(field: Field) -> Any:
    """Return another legal value of the field, similar to the example's, or UNSET."""
    for candidate in _candidates(field):
        if candidate != field.value and type(candidate) is type(field.value) and _is_legal(field, candidate):
            return candidate
    return UNSET


def _candidates(field: Field) -> Iterator[Any]:
    value, annotation = field.value, field.model.model_fields[field.name].annotation
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield from (value + 1, value - 1, value + 3)
    elif isinstance(value, str):
        for each in _parts(annotation):
            if typing.get_origin(each) is typing.Literal:
                yield from typing.get_args(each)
            yield from sorted(_known_words(each))
        yield re.sub(r"[0-9]+(?=[^0-9]*$)", lambda number: str(int(number[0]) + 1).zfill(len(number[0])), value)
        yield from (f"{value}{joint}{_word(field)}" for joint in ("-", " ", "_"))
        yield f"{_word(field)}{value}"


def _known_words(annotation: Any) -> frozenset[str]:
    """Return the words of a leaf type that lists them."""
    metadata = annotation.__metadata__ if typing.get_origin(annotation) is Annotated else ()
    return next((each.words for each in metadata if isinstance(each, Known)), frozenset())


def _word(field: Field) -> str:
    """Return a word that only this field's second value has."""
    return "x" + hashlib.sha256(field.at.encode()).hexdigest()[:8]


def _is_legal(field: Field, value: Any) -> bool:
    holder: Any = value
    depth = field.pattern.rpartition(f".{field.model.model_fields[field.name].alias or field.name}")[2].count("*")
    for key in reversed(field.path[len(field.path) - depth :]):
        holder = {key: holder} if isinstance(key, str) else [holder]
    try:
        _adapter(field.model, field.name).validate_python(holder)
    except ValidationError:
        return False
    return True


@cache
def _adapter(model: type[Setting], name: str) -> TypeAdapter[Any]:
    info = model.model_fields[name]
    return TypeAdapter(Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation)  # type: ignore[valid-type]


def changed(base: Mapping[str, Any], changes: Mapping[tuple[str, Keys], Any]) -> dict[str, Any]:
    """Return the documents with other values; a key that is missing is added, DROP takes one away."""
    result = copy.deepcopy(dict(base))
    for (file, path), value in changes.items():
        holder = result[file]
        for key in path[:-1]:
            if isinstance(holder, dict) and holder.get(key) is None:
                holder[key] = {}
            holder = holder[key]
        if value == DROP:
            del holder[path[-1]]
        else:
            holder[path[-1]] = value
    return result
