"""A finding of a check of values."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from slipway.settings.pointers import Path
from slipway.settings.problems import nearest


class Finding(NamedTuple):
    """A broken rule: the path of the value to change, and those of other values that the rule used."""

    path: Path
    rule: str
    related: tuple[Path, ...] = ()


Found = Iterator[Finding]


def known(path: Path, kind: str, name: str, names: Collection[str]) -> Found:
    """Check that a name is a key of the system's `kind`."""
    if name not in names:
        hint = nearest(name, names) or ("" if names else "; the system has none")
        yield Finding(path, f"is not one of the system's {kind}{hint}", ((kind,),))
