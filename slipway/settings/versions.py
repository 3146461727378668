"""Compare two versions."""

from __future__ import annotations

import re


def reaches(version: str, needed: str) -> bool:
    """Return whether `version` is `needed` or later: `v1.10.0` reaches `v1.9.2`, `app-2.0` reaches `app-1.9`. Numbers
    are compared as numbers, all other parts as text."""
    return _key(version) >= _key(needed)


def _key(version: str) -> list[tuple[int, int, str]]:
    parts = re.findall(r"\d+|[^\d.+_-]+", version.removeprefix("v"))
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts]
