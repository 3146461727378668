"""Paths in a document and pointers to values, as text that can be read back."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

Path = tuple[str | int, ...]

_BARE = r"[^\s.\"'\[\]]+"
_SEGMENT = re.compile(rf'(?:^|\.)({_BARE})|\[([0-9]+)\]|\[("(?:[^"\\]|\\.)*")\]')


@dataclass(frozen=True, slots=True)
class Pointer:
    """A value in a file: `systems/fleet/system.yaml:services.fleet-api`. A file's name contains no colon.

    In a file that is not YAML it is a line: `systems/fleet/migrations/005.sql:12`.
    """

    file: str
    path: Path

    def __str__(self) -> str:
        return f"{self.file}:{dotted(self.path)}"

    @property
    def line(self) -> int | None:
        """Return the line, from 1; None in YAML, which has keys."""
        match self.path:
            case (str(number),) if not self.file.endswith(".yaml") and re.fullmatch("[1-9][0-9]*", number):
                return int(number)
        return None

    @classmethod
    def parse(cls, text: str) -> Pointer:
        """Parse a pointer. Raises ValueError if `text` is not one."""
        file, colon, path = text.partition(":")
        if not file or not colon:
            raise ValueError(f"{text!r} is not a pointer, for example systems/fleet/system.yaml:services.fleet-api")
        return cls(file, parse_path(path))


def dotted(path: Path) -> str:
    """Format a path: `("services", "api", "needs", 0)` is `services.api.needs[0]`, and a key with a dot is
    `query["a.b"]`."""
    text = ""
    for segment in path:
        if isinstance(segment, int):
            text += f"[{segment}]"
        elif re.fullmatch(_BARE, segment):
            text += f".{segment}" if text else segment
        else:
            text += f"[{json.dumps(segment)}]"
    return text


def parse_path(text: str) -> Path:
    """Parse a path in the format of `dotted`. Raises ValueError if `text` is not one."""
    path: list[str | int] = []
    position = 0
    while position < len(text):
        match = _SEGMENT.match(text, position)
        if match is None:
            raise ValueError(f"{text!r} is not a path, for example services.api.needs[0]")
        bare, index, quoted = match.groups()
        path.append(bare if bare is not None else int(index) if index is not None else json.loads(quoted))
        position = match.end()
    return tuple(path)
