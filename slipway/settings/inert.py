"""Keys of a system on which the cloud of a cluster cannot act, where a file sets them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slipway.settings.document import LocatedDict, LocatedList, mark_at, value_at
from slipway.settings.pointers import Path
from slipway.settings.problems import Place

ANY = "NAME"
"""Stands in a pattern for the name of any entry, as in the reference."""
Inert = Mapping[str, str]
"""By pattern, such as `buckets.NAME.versioned`, why a cloud cannot act on a key and what to do instead."""


@dataclass(frozen=True)
class InertKey:
    """A key that a file sets, and that changes nothing where the system runs."""

    place: Place
    pattern: str
    reason: str


def reason(table: Inert, path: Path) -> str | None:
    """Return why a key, or one that it is below, changes nothing; None if it acts."""
    return next((each for pattern, each in table.items() if _covers(pattern.split("."), path)), None)


def asked(table: Inert, definition: LocatedDict) -> dict[Path, InertKey]:
    """Return the inert keys that a definition sets, by path. `false` asks for nothing, so nothing is missing."""
    return {
        path: InertKey(_place(definition, path), pattern, why)
        for pattern, why in table.items()
        for path in _matching(definition, pattern.split("."))
        if value_at(definition, path) not in (None, False)
    }


def _covers(pattern: Sequence[str], path: Path) -> bool:
    return len(path) >= len(pattern) and all(
        part in (ANY, segment) for part, segment in zip(pattern, path, strict=False)
    )


def _matching(value: Any, pattern: Sequence[str], walked: Path = ()) -> Iterator[Path]:
    """Yield the paths below a value that match a pattern."""
    if not pattern:
        yield walked
    elif isinstance(value, LocatedDict | LocatedList):
        for segment in [each for each in value.marks if pattern[0] in (ANY, each)]:
            yield from _matching(value[segment], pattern[1:], (*walked, segment))  # type: ignore[index]


def _place(definition: LocatedDict, path: Path) -> Place:
    mark = mark_at(definition, path)
    return Place(mark.file, mark.line, mark.path)
