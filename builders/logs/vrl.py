"""Pieces of VRL, Vector's language, and of the files that hold it. Texts and patterns are quoted here and nowhere else.

A file goes through three hands before VRL is read: Helm fills in `{{ … }}`, Vector `$NAME`, and YAML is decoded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

# Vector's engine knows neither; a pattern that needs one would stop the agents of all systems.
_UNKNOWN = re.compile(r"(?<!\\)(?:\\\\)*(?:\(\?(?:[=!>]|<[=!]|P=|\()|\\[1-9kZ])")


def text(value: str) -> str:
    """A string. Braces are escaped in pairs, between which VRL would look for a variable."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped.replace("{{", chr(92) + "{" + chr(92) + "{")}"'


def pattern(value: str) -> str:
    """A regular expression. A single quote would end it and becomes its code, as does a line's end."""
    if _UNKNOWN.search(value) is not None:
        raise ValueError(f"Vector cannot search for {value!r}: it knows no lookaround and no reference back")
    quoted = re.sub(r"(\\\\)|\\?\x27", lambda found: found[1] or r"\x27", value)
    return "r'" + quoted.replace("\n", r"\n") + "'"


@dataclass(frozen=True)
class Variable:
    """What Vector reads from its environment."""

    name: str


def in_file(value: Any) -> Any:
    """The same configuration as Helm and Vector have to find it, so that they hand on what was meant."""
    if isinstance(value, Variable):
        return f"${{{value.name}}}"
    if isinstance(value, str):
        return value.replace("$", "$$").replace("{{", "{{`{{`}}")
    if isinstance(value, dict):
        return {key: in_file(each) for key, each in value.items()}
    return [in_file(each) for each in value] if isinstance(value, list) else value
