"""Problems of a settings file, with place, value, rule and example."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from slipway.settings import secrecy
from slipway.settings.pointers import Path, dotted
from slipway.settings.renamed import new_name
from slipway.settings.scalars import plain

_MISSING: Any = object()
CANDIDATES, BEGINNING = 8, 3
"""Similar words that are compared letter by letter; leading letters that identify a longer word."""


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a file: `line` from 1, `path` from the root of the document."""

    file: str
    line: int | None = None
    path: Path = ()

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule: its position, the offending value, an example.

    A value that may be secret, by its position (such as an environment) or its form, is dropped at once.
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
            text += f"{shown_path(self.place.path)}: "
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
    """Return `: it is now 'port'`, `; did you mean 'port'?`, or the known words if none is similar and they are few, or
    nothing."""
    known = sorted(known)
    if (now := new_name(word, known)) is not None:
        return f": it is now '{now}'"
    near = nearest_word(word, known)
    if near is not None:
        return f"; did you mean '{near}'?"
    return f"; allowed: {', '.join(known)}" if 0 < len(known) <= 12 else ""


def nearest_word(word: object, known: Iterable[str]) -> str | None:
    """Return the known word that `word` is most likely a misspelling of, or None."""
    known = sorted(known)
    if (now := new_name(word, known)) is not None:
        return now
    folded = {_folded(name): name for name in known}
    meant = _folded(str(word)[:100])
    if meant in folded:
        return folded[meant]
    similar = difflib.get_close_matches(meant, folded, n=CANDIDATES, cutoff=0.5)
    near = [name for name in similar if _edits(meant, name) <= _slips(meant, name)]
    begun = [name for name in folded if len(meant) >= BEGINNING and _begins(meant, name)]
    found = min(near, key=lambda name: (_edits(meant, name), name), default=None) or min(begun, key=len, default=None)
    return folded[found] if found else None


def _begins(word: str, meant: str) -> bool:
    """Return whether a longer word begins with this one, allowing for typing errors."""
    starts = [meant[: len(word) + more] for more in (-1, 0, 1)] if word[0] == meant[0] else []
    slips = _slips(word, meant) if len(word) > BEGINNING else 0
    return len(meant) > len(word) and any(_edits(word, start) <= slips for start in starts)


def _slips(word: str, meant: str) -> int:
    """Return how many typing errors a misspelling may have: one in every four letters, but at least one."""
    return max(1, min(len(word), len(meant)) // 4)


def _edits(word: str, meant: str) -> int:
    """Return the number of added, missing, replaced or swapped letters between two words."""
    before, row = [], list(range(len(meant) + 1))
    for i, letter in enumerate(word, 1):
        last, before, row = before, row, [i]
        for j, other in enumerate(meant, 1):
            edits = min(row[-1] + 1, before[j] + 1, before[j - 1] + (letter != other))
            if i > 1 < j and letter == meant[j - 2] and word[i - 2] == other:
                edits = min(edits, last[j - 2] + 1)
            row.append(edits)
    return row[-1]


def _folded(word: str) -> str:
    return word.casefold().replace("_", "").replace("-", "")


def shown_path(path: Path) -> str:
    """Return `config.slipway:clusters.main` without the prefix that all values of a stack file share; keys that look
    secret are masked."""
    if len(path) > 1 and path[0] == "config":
        path = (str(path[1]).rpartition(":")[2], *path[2:])
    return dotted(tuple("…" if secrecy.may_be_secret(str(segment)) else segment for segment in path))


def _shown(value: Any) -> str:
    """Return a value as messages quote it; a mapping is only named, since it may contain anything."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping" if value else "{}"
    if isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        return "a list"
    text = _flow(value)
    return text if len(text) <= 80 else f"{text[:77]}…"


def _flow(value: Any) -> str:
    """Return a value as YAML writes it on one line."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_flow(item)}' for key, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    bare = not isinstance(value, str) or (value == plain(value) and value == value.strip() and value.isprintable())
    return str(value) if bare else repr(value)
