"""What a copy of the project has: code by link, data by copy."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[3]
LINKED = ("components", "policies", "slipway")
FILES = ("__main__.py", "Pulumi.yaml", "Pulumi.local.yaml", "Pulumi.prod.yaml", "Pulumi.staging.yaml")
FOLDERS = ("ledger", "systems")
MADE = (".venv", "__pycache__", "comments", "pages", "prices", "summary")
"""What a run leaves, or reads only when it has its plan."""


def without_stacks(levels: str) -> str:
    """The levels of `policies/stacks.yaml` without the thresholds of stacks, which a copy has not."""
    return levels.partition("\nstacks:\n")[0] + "\n"


def entries(root: Path) -> Iterator[tuple[str, str]]:
    """What a test may have edited or taken away, by name: links lead to what it may not edit."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(each for each in folders if each not in MADE)
        for name in sorted([*folders, *(each for each in names if each not in MADE)]):
            path = Path(folder) / name
            yield str(path.relative_to(root)), "" if path.is_dir() else digest(path)


def unedited() -> Mapping[str, str]:
    """The entries of a copy that no test has edited."""
    found = {**dict.fromkeys(LINKED, ""), **{name: digest(ROOT / name) for name in FILES}}
    for folder in FOLDERS:
        found |= {folder: "", **{f"{folder}/{name}": each for name, each in entries(ROOT / folder)}}
    return found


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
