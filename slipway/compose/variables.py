"""Fills in variables of Compose: `${NAME}`, `${NAME:-default}`, `$$`. Values come from `.env` beside the file, and never
from the process, whose variables are somebody's own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from slipway.compose.confidential import names_a_secret
from slipway.settings.problems import InvalidSettings, Place, Problem

_START = re.compile(r"\$(?:(?P<dollar>\$)|(?P<name>[A-Za-z_]\w*)|\{)")
_INNER = re.compile(r"(?P<name>[A-Za-z_]\w*)(?P<operator>:?[-+?])?", re.ASCII)
_GAP = r"[^\S\n]*"
_ENTRY = re.compile(
    rf"""{_GAP}(?:export[^\S\n]+)?(?P<name>[\w.\[\]-]+){_GAP}(?:[=:](?:
        {_GAP}(?P<quote>["'])(?P<quoted>(?:(?!(?P=quote))[^\\]|\\[\s\S])*)(?P=quote){_GAP}(?:\#[^\n]*)?
        |(?P<plain>(?!{_GAP}["'])[^\n]*)
    ))?(?=\n|\Z)""",
    re.VERBOSE,
)
"""A variable in a file of them; a value in quotes may have several lines. Source: the package `dotenv` of compose-go."""
_NOTHING = re.compile(rf"{_GAP}(?:#[^\n]*)?(?=\n|\Z)")
_ESCAPE = re.compile(r"\\([abfnrtv\"'\\$])")
_ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "$": "$$"}
UNREADABLE = "is not NAME=value, and no line of a value in quotes: Compose cannot read it either"
DEEPEST = 16
"""Defaults in defaults. Chosen: nobody reads more."""


class Filled(str):
    """A text with its variables filled in."""

    missing: tuple[str, ...] = ()
    """Variables without a value, in whose place there is nothing."""
    secret: bool = False
    """Whether one of its variables has the name of a secret."""


def missing_in(value: Any) -> tuple[str, ...]:
    """Return the variables without a value in a value, or in any that is in it."""
    if isinstance(value, dict | list):
        inside = value.values() if isinstance(value, dict) else value
        return tuple(dict.fromkeys(name for each in inside for name in missing_in(each)))
    return getattr(value, "missing", ())


@dataclass
class _Trace:
    """What was found on the way through a text and its defaults."""

    missing: list[str] = field(default_factory=list)
    secret: bool = False


class Variables:
    """Values of variables by name."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)
        self.secrets: set[tuple[str, str]] = set()
        """What was filled in for names of secrets."""

    def value(self, name: str) -> str:
        """Return the value of a variable; empty if it has none."""
        return self._values.get(name, "")

    def over(self, values: Mapping[str, str]) -> Variables:
        """Return the same variables with others over them."""
        result = Variables({**self._values, **values})
        result.secrets = self.secrets
        return result

    def filled(self, text: str) -> str:
        """Return a text with its variables filled in. Raises ValueError for a form that Compose refuses."""
        if "$" not in text:
            return text
        trace = _Trace()
        result = Filled(self._expanded(text, trace, 0))
        result.missing, result.secret = tuple(trace.missing), trace.secret
        return result

    def _expanded(self, text: str, trace: _Trace, depth: int) -> str:
        found, end = "", 0
        while (start := _START.search(text, end)) is not None:
            found += text[end : start.start()]
            if start["dollar"]:
                found, end = f"{found}$", start.end()
                continue
            if start["name"]:
                name, operator, other, end = start["name"], "", "", start.end()
            else:
                name, operator, other, end = _braced(text, start.end())
            value = self._value(name, operator, other, trace, depth)
            if names_a_secret(name):
                trace.secret = True
                self.secrets.add((name, value))
            found += value
        return found + text[end:]  # A dollar sign that begins no variable is one, for Compose too.

    def _value(self, name: str, operator: str, other: str, trace: _Trace, depth: int) -> str:
        value = self._values.get(name)
        there = value is not None and (bool(value) or not operator.startswith(":"))
        if operator.endswith("+"):
            return self._deeper(other, trace, depth) if there else ""
        if there and value is not None:
            if isinstance(value, Filled):
                trace.missing += value.missing
                trace.secret = trace.secret or value.secret
            return value
        if operator.endswith("-"):
            return self._deeper(other, trace, depth)
        trace.missing.append(name)
        return ""

    def _deeper(self, text: str, trace: _Trace, depth: int) -> str:
        if depth == DEEPEST:
            raise ValueError("has too many defaults in defaults")
        return self._expanded(text, trace, depth + 1)


def _braced(text: str, start: int) -> tuple[str, str, str, int]:
    """Return name, operator, what follows it, and the end of the braces that are open at `start`."""
    depth, end = 1, start
    while end < len(text) and depth:
        depth += {"{": text[end - 1] == "$", "}": -1}.get(text[end], 0)
        end += 1
    inner = _INNER.match(text, start, end - 1)
    if depth or inner is None or (inner["operator"] is None and inner.end() != end - 1):
        raise ValueError("has '${' without a name and '}', as in ${NAME} or ${NAME:-default}")
    return inner["name"], inner["operator"] or "", text[inner.end() : end - 1], end


def parsed(text: str, file: str, others: Variables) -> dict[str, tuple[str | None, int]]:
    """Return the variables of a file of them, called `file` in messages, with the line of each; a name without `=` has no
    value. Raises InvalidSettings for what Compose cannot read, without its text: that may be a line of a key."""
    found: dict[str, tuple[str | None, int]] = {}
    text, end, line = text.replace("\r\n", "\n"), 0, 1
    while end < len(text):
        entry = _NOTHING.match(text, end) or _ENTRY.match(text, end)
        if entry is None:
            raise InvalidSettings([Problem(Place(file, line), UNREADABLE)])
        if "name" in entry.re.groupindex:
            known = others.over({name: value for name, (value, _) in found.items() if value is not None})
            found[entry["name"]] = (_text(entry, known), line)
        line += entry[0].count("\n") + 1
        end = entry.end() + 1
    return found


def parsed_raw(text: str, file: str) -> dict[str, tuple[str | None, int]]:
    """Return the variables of a file with `format: raw`, in which quotes and dollar signs mean themselves. Raises
    InvalidSettings as `parsed` does."""
    found: dict[str, tuple[str | None, int]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        name, equals, value = line.lstrip().partition("=")
        if line.strip() and not name.startswith("#"):
            if not name or re.search(r"\s", name):
                raise InvalidSettings([Problem(Place(file, number), UNREADABLE)])
            found[name] = (value if equals else None, number)
    return found


def _text(entry: re.Match[str], known: Variables) -> str | None:
    """Return the value of an entry: literal in single quotes, with escapes in double ones, else without a comment."""
    if entry["quote"] == "'":
        return entry["quoted"].replace("\\'", "'")
    if entry["quote"]:
        return _filled(_ESCAPE.sub(lambda each: _ESCAPED.get(each[1], each[1]), entry["quoted"]), known)
    return None if entry["plain"] is None else _filled(re.split(r"\s#", entry["plain"], maxsplit=1)[0].strip(), known)


def _filled(text: str, known: Variables) -> str:
    """Return a text with its variables; as it is if it has a dollar sign of another meaning, as passwords do."""
    try:
        return known.filled(text)
    except ValueError:
        return text
