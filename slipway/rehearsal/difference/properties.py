"""Finds the properties of a resource that differ, by path."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from slipway.rehearsal.plan import SECRET, UNKNOWN

ABSENT = object()
"""The value of a property that is not set."""
KEYS = ("name", "key", "containerPort", "port", "mountPath", "topologyKey", "type")
"""Keys that identify entries of a list: the first one that all entries have, with distinct values. Kubernetes merges
lists by key: https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy"""
LONGEST = 200_000
"""Characters of the largest YAML document that is parsed. Chosen: it takes at most a second."""
ANCHOR = re.compile(r"[&*][\w.-]")
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
Path = tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """A changed property. `ABSENT` is the value of a property that is not set; in the path, an entry of a list is its
    key in brackets."""

    path: Path
    old: Any
    new: Any

    @property
    def secret(self) -> bool:
        """Return whether this is a changed secret; neither value is shown."""
        return self.old == self.new == SECRET


def changes(old: Mapping[str, Any], new: Mapping[str, Any], *, resolved: bool = False) -> tuple[Change, ...]:
    """Return the changes in order of their paths. `resolved` means that the old values come from an update: a value
    that the new plan does not know yet is then treated as unchanged, which is the usual outcome."""
    return tuple(sorted(_changes((), old, new, resolved), key=lambda change: change.path))


def _changes(path: Path, old: Any, new: Any, resolved: bool) -> Iterator[Change]:
    if _same(old, new) or (resolved and new == UNKNOWN and old is not ABSENT):
        return
    old, new = _opened(old, new)
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in {**old, **new}:
            yield from _changes((*path, str(key)), old.get(key, ABSENT), new.get(key, ABSENT), resolved)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _entries(path, old, new, resolved)
    else:
        yield Change(path, old, new)


def _same(old: Any, new: Any) -> bool:
    """Compare two values; an empty list or mapping equals a missing one, as Kubernetes drops it."""
    if _empty(old) and _empty(new):
        return True
    if isinstance(old, Mapping | list) and isinstance(new, Mapping | list):
        return False  # in Python True == 1, so containers are compared entry by entry
    return old == new and isinstance(old, bool) == isinstance(new, bool)


def _empty(value: Any) -> bool:
    return value is ABSENT or value is None or value in ([], {})


def _opened(old: Any, new: Any) -> tuple[Any, Any]:
    """Parse JSON and YAML in texts, so that only differences in content count."""
    if not (isinstance(old, str) and isinstance(new, str)):
        return old, new
    try:
        parsed = _document(old), _document(new)
    except (ValueError, yaml.YAMLError, RecursionError):
        return old, new
    return parsed if None not in parsed and parsed[0] != parsed[1] else (old, new)


def _document(text: str) -> Any:
    """Parse a JSON document, or a YAML document of several lines, that is a mapping or a list; None for other texts.
    Scalars of YAML remain texts. A document with anchors is not parsed: a short text can expand to a huge one."""
    if text[:1] in ("{", "["):
        return json.loads(text)
    if "\n" not in text or len(text) > LONGEST or ANCHOR.search(text):
        return None
    found = yaml.load(text, Loader=_LOADER)  # this loader creates texts only
    return found if isinstance(found, Mapping | list) else None


def _entries(path: Path, old: Sequence[Any], new: Sequence[Any], resolved: bool) -> Iterator[Change]:
    """Compare lists by key if their entries have one; otherwise by index, or as a whole if they hold plain values."""
    key = _key(old, new)
    if key is not None:
        before, after = ({f"[{each[key]}]": each for each in entries} for entries in (old, new))
        yield from _changes(path, before, after, resolved)
    elif all(isinstance(each, str | int | float) for each in (*old, *new)):
        if old != new:
            yield Change(path, list(old), list(new))
    else:
        width = max(len(old), len(new))
        for index in range(width):
            before, after = (entries[index] if index < len(entries) else ABSENT for entries in (old, new))
            yield from _changes((*path, f"[{index}]"), before, after, resolved)


def _key(old: Sequence[Any], new: Sequence[Any]) -> str | None:
    for key in KEYS:
        if all(_is_unique(entries, key) for entries in (old, new)):
            return key
    return None


def _is_unique(entries: Sequence[Any], key: str) -> bool:
    found = [each.get(key) if isinstance(each, Mapping) else None for each in entries]
    return all(isinstance(each, str | int | float) and each != UNKNOWN for each in found) and len(set(found)) == len(
        found
    )
