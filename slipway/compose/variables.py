"""Fills in variables of Compose: `${NAME}`, `${NAME:-default}`, `$$`. Values come from `.env` beside the file, and never
from the process, whose variables are somebody's own."""

from __future__ import annotations

import re
from collections.abc import Mapping

from slipway.settings.secret_forms import is_secret_name

_START = re.compile(r"\$(?:(?P<dollar>\$)|(?P<name>[A-Za-z_]\w*)|\{)")
_INNER = re.compile(r"(?P<name>[A-Za-z_]\w*)(?P<operator>:?[-+?])?", re.ASCII)
_LINE = re.compile(r"(?:export\s+)?(?P<name>[A-Za-z_][\w.-]*)\s*(?:[=:]\s?(?P<value>.*))?")
DEEPEST = 16
"""Defaults in defaults. Chosen: nobody reads more."""


class Filled(str):
    """A text with its variables filled in."""

    missing: tuple[str, ...] = ()
    """Variables without a value, in whose place there is nothing."""
    secret: bool = False
    """Whether one of its variables has the name of a secret."""


class Variables:
    """Values of variables by name."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    def filled(self, text: str) -> str:
        """Return a text with its variables filled in. Raises ValueError for a form that Compose refuses."""
        if "$" not in text:
            return text
        missing: list[str] = []
        used: list[str] = []
        result = Filled(self._expanded(text, missing, used, 0))
        result.missing = tuple(missing)
        result.secret = any(is_secret_name(name) for name in used)
        return result

    def _expanded(self, text: str, missing: list[str], used: list[str], depth: int) -> str:
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
            used.append(name)
            found += self._value(name, operator, other, missing, used, depth)
        rest = text[end:]
        if "$" in rest:
            raise ValueError("has a '$' that begins no variable: write '$$' for a dollar sign")
        return found + rest

    def _value(self, name: str, operator: str, other: str, missing: list[str], used: list[str], depth: int) -> str:
        value = self._values.get(name)
        there = value is not None and (bool(value) or not operator.startswith(":"))
        if operator.endswith("+"):
            return self._deeper(other, missing, used, depth) if there else ""
        if there and value is not None:
            return value
        if operator.endswith("-"):
            return self._deeper(other, missing, used, depth)
        missing.append(name)
        return ""

    def _deeper(self, text: str, missing: list[str], used: list[str], depth: int) -> str:
        if depth == DEEPEST:
            raise ValueError("has too many defaults in defaults")
        return self._expanded(text, missing, used, depth + 1)


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


def parsed(text: str) -> dict[str, tuple[str | None, int]]:
    """Return the variables of an environment file with the line of each; a name without `=` has no value."""
    found: dict[str, tuple[str | None, int]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        entry = _LINE.fullmatch(line.strip())
        if entry is not None:
            found[entry["name"]] = (None if entry["value"] is None else _unquoted(entry["value"].strip()), number)
    return found


def _unquoted(value: str) -> str:
    quote = value[:1]
    if quote in ("'", '"') and (end := value.find(quote, 1)) > 0:
        inner = value[1:end]
        return inner.replace("\\n", "\n").replace('\\"', '"') if quote == '"' else inner
    return re.split(r"\s#", value, maxsplit=1)[0].rstrip()
