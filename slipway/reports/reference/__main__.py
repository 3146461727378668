"""Write or compare the pages of the reference: `python -m slipway.reports.reference --update | --verify`."""

from __future__ import annotations

import sys
from pathlib import Path

from slipway.reports.reference.pages import pages
from slipway.settings.generated_files import Generated, main
from slipway.settings.project import Project

FOLDER = Path("docs", "reference")


def texts(_project: Project) -> dict[Path, str]:
    """Return the pages by their files; they follow from the schema alone."""
    return {FOLDER / name: text for name, text in pages().items()}


GENERATED = Generated(
    description="Generate the reference, a page for each section.", command="make reference", texts=texts, folder=FOLDER
)

if __name__ == "__main__":
    sys.exit(main(GENERATED))
