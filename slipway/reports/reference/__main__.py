"""Write or compare the pages of the reference: `python -m slipway.reports.reference --update | --verify`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from slipway.reports.reference.pages import pages
from slipway.settings.problems import InvalidSettings
from slipway.settings.project import find_project

FOLDER = Path("docs", "reference")
UPDATE = "make reference"


def stale(folder: Path) -> dict[Path, str | None]:
    """Return the pages that differ from the schema, with the text that each should have; None for one too many."""
    wanted = {folder / name: text for name, text in pages().items()}
    written = {path: path.read_text("utf-8") for path in folder.rglob("*.md")}
    return {path: wanted.get(path) for path in wanted | written if wanted.get(path) != written.get(path)}


def main(arguments: list[str] | None = None) -> int:
    """Write or compare the pages of the project around the current folder; return 1 if one is out of date."""
    parser = argparse.ArgumentParser(prog="python -m slipway.reports.reference", description=__doc__)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--update", action="store_true", help="write the pages")
    action.add_argument("--verify", action="store_true", help="exit 1 when a page is out of date")
    options = parser.parse_args(arguments)
    try:
        root = find_project(Path.cwd()).root
    except InvalidSettings as error:
        print(error, file=sys.stderr)
        return 2
    found = stale(root / FOLDER)
    for path, text in found.items():
        name = path.relative_to(root)
        print(
            f"{name} is out of date: run {UPDATE}" if options.verify else f"wrote {name}" if text else f"removed {name}"
        )
        if options.update:
            _put(path, text)
    return 1 if found and options.verify else 0


def _put(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


if __name__ == "__main__":
    sys.exit(main())
