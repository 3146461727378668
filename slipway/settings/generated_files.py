"""Files of a project that are generated: written with `--update`, compared with `--verify`."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from slipway.settings.exit_statuses import BAD_INPUT, OK, VIOLATED
from slipway.settings.problems import InvalidSettings
from slipway.settings.project import Project, find_project

MOST_LINES = 40
"""Lines that are shown of a difference. Chosen: a screen; the file itself is a command away."""


@dataclass(frozen=True, kw_only=True)
class Generated:
    """What is generated, and by which command."""

    description: str
    command: str
    """Writes the files, such as `make schema`."""
    texts: Callable[[Project], Mapping[Path, str]]
    """The text of each file, by its path below the project's root."""
    folder: Path | None = None
    """A folder whose other pages (`*.md`) are left over, and removed."""


def main(generated: Generated, arguments: Sequence[str] | None = None) -> int:
    """Write the files of the project around the current folder, or show how they differ; return the exit status."""
    parser = argparse.ArgumentParser(description=generated.description)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--update", action="store_true", help="write the files")
    action.add_argument("--verify", action="store_true", help="exit with 1 if a file is out of date")
    update = parser.parse_args(arguments).update
    try:
        project = find_project(Path.cwd())
        wanted = generated.texts(project)
    except InvalidSettings as error:
        print(*error.problems, sep="\n", file=sys.stderr)
        return BAD_INPUT
    stale = _stale(project.root, wanted, _pages(project.root, generated.folder))
    for path, text in stale.items():
        print(_write(project.root, path, text) if update else _difference(project.root, path, text, generated.command))
    return VIOLATED if stale and not update else OK


def _pages(root: Path, folder: Path | None) -> Collection[Path]:
    return [] if folder is None else [path.relative_to(root) for path in (root / folder).rglob("*.md")]


def _stale(root: Path, wanted: Mapping[Path, str], there: Collection[Path]) -> dict[Path, str | None]:
    """Return the paths whose files differ, each with the text that it should have; None for one too many."""
    every = sorted({*wanted, *there})
    return {path: wanted.get(path) for path in every if _written(root / path) != wanted.get(path)}


def _written(file: Path) -> str | None:
    return file.read_text(encoding="utf-8") if file.is_file() else None


def _write(root: Path, path: Path, text: str | None) -> str:
    file = root / path
    if text is None:
        file.unlink()
        return f"removed {path.as_posix()}"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return f"wrote {path.as_posix()}"


def _difference(root: Path, path: Path, text: str | None, command: str) -> str:
    before, after = (_written(root / path) or "").splitlines(), (text or "").splitlines()
    name = path.as_posix()
    lines = difflib.unified_diff(before, after, name, f"{name} (wanted)", lineterm="", n=1)
    return "\n".join([*list(lines)[:MOST_LINES], f"{name} is out of date: run {command}"])
