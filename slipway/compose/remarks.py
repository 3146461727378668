"""What a translation leaves to people: where it stands, what it is, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from slipway.settings.document import LocatedDict, LocatedList, Mark


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that was not translated, or only by a guess."""

    file: str
    line: int
    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.path}: {self.text}"


class Remarks:
    """The remarks of a translation, each once."""

    def __init__(self) -> None:
        self._found: dict[Remark, tuple[str, ...]] = {}

    def add(self, mark: Mark, path: Iterable[str | int], text: str) -> None:
        """Add what is at a position; `text` says what it is and what to do, and has no value of a variable."""
        segments = tuple(map(str, path))
        self._found[Remark(mark.file, mark.line, ".".join(segments), text)] = segments

    def __iter__(self) -> Iterator[Remark]:
        """Yield them in the order of the file; one for all services that have the same key on the same line."""
        alike: dict[tuple[str, int, str, tuple[str, ...]], list[Remark]] = {}
        for each in sorted(self._found, key=lambda each: (each.file, each.line, each.path, each.text)):
            _, key = _service_and_key(self._found[each])
            alike.setdefault((each.file, each.line, each.text, key), []).append(each)
        for first, *others in alike.values():
            named = [_service_and_key(self._found[each])[0] for each in others]
            yield replace(first, text=f"{first.text}; the same for {', '.join(named)}") if named else first


def _service_and_key(path: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Return the service that a path is in, and the path below it; outside of services the whole path."""
    return (path[1], ("services", *path[2:])) if path[:1] == ("services",) and len(path) > 1 else ("", path)


def inner(mapping: LocatedDict, key: str) -> LocatedDict:
    """Return the mapping of an entry; an empty one if there is none."""
    found = mapping.get(key)
    return found if isinstance(found, LocatedDict) else LocatedDict(mark_of(mapping, key))


def listed(mapping: LocatedDict, key: str) -> list[tuple[Any, Mark]]:
    """Return the items of an entry with their positions; a value that is no list is the only one, and none are none."""
    found = mapping.get(key)
    if isinstance(found, LocatedList):
        return [(each, found.marks[index]) for index, each in enumerate(found)]
    return [] if found is None else [(found, mapping.marks[key])]


def mark_of(mapping: LocatedDict, key: str) -> Mark:
    """Return the position of an entry, or of the mapping if it has none of that name."""
    return mapping.marks.get(key, mapping.mark)
