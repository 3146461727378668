"""The files of a release: what a project needs whose program is a copy of Slipway.

`setup.py` reads this module by itself, before anything is installed: it uses the standard library alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

PACKED = "blueprint"
"""Folder of the installed package with the files of a release that are not the package itself."""
TOOL = "slipway"
FOLDERS = ("components", "policies", "prices")
FILES = (
    "__main__.py",
    ".gitignore",
    "CHANGELOG.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "pyproject.toml",
    "requirements.txt",
    "requirements-scanners.txt",
    "requirements-uv.txt",
    "setup.py",
    "systems/stack.schema.json",
    "systems/system.schema.json",
)
DECIDED = ("policies/exemptions.yaml", "policies/stacks.yaml")
"""What Slipway's own examples decide, and every other project for itself."""
MADE = ("__pycache__", ".pyc", ".egg-info")
"""Ends of names of what is made from other files."""


def blueprint(root: Path) -> Iterator[str]:
    """Yield the files of the release at `root` but the tool's, relative to it. A missing one is yielded too."""
    yield from FILES
    yield from (each for each in below(root, FOLDERS) if each not in DECIDED)


def tool(parent: Path) -> Iterator[str]:
    """Yield the files of the tool, relative to the folder that contains the package."""
    packed = f"{TOOL}/{PACKED}/"
    yield from (each for each in below(parent, [TOOL]) if not each.startswith(packed))


def below(root: Path, folders: Iterable[str]) -> Iterator[str]:
    """Yield every file below these folders, sorted, relative to `root`; nothing that was made from another file."""
    for start in folders:
        for where, inner, names in os.walk(root / start):
            inner[:] = sorted(each for each in inner if not each.endswith(MADE))
            for name in sorted(each for each in names if not each.endswith(MADE)):
                yield (Path(where) / name).relative_to(root).as_posix()


def home() -> Path | None:
    """Return the checkout that this tool is part of; None if it was installed from a wheel."""
    package = Path(__file__).resolve().parents[1]
    return None if (package / PACKED).is_dir() else package.parent


def packaged() -> Path:
    """Return the folder with the files of this release that are not the package itself."""
    return home() or Path(__file__).resolve().parents[1] / PACKED


def released() -> dict[str, Path]:
    """Return the files of this release by their path in a checkout."""
    package = Path(__file__).resolve().parents[1]
    root = packaged()
    found = {name: root / name for name in blueprint(root)}
    return found | {name: package.parent / name for name in tool(package.parent)}
