"""`python -m slipway.cli.known_types --update | --verify`: the types that the pack knows, from the plans of all stacks."""

from __future__ import annotations

import argparse
import difflib
import sys
from pathlib import Path

from slipway.cli import exits
from slipway.cli.selection import POLICIES, select
from slipway.reports import catalogue, known_types
from slipway.settings.problems import InvalidSettings
from slipway.settings.project import find_project


def main() -> int:
    """Write the file, or print how it differs; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m slipway.cli.known_types", description=__doc__)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--update", action="store_true", help="write the file")
    action.add_argument("--verify", action="store_true", help="exit with 1 when the file is out of date")
    update = parser.parse_args().update
    project = find_project(Path())
    plans = [select(project.root, stack, None).rehearse(policies=False).plan for stack in project.stacks()]
    file = project.root / known_types.FILE
    current = file.read_text(encoding="utf-8") if file.is_file() else ""
    text = known_types.text(current, plans, catalogue.read(project.root / POLICIES, {}))
    if update:
        file.write_text(text, encoding="utf-8")
    elif current != text:
        difference = difflib.unified_diff(current.splitlines(), text.splitlines(), "file", "plans", lineterm="")
        print("\n".join(difference), f"{known_types.FILE} is out of date; run make policies", sep="\n", file=sys.stderr)
        return exits.VIOLATED
    return exits.OK


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InvalidSettings as error:
        sys.exit("\n".join(map(str, error.problems)))
