"""Reads YAML files and records the file and line of every value.

Anchors, aliases and tags are refused: every value has exactly one line, and tags are code or guesswork.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from slipway.settings import engine_yaml, pointers
from slipway.settings.problems import InvalidSettings, Place, Problem
from slipway.settings.scalars import plain

MAXIMUM_BYTES = 1024 * 1024
"""Bytes of a settings file. Chosen: a hundred times the longest one."""
MAXIMUM_DEPTH = 64
"""Levels of nesting. Chosen: settings have less than ten; beyond it recursion could overflow."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BINARY = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


Misread = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Mark:
    """The position of a value: `path` from the root of `file`, `line` counted from 1."""

    file: str
    path: pointers.Path
    line: int


class LocatedDict(dict[str, Any]):
    """A mapping with its own mark and those of its entries."""

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self.marks: dict[str | int, Mark] = {}

    def put(self, key: str, value: Any, mark: Mark) -> None:
        self[key] = value
        self.marks[key] = mark

    def only(self, keys: Iterator[str] | list[str]) -> LocatedDict:
        """Return the entries of `keys` that exist."""
        result = LocatedDict(self.mark)
        for key in keys:
            if key in self:
                result.put(key, self[key], self.marks[key])
        return result


class LocatedList(list[Any]):
    """A sequence with its own mark and those of its items."""

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self.marks: dict[str | int, Mark] = {}

    def add(self, value: Any, mark: Mark) -> None:
        self.marks[len(self)] = mark
        self.append(value)


def read(path: Path, file: str, *, engine: bool = False) -> LocatedDict:
    """Return the mapping in the YAML file `path`, called `file` in messages; `engine` means that Pulumi reads it too.

    Raises InvalidSettings if the file is missing, unreadable, too long, not UTF-8, not YAML or not a mapping.
    """
    text = text_of(path, file)
    composer = _Composer(file, text, engine)
    try:
        document = composer.document()
    except yaml.YAMLError as error:
        raise InvalidSettings([syntax_problem(error, file, text)]) from None
    if composer.problems:
        raise InvalidSettings(composer.problems)
    if not isinstance(document, LocatedDict):
        raise InvalidSettings([Problem(Place(file, 1), "is empty" if document is None else "is not a mapping of keys")])
    return document


def read_all(path: Path, file: str, misread: Misread) -> LocatedList:
    """Return the documents of a YAML file, except empty ones; paths of their marks begin with the number of the
    document. `misread` returns the rule that a plain scalar breaks.

    Raises InvalidSettings as `read` does.
    """
    text = text_of(path, file)
    composer = _Composer(file, text, engine=False, misread=misread)
    try:
        documents = composer.documents()
    except yaml.YAMLError as error:
        raise InvalidSettings([syntax_problem(error, file, text)]) from None
    if composer.problems:
        raise InvalidSettings(composer.problems)
    return documents


def mark_at(value: Any, path: pointers.Path) -> Mark:
    """Return the mark of the value at `path` below a located one, or of the last existing one on the path."""
    mark: Mark = value.mark
    for segment in path:
        if not isinstance(value, LocatedDict | LocatedList) or segment not in value.marks:
            break
        mark = value.marks[segment]
        value = value[segment]  # type: ignore[index]
    return mark


def value_at(value: Any, path: pointers.Path) -> Any:
    """Return the value at `path`, or None if there is none."""
    for segment in path:
        if not isinstance(value, LocatedDict | LocatedList) or segment not in value.marks:
            return None
        value = value[segment]  # type: ignore[index]
    return value


def walk(value: Any) -> Iterator[tuple[Mark, Any]]:
    """Yield every entry below `value` with its mark; parents before children."""
    if isinstance(value, LocatedDict | LocatedList):
        for key, mark in value.marks.items():
            entry = value[key]  # type: ignore[index]
            yield mark, entry
            yield from walk(entry)


def copied(value: Any) -> Any:
    """Return a deep copy that can be changed."""
    if isinstance(value, LocatedDict):
        mapping = LocatedDict(value.mark)
        for key, item in value.items():
            mapping.put(key, copied(item), value.marks[key])
        return mapping
    if isinstance(value, LocatedList):
        sequence = LocatedList(value.mark)
        for index, item in enumerate(value):
            sequence.add(copied(item), value.marks[index])
        return sequence
    return value


