"""A finding of a check of values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from slipway.settings.pointers import Path


class Finding(NamedTuple):
    """A broken rule: the path of the value to change, and those of other values that the rule used."""

    path: Path
    rule: str
    related: tuple[Path, ...] = ()


Found = Iterator[Finding]
