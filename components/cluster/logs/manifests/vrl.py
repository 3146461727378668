"""Fragments of VRL, Vector's language, and of the files that contain it. All quoting of texts and patterns happens
here.

A file is processed three times before VRL is parsed: Helm replaces `{{ … }}`, Vector replaces `$NAME`, and YAML is
decoded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

# Vector's engine supports neither; a pattern that needs one would stop the agents of all systems.
_UNKNOWN = re.compile(r"(?<!\\)(?:\\\\)*(?:\(\?(?:[=!>]|<[=!]|P=|\()|\\[1-9kZ])")


def text(value: str) -> str:
    """Returns a string literal. Braces are escaped in pairs, because VRL would interpolate a variable between them."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped.replace("{{", chr(92) + "{" + chr(92) + "{")}"'


def pattern(value: str) -> str:
    """Returns a regular expression literal. A single quote would end it and is replaced by its code, like a line break."""
    if _UNKNOWN.search(value) is not None:
        raise ValueError(f"Vector cannot search for {value!r}: it knows no lookaround and no reference back")
    quoted = re.sub(r"(\\\\)|\\?\x27", lambda found: found[1] or r"\x27", value)
    return "r'" + quoted.replace("\n", r"\n") + "'"


@dataclass(frozen=True)
class Variable:
    """A variable that Vector reads from its environment."""

    name: str


def in_file(value: Any) -> Any:
    """Returns the configuration escaped for Helm and Vector."""
    if isinstance(value, Variable):
        return f"${{{value.name}}}"
    if isinstance(value, str):
        return value.replace("$", "$$").replace("{{", "{{`{{`}}")
    if isinstance(value, dict):
        return {key: in_file(each) for key, each in value.items()}
    return [in_file(each) for each in value] if isinstance(value, list) else value