def text_of(path: Path, file: str) -> str:
    """Return the text of a settings file, called `file` in messages. Raises InvalidSettings if it cannot be read as one."""
    try:
        with path.open("rb") as stream:
            content = stream.read(MAXIMUM_BYTES + 1)
    except FileNotFoundError:
        raise InvalidSettings([Problem(Place(file), "does not exist")]) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "is not a valid file name"
        raise InvalidSettings([Problem(Place(file), f"cannot be read: {reason}")]) from None
    if len(content) > MAXIMUM_BYTES:
        raise InvalidSettings([Problem(Place(file), "is larger than 1 MiB, too large for a settings file")])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidSettings([Problem(Place(file, line), "is not UTF-8 text")]) from None
    binary = _BINARY.search(text)
    if binary is not None:
        line = text.count("\n", 0, binary.start()) + 1
        raise InvalidSettings([Problem(Place(file, line), "is binary: it has a control character")])
    return text


def syntax_problem(error: yaml.YAMLError, file: str, text: str) -> Problem:
    """Return where and why a text is not YAML, without anything that it says."""
    mark = getattr(error, "problem_mark", None)
    reason = getattr(error, "problem", None) or "cannot be parsed"
    lines = text.split("\n")
    if mark is not None and mark.line < len(lines) and "\t" in lines[mark.line]:
        reason = f"{reason}; indent with spaces, not with tabs"
    return Problem(Place(file, mark.line + 1 if mark else None), f"is not valid YAML: {reason}")


class _Composer:
    """Turns the parser's events into located values, and collects constructs that YAML allows and settings do not.

    It reads events, not composed nodes: PyYAML's C composer overflows the stack on deep nesting.
    """

    def __init__(self, file: str, text: str, engine: bool, misread: Misread = lambda _: None) -> None:
        self.problems: list[Problem] = []
        self._file, self._engine, self._misread = file, engine, misread
        self._events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)

    def document(self) -> Any:
        """Return the value of the only document, or None if there is none. Raises yaml.YAMLError."""
        next(self._events)
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return None
        value = self._value(next(self._events), (), 1)
        next(self._events)
        following = next(self._events)
        if not isinstance(following, yaml.StreamEndEvent):
            self.problem((), following.start_mark.line + 1, "begins a second document: a settings file contains one")
        return value

    def documents(self) -> LocatedList:
        """Return the values of all documents but empty ones. Raises yaml.YAMLError."""
        result = LocatedList(Mark(self._file, (), 1))
        next(self._events)
        while not isinstance(next(self._events), yaml.StreamEndEvent):
            event = next(self._events)
            mark = Mark(self._file, (len(result),), event.start_mark.line + 1)
            value = self._value(event, mark.path, mark.line)
            next(self._events)
            if value is not None:
                result.add(value, mark)
        return result

    def problem(self, path: pointers.Path, line: int, rule: str) -> None:
        self.problems.append(Problem(Place(self._file, line, path), rule))

    def _value(self, event: Any, path: pointers.Path, line: int) -> Any:
        if len(path) > MAXIMUM_DEPTH:
            raise InvalidSettings([Problem(Place(self._file, line), "is nested too deeply for a settings file")])
        if isinstance(event, yaml.AliasEvent):
            return self.problem(path, line, "is a YAML alias (*name); write the value out")
        if event.tag is not None:
            self.problem(path, line, "has a YAML tag (!name); write a plain value")
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path, line)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path, line)
        if self._engine and (rule := engine_yaml.misread(event.value, event.style)) is not None:
            self.problems.append(Problem(Place(self._file, line, path), rule, event.value))
        if not event.style and (rule := self._misread(event.value)) is not None:
            self.problem(path, line, rule)
        return event.value if event.style else plain(event.value)

    def _mapping(self, path: pointers.Path, line: int) -> LocatedDict:
        result = LocatedDict(Mark(self._file, path, line))
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            line = event.start_mark.line + 1
            if not isinstance(event, yaml.ScalarEvent):
                self.problem(path, line, "has a key that is not a string")
                self._value(event, (*path, ""), line)
                key = ""
            else:
                key = event.value
                self._check_key(event, (*path, key), line)
            mark = Mark(self._file, (*path, key), line)
            value = self._value(next(self._events), mark.path, line)
            if key in result:
                self.problem(mark.path, line, f"is set twice, first on line {result.marks[key].line}")
            else:
                result.put(key, value, mark)
        return result

    def _check_key(self, event: Any, path: pointers.Path, line: int) -> None:
        if self._engine and (rule := engine_yaml.misread_key(event.value, event.style)) is not None:
            self.problem(path, line, rule)

    def _sequence(self, path: pointers.Path, line: int) -> LocatedList:
        result = LocatedList(Mark(self._file, path, line))
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            mark = Mark(self._file, (*path, len(result)), event.start_mark.line + 1)
            result.add(self._value(event, mark.path, mark.line), mark)
        return result
