"""Reads a file of Compose, with the line of every value. Anchors, aliases and merge keys are resolved, and variables filled
in; the form is that of the Compose Specification."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema.validators import validator_for

from slipway.compose.variables import Variables, parsed
from slipway.settings.document import LocatedDict, LocatedList, Mark, mark_at, syntax_problem, text_of
from slipway.settings.problems import InvalidSettings, Place, Problem
from slipway.settings.scalars import plain

SCHEMA = Path(__file__).with_name("compose-spec.json")
"""The schema of the Compose Specification as it is (https://github.com/compose-spec/compose-spec, Apache-2.0)."""
_MERGE = "tag:yaml.org,2002:merge"
_STANDARD = "tag:yaml.org,2002:"
_OF_COMPOSE = ("!reset", "!override")
"""Tags with which a second file takes values of the first one away; in a single file they change nothing."""
LARGEST = 100_000
"""Values of a file once its aliases are resolved. Chosen: a hundred times the longest one; more is an attack on memory."""
FORM = "is not of the form that the Compose Specification gives it"
TWICE = "has the same item twice, which Compose refuses"
_EXTRA = ("additionalProperties", "unevaluatedProperties")


def variables_beside(path: Path) -> Variables:
    """Return the variables of `.env` in the folder of a file of Compose; none if there is no such file."""
    file = path.parent / ".env"
    text = text_of(file, file.name) if file.is_file() else ""
    found = parsed(text, file.name, Variables({}))
    return Variables({name: value for name, (value, _) in found.items() if value is not None})


def read(path: Path, file: str, variables: Variables) -> LocatedDict:
    """Return the mapping in a file of Compose, called `file` in messages. Raises InvalidSettings if it cannot be read, or is
    not of the form that the Compose Specification gives it."""
    text = text_of(path, file)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise InvalidSettings([syntax_problem(error, file, text)]) from None
    except RecursionError:
        raise InvalidSettings([Problem(Place(file), "is nested too deeply")]) from None
    composer = _Reader(file, variables)
    document = composer.value(node, ()) if node is not None else None
    if composer.problems:
        raise InvalidSettings(composer.problems)
    if not isinstance(document, LocatedDict):
        rule = "is not a mapping with 'services', as a file of Compose is"
        raise InvalidSettings([Problem(Place(file, 1), rule)])
    if problems := list(_faults(document)):
        raise InvalidSettings(problems)
    return document


@cache
def _validator() -> Any:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return validator_for(schema)(schema)


@cache
def _keys_of_services() -> frozenset[str]:
    parts = _validator().schema["$defs"]
    return frozenset(
        key for name in ("service", "container_spec", "workload_spec") for key in parts[name]["properties"]
    )


def _faults(document: LocatedDict) -> Iterator[Problem]:
    """Yield what the schema says, without the values that it says it of: any of them may be a secret."""
    errors = list(_validator().iter_errors(document))
    wrong = {tuple(each.absolute_path)[:2] for each in errors if each.validator not in _EXTRA}
    for error in errors:
        path = tuple(error.absolute_path)
        mark = mark_at(document, path)
        keys = [key for key in error.instance if f"'{key}'" in error.message] if error.validator in _EXTRA else []
        if keys and path in wrong:
            # A service with another fault has no key that is evaluated, so the schema names them all.
            keys = [key for key in keys if key not in _keys_of_services()]
            if not keys:
                continue
        for key in keys:
            line = error.instance.marks[key].line
            yield Problem(Place(mark.file, line, (*path, key)), "is not a key that Compose has here")
        if not keys:
            repeated = any(each.validator == "uniqueItems" for each in (error, *(error.context or ())))
            said = error.message if error.validator == "required" else TWICE if repeated else FORM
            yield Problem(Place(mark.file, mark.line, path), said)


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [value for _, value in node.value]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


class _Reader:
    """Turns nodes into located values; what an alias names is read once."""

    def __init__(self, file: str, variables: Variables) -> None:
        self.problems: list[Problem] = []
        self._file, self._variables = file, variables
        self._known: dict[int, Any] = {}
        self._open: set[int] = set()
        self._sizes: dict[int, int] = {}

    def value(self, node: yaml.Node, path: tuple[str | int, ...]) -> Any:
        if id(node) in self._open:
            return self._problem(node, path, "contains itself, by a YAML alias")
        if id(node) not in self._known:
            self._open.add(id(node))
            self._known[id(node)] = self._read(node, path)
            self._open.discard(id(node))
            self._sizes[id(node)] = 1 + sum(self._sizes.get(id(each), 1) for each in _children(node))
            if self._sizes[id(node)] > LARGEST:
                raise InvalidSettings([Problem(Place(self._file), "is too large once its YAML aliases are resolved")])
        return self._known[id(node)]

    def _problem(self, node: yaml.Node, path: tuple[str | int, ...], rule: str) -> None:
        self.problems.append(Problem(Place(self._file, node.start_mark.line + 1, path), rule))

    def _read(self, node: yaml.Node, path: tuple[str | int, ...]) -> Any:
        if not node.tag.startswith(_STANDARD) and node.tag not in _OF_COMPOSE:
            self._problem(node, path, "has a YAML tag that is not one of Compose")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return self._sequence(node, path)
        assert isinstance(node, yaml.ScalarNode)
        try:
            text = self._variables.filled(node.value)
        except ValueError as error:
            return self._problem(node, path, str(error))
        return text if node.style or text != node.value or type(text) is not str else plain(text)

    def _mark(self, node: yaml.Node, path: tuple[str | int, ...]) -> Mark:
        return Mark(self._file, path, node.start_mark.line + 1)

    def _mapping(self, node: yaml.MappingNode, path: tuple[str | int, ...]) -> LocatedDict:
        result = LocatedDict(self._mark(node, path))
        merged: list[LocatedDict] = []
        for key, value in node.value:
            if key.tag == _MERGE:
                merged += self._merged(value, path)
            elif not isinstance(key, yaml.ScalarNode):
                self._problem(key, path, "has a key that is not a string")
            elif key.value in result:
                self._problem(key, (*path, key.value), "is set twice")
            else:
                inner = (*path, key.value)
                result.put(key.value, self.value(value, inner), self._mark(key, inner))
        for other in merged:
            for name, value in other.items():
                if name not in result:
                    result.put(name, value, other.marks[name])
        return result

    def _merged(self, node: yaml.Node, path: tuple[str | int, ...]) -> list[LocatedDict]:
        found = self.value(node, (*path, "<<"))
        listed = found if isinstance(found, LocatedList) else [found]
        wrong = [each for each in listed if not isinstance(each, LocatedDict)]
        if wrong:
            self._problem(node, (*path, "<<"), "merges what is not a mapping")
        return [each for each in listed if isinstance(each, LocatedDict)]

    def _sequence(self, node: yaml.SequenceNode, path: tuple[str | int, ...]) -> LocatedList:
        result = LocatedList(self._mark(node, path))
        for index, item in enumerate(node.value):
            inner = (*path, index)
            result.add(self.value(item, inner), self._mark(item, inner))
        return result
