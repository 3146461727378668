"""Values in the stack's file that override a system's: a finding on such a value names that file and line.

Under `slipway` the report does this for every pointer; Pulumi's own CLI shows messages unchanged.
"""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

import yaml

from framework import data

_SYSTEM = re.compile(r"(?:.*/)?([^/:]+)/system\.yaml:(.*)")
_SIMPLE = re.compile(r"[^\s.\"'\[\]]+(?:\.[^\s.\"'\[\]]+)*")


def fix_pointer(pointer: str) -> str:
    """Return `pointer` into a system or, if the stack overrides its value, the stack's file, line and path."""
    match = None if os.environ.get("SLIPWAY_POINTERS") else _SYSTEM.fullmatch(pointer)
    if match is None or not _SIMPLE.fullmatch(match[2]):
        return pointer
    file = data.FOLDER.parent / f"Pulumi.{os.environ.get('PULUMI_STACK', '')}.yaml"
    for cluster, placed in _clusters(file).items():
        found = _at(placed, ["systems", match[1], *match[2].split(".")])
        if found is not None:
            path = f"clusters.{cluster}.systems.{match[1]}.{match[2]}"
            return f"{file.name}:{found.start_mark.line + 1}: {path}"
    return pointer


@cache
def _clusters(file: Path) -> dict[str, yaml.Node]:
    """Return the clusters by name; none if the file is missing or unreadable, which the program itself reports."""
    try:
        document = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (OSError, ValueError, yaml.YAMLError):
        return {}
    config = _entries(_entries(document).get("config"))
    held = (value for key, value in config.items() if key == "clusters" or key.endswith(":clusters"))
    return _entries(next(held, None))


def _entries(node: yaml.Node | None) -> dict[str, yaml.Node]:
    return {key.value: value for key, value in node.value} if isinstance(node, yaml.MappingNode) else {}


def _at(node: yaml.Node, path: list[str]) -> yaml.Node | None:
    """Return the value at `path`, or the value that replaces one above it; a named entry alone (a service) overrides
    nothing."""
    for depth, key in enumerate(path):
        if not isinstance(node, yaml.MappingNode):
            return node if depth > 2 else None
        found = _entries(node).get(key)
        if found is None:
            return None
        node = found
    named = len(path) < 5 and isinstance(node, yaml.MappingNode)
    return None if named else node
