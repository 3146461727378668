"""What a service of Compose mounts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from slipway.compose.remarks import inner, listed
from slipway.compose.variables import missing_in
from slipway.settings.document import LocatedDict, Mark

_WITHOUT_MEANING = {"", "rw", "z", "Z", "cached", "delegated", "consistent"}
"""Options of a mount that are about the machine's own file system."""


@dataclass(frozen=True)
class Mount:
    """Something that a container has at a path."""

    key: str
    mark: Mark
    source: str
    target: str
    kind: str
    options: frozenset[str] = frozenset()

    @property
    def is_scratch(self) -> bool:
        return self.kind == "tmpfs" or (self.kind == "volume" and not self.source)


def mounts_of(declared: LocatedDict) -> Iterator[Mount]:
    """Yield what a service mounts, of `volumes` and `tmpfs`."""
    for index, (each, mark) in enumerate(listed(declared, "volumes")):
        yield _mount(each, f"volumes.{index}", mark)
    for index, (each, mark) in enumerate(listed(declared, "tmpfs")):
        target, _, options = str(each).partition(":")
        found = {option.partition("=")[0] for option in options.split(",")} & {"size", "mode"}
        yield Mount(f"tmpfs.{index}", mark, "", target, "tmpfs", frozenset(found))


def _mount(value: Any, key: str, mark: Mark) -> Mount:
    if isinstance(value, LocatedDict):
        source, target = (str(value.get(each, "")) for each in ("source", "target"))
        return Mount(key, mark, source, target, str(value.get("type", "volume")), frozenset(_long_options(value)))
    parts = str(value).split(":")
    if len(parts) == 1:
        return Mount(key, mark, "", parts[0], "volume")
    bound = parts[0].startswith((".", "/", "~")) or (not parts[0] and bool(missing_in(value)))
    options = frozenset((parts[2] if len(parts) > 2 else "").split(",")) - _WITHOUT_MEANING
    return Mount(key, mark, parts[0], parts[1], "bind" if bound else "volume", options)


def _long_options(value: LocatedDict) -> Iterator[str]:
    if value.get("read_only"):
        yield "ro"
    for key in ("volume", "tmpfs"):
        yield from (option for option, each in inner(value, key).items() if each and option != "labels")


def has_driver(volume: LocatedDict) -> bool:
    """Return whether a declared volume is more than a folder of the machine, such as a network file system."""
    return bool(volume.get("driver_opts")) or str(volume.get("driver") or "local") != "local"
