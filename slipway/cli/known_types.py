"""`python -m slipway.cli.known_types --update | --verify`: the types that the pack knows, from the plans of all stacks."""

from __future__ import annotations

import sys
from pathlib import Path

from slipway.cli.selection import POLICIES, select
from slipway.reports import catalogue, known_types
from slipway.settings.generated_files import Generated, main
from slipway.settings.project import Project


def texts(project: Project) -> dict[Path, str]:
    """Return the file, from the plans of all stacks. Raises InvalidSettings."""
    plans = [select(project.root, stack, None).rehearse(policies=False).plan for stack in project.stacks()]
    file = project.root / known_types.FILE
    current = file.read_text(encoding="utf-8") if file.is_file() else ""
    return {known_types.FILE: known_types.text(current, plans, catalogue.read(project.root / POLICIES, {}))}


GENERATED = Generated(
    description="Generate the types that the policy pack knows.", command="make policies", texts=texts
)

if __name__ == "__main__":
    sys.exit(main(GENERATED))
