"""Keys that change nothing where they are set: their cluster's cloud cannot act on them, or another value decides so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import starmap
from typing import Any

from slipway.settings.document import LocatedDict, LocatedList, mark_at, value_at
from slipway.settings.pointers import Path
from slipway.settings.problems import Place
from slipway.settings.setting import Setting

ANY = "NAME"
"""Stands in a pattern for the name of any entry, as in the reference."""
CLUSTER = ("clusters", ANY)
"""Begins the pattern of a key of a cluster; all others are of a system."""
NOTHING: tuple[Any, ...] = (None, False, "none", "absent", [], {})
"""Values by which a file asks for nothing, so that nothing is missing."""
Words = str | tuple[str | bool | None, ...]
"""A value of a deciding key, or several of which any will do; None if it is not set."""


@dataclass(frozen=True)
class Inert:
    """A key that changes nothing, always or where other keys have certain values."""

    key: str
    """Its pattern, such as `buckets.NAME.versioned` or `clusters.NAME.logging.nodes`."""
    reason: str
    """Why, and what to do instead."""
    when: Mapping[str, Words] = field(default_factory=dict, hash=False)
    """The value, by pattern, of each key that decides. A NAME that both begin with is the same entry's."""

    @property
    def path(self) -> Path:
        return tuple(self.key.split("."))

    @property
    def is_of_cluster(self) -> bool:
        return self.path[:2] == CLUSTER

    @property
    def condition(self) -> str:
        """Return what decides, in words: `with 'hosting: external'`; empty if nothing does."""
        return f"with {' and '.join(starmap(_words, self.when.items()))}" if self.when else ""

    def covers(self, path: Path) -> bool:
        """Return whether it is a key or one above it."""
        return len(path) >= len(self.path) and _matches(self.path, path[: len(self.path)])

    def deciding(self, path: Path) -> list[Path]:
        """Return the keys that decide about the one at a path."""
        return [_bound(pattern, path) for pattern in self.when]

    def holds(self, path: Path, system: Setting | None, cluster: Setting | None) -> bool:
        """Return whether the other keys have these values; without settings of what they are of they have not."""
        return all(
            _value(_bound(pattern, path), system, cluster) in (words if isinstance(words, tuple) else (words,))
            for pattern, words in self.when.items()
        )


Table = Sequence[Inert]


@dataclass(frozen=True)
class InertKey:
    """A key that a file sets, and that changes nothing where the system runs."""

    place: Place
    row: Inert


def found(table: Table, path: Path, system: Setting | None = None, cluster: Setting | None = None) -> Inert | None:
    """Return the row by which a key, or one that it is below, changes nothing; None if it acts."""
    return next((each for each in table if each.covers(path) and each.holds(path, system, cluster)), None)


def asked(
    table: Table,
    written: LocatedDict,
    system: Setting | None = None,
    cluster: Setting | None = None,
    *,
    above: Path = (),
) -> dict[Path, InertKey]:
    """Return the inert keys that a mapping sets, by path in it; `above` is the pattern of the mapping itself."""
    return {
        path: InertKey(_place(written, path), row)
        for row in reversed(table)
        if row.path[: len(above)] == above and row.is_of_cluster == bool(above)
        for path in _matching(written, row.path[len(above) :])
        if value_at(written, path) not in NOTHING and row.holds((*above, *path), system, cluster)
    }


def declared(row: Inert, system: Setting) -> list[Path]:
    """Return where a system declares a key that changes nothing in it."""
    return [path for path in _declared(system, row.path) if row.holds(path, system, None)]


def _declared(value: Any, pattern: Path, walked: Path = ()) -> Iterator[Path]:
    """Yield the paths below a setting that match a pattern, and whose keys are given."""
    if not pattern:
        if value not in NOTHING:
            yield walked
    elif isinstance(value, Mapping):
        for name in [each for each in value if pattern[0] in (ANY, each)]:
            yield from _declared(value[name], pattern[1:], (*walked, name))
    elif isinstance(value, Setting):
        given = [name for name in value.model_fields_set if type(value).model_fields[name].alias == pattern[0]]
        for name in given:
            yield from _declared(getattr(value, name), pattern[1:], (*walked, pattern[0]))


def _words(pattern: str, words: Words) -> str:
    """Return a condition as a file has it, the key from the entry that both are of."""
    key = pattern.rpartition(f"{ANY}.")[2]
    values = words if isinstance(words, tuple) else (words,)
    written = " or ".join(str(each).lower() if isinstance(each, bool) else str(each) for each in values)
    return f"'{key}: {written}'" if values != (None,) else f"no '{key}'"


def _bound(pattern: str, path: Path) -> Path:
    """Return a pattern with the names of the entries that it shares with a path."""
    segments = pattern.split(".")
    shared = next((n for n, (a, b) in enumerate(zip(segments, path, strict=False)) if a not in (ANY, b)), len(segments))
    return (*path[:shared], *segments[shared:])


def _value(path: Path, system: Setting | None, cluster: Setting | None) -> Any:
    """Return what settings say of a key, also by default; a word that no key has without them."""
    value, rest = (cluster, path[len(CLUSTER) :]) if path[:1] == CLUSTER[:1] else (system, path)
    if value is None:
        return ANY
    for segment in rest:
        value = value.get(segment) if isinstance(value, Mapping) else _field(value, segment)
    return value


def _field(value: Any, key: str | int) -> Any:
    """Return the field of a setting by its key in a file; None of one that a word stands for."""
    if not isinstance(value, Setting):
        return None
    names = (name for name, info in type(value).model_fields.items() if (info.alias or name) == key)
    return next((getattr(value, name) for name in names), None)


def _matches(pattern: Path, path: Path) -> bool:
    return all(part in (ANY, segment) for part, segment in zip(pattern, path, strict=False))


def _matching(value: Any, pattern: Path, walked: Path = ()) -> Iterator[Path]:
    """Yield the paths below a value that match a pattern."""
    if not pattern:
        yield walked
    elif isinstance(value, LocatedDict | LocatedList):
        for segment in [each for each in value.marks if pattern[0] in (ANY, each)]:
            yield from _matching(value[segment], pattern[1:], (*walked, segment))  # type: ignore[index]


def _place(definition: LocatedDict, path: Path) -> Place:
    mark = mark_at(definition, path)
    return Place(mark.file, mark.line, mark.path)
