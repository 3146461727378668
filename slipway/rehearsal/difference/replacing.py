"""Decides which changes replace a resource, what data is lost with it and which ones are refused, from `replaces.yaml`,
whose rows name their sources."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from slipway.rehearsal.difference.properties import Change
from slipway.rehearsal.plan import Step
from slipway.rehearsal.quantities import amount

_FILE = Path(__file__).with_name("replaces.yaml")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Row:
    """The replacement rules of a type: properties that replace a resource, and those that are changed in place. A
    property includes everything below it. `every` means that all properties except `replaces` are changed in place,
    `refused` are those that nobody changes, `grows` those that only a larger value is accepted for."""

    replaces: frozenset[str]
    in_place: frozenset[str]
    restarts: frozenset[str]
    refused: frozenset[str]
    grows: frozenset[str]
    every: bool
    network: bool
    data: str
    protected: bool


def replaces(step: Step, path: str) -> bool | None:
    """Return whether a change at `path` replaces the resource; None if that is not known."""
    row = _row(step.type)
    explicit = [each for each in step.state.get("replaceOnChanges", ()) if each == "*" or _covers(each, path)]
    if explicit or any(_covers(each, path) for each in row.replaces):
        return True
    return False if row.every or any(_covers(each, path) for each in row.in_place) else None


def refuses(type_: str, change: Change) -> bool:
    """Return whether the update fails, since the resource has the property for good or a value that only grows."""
    row, path = _row(type_), ".".join(change.path)
    smaller = 0 < amount(change.new) < amount(change.old)
    return any(_covers(each, path) for each in row.refused) or (smaller and path in row.grows)


def is_network(type_: str) -> bool:
    return _row(type_).network


def restarts(type_: str, path: str) -> bool:
    """Return whether a change in place at `path` makes the resource unavailable for a while."""
    return any(_covers(each, path) for each in _row(type_).restarts)


def data(type_: str, *, protected: bool) -> str:
    """Return what data of a resource of the type is lost with it; empty if none."""
    row = _row(type_)
    return row.data or ("what is protected" if protected and row.protected else "")


def _covers(declared: str, path: str) -> bool:
    return path == declared or path.startswith((f"{declared}.", f"{declared}["))


@cache
def _row(type_: str) -> Row:
    """Return the type's own row or that of its package: the row with the longest matching prefix."""
    written = _written()
    kind = _unversioned(type_)
    rows = [written[name] for name in (kind.partition(":")[0], kind) if name in written]
    lists = ("replaces", "inPlace", "restarts", "refused", "grows")
    joined = {key: [each for row in rows for each in row.get(key, ())] for key in lists}
    return Row(
        frozenset(joined["replaces"]),
        frozenset(joined["inPlace"]),
        frozenset(joined["restarts"]),
        frozenset(joined["refused"]),
        frozenset(joined["grows"]),
        any(row.get("every", False) for row in rows),
        any(row.get("network", False) for row in rows),
        next((row["data"] for row in reversed(rows) if "data" in row), ""),
        all(row.get("protected", True) for row in rows),
    )


def _unversioned(type_: str) -> str:
    """Return the type without its API version: `azure-native:storage/v20230101:StorageAccount` is
    `azure-native:storage:StorageAccount`."""
    package, module, name = [*type_.split(":"), "", ""][:3]
    if package == "azure-native":
        module = module.partition("/")[0]
    if package == "kubernetes":
        group, _, _version = module.rpartition("/")
        module = group or module
    return ":".join(filter(None, (package, module, name)))


@cache
def _written() -> dict[str, dict[str, Any]]:
    return yaml.load(_FILE.read_text(encoding="utf-8"), _LOADER)
