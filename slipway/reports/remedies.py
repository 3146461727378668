"""Renders the fix of a finding as a diff of the file in which it is set, if its rule provides the value."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from pathlib import Path

from slipway.settings.locate import Location

STEP = "  "


def diff(root: Path, place: Location, path: Sequence[str], value: str) -> str:
    """Return a unified diff; empty if the line at `place` cannot be changed alone."""
    file = root / place.file
    if not file.is_file() or file.suffix not in (".yaml", ".yml"):
        return ""
    before = file.read_text(encoding="utf-8").splitlines(keepends=True)
    after = _changed(before, place.line - 1, path, value)
    names = (f"a/{place.file}", f"b/{place.file}")
    return "".join(difflib.unified_diff(before, after, *names, n=1)).rstrip() if after else ""


def _changed(lines: Sequence[str], index: int, keys: Sequence[str], value: str) -> list[str]:
    """Return the lines with the value set: it replaces the current one, or is added below the nearest existing key."""
    if not 0 <= index < len(lines):
        return []
    line = lines[index]
    written = re.sub(
        rf"((?:^|[\s{{,])['\"]?{re.escape(keys[-1])}['\"]?:\s+)[^\s,}}#]+", rf"\g<1>{value}", line, count=1
    )
    if written != line:
        return [*lines[:index], written, *lines[index + 1 :]]
    inline = _added_inline(line, keys, value)
    if inline:
        return [*lines[:index], inline, *lines[index + 1 :]]
    opened = re.fullmatch(r"(\s*)['\"]?([^\s'\":]+)['\"]?:\s*(?:#.*)?\n?", line)
    if opened is None or opened[2] not in keys[:-1]:
        return []
    missing = keys[len(keys) - keys[::-1].index(opened[2]) :]
    added = [
        f"{opened[1]}{STEP * depth}{name}:{f' {value}' if name is missing[-1] else ''}\n"
        for depth, name in enumerate(missing, 1)
    ]
    return [*lines[: index + 1], *added, *lines[index + 1 :]]


def _added_inline(line: str, keys: Sequence[str], value: str) -> str:
    """Return the line with the value first in its mapping, if that is in flow style on the line."""
    if len(keys) < 2:
        return ""
    opened = re.search(rf"(?:^|[\s{{,])['\"]?{re.escape(keys[-2])}['\"]?:\s+\{{\s*", line)
    if opened is None:
        return ""
    rest = line[opened.end() :]
    return f"{line[: opened.end()]}{keys[-1]}: {value}{'' if rest.startswith('}') else ', '}{rest}"
