"""What is wrong with a settings file, said so that its owner can mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from settings import secrecy
from settings.pointers import Path, dotted
from settings.scalars import plain

_MISSING: Any = object()


@dataclass(frozen=True, slots=True)
class Place:
    """A spot in a file: `line` from 1, `path` from the root of the document."""

    file: str
    line: int | None = None
    path: Path = ()

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule: where, the offending value, an example.

    A value that may be secret is dropped at once: by its place, such as an environment, or by its looks.
    """

    place: Place
    rule: str
    value: Any = _MISSING
    example: Any = _MISSING

    def __post_init__(self) -> None:
        if secrecy.is_private(self.place.path) or secrecy.may_be_secret(_flow(self.value)):
            object.__setattr__(self, "value", _MISSING)

    def __str__(self) -> str:
        text = f"{self.place}: "
        if self.place.path:
            text += f"{_shown_path(self.place.path)}: "
        if self.value is not _MISSING:
            text += f"{_shown(self.value)} "
        text += self.rule
        if self.example is not _MISSING:
            text += f", for example {_flow(self.example)}"
        return text


class InvalidSettings(Exception):
    """Every problem found, in the order of files and lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        unique = {str(problem): problem for problem in problems}
        self.problems = sorted(unique.values(), key=lambda p: (p.place.file, p.place.line or 0, str(p)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def nearest(word: object, known: Iterable[str]) -> str:
    """`; did you mean 'port'?`, or the known words when none is near and they are few, or nothing."""
    known = sorted(known)
    near = nearest_word(word, known)
    if near is not None:
        return f"; did you mean '{near}'?"
    return f"; known are {', '.join(known)}" if 0 < len(known) <= 12 else ""


def nearest_word(word: object, known: Iterable[str]) -> str | None:
    """The known word that `word` is most likely a misspelling of, or None."""
    known = sorted(known)
    folded = {_folded(name): name for name in known}
    close = difflib.get_close_matches(str(word)[:100], known, n=1, cutoff=0.6)
    return folded.get(_folded(str(word))) or (close[0] if close else None)


def _folded(word: str) -> str:
    return word.casefold().replace("_", "").replace("-", "")


def _shown_path(path: Path) -> str:
    """`config.slipway:clusters.main` without what every value of a stack file shares; keys that look secret masked."""
    if len(path) > 1 and path[0] == "config":
        path = (str(path[1]).rpartition(":")[2], *path[2:])
    return dotted(tuple("…" if secrecy.may_be_secret(str(segment)) else segment for segment in path))


def _shown(value: Any) -> str:
    """A value as messages quote it; a mapping may hold anything, so it is only named."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping" if value else "{}"
    if isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        return "a list"
    text = _flow(value)
    return text if len(text) <= 80 else f"{text[:77]}…"


def _flow(value: Any) -> str:
    """A value as YAML writes it on one line."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_flow(item)}' for key, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    bare = not isinstance(value, str) or (value == plain(value) and value == value.strip() and value.isprintable())
    return str(value) if bare else repr(value)
