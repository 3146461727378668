"""`slipway destroy --plan`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from slipway.cli.lookup import refused
from slipway.cli.progress import progress
from slipway.cli.selection import select_or_only
from slipway.reports.leaving import GOES, LOCKED, ORDER, PROTECTED, STAYS, leaving
from slipway.settings.exit_statuses import FAILED, OK

TITLES = {
    PROTECTED: "Protected: Pulumi refuses to delete it before this",
    LOCKED: "Locked by its cloud",
    GOES: "Data that goes with it: copy it first",
    STAYS: "Stays in the cloud, unmanaged: delete it by hand",
    ORDER: "The order in which `pulumi destroy` deletes",
}


def destroy(cwd: Path, name: str | None, file: Path | None, *, planned: bool, output: str) -> int:
    """Print what destroying the stack would take; return the exit status. Destroys nothing. Raises InvalidSettings and
    RehearsalError."""
    if not planned:
        raise refused("destroy: only shows a plan: pass --plan. `pulumi destroy` destroys (docs/leave.md)")
    selection = select_or_only(cwd, name, file)
    with progress(selection.stack.name) as report:
        rehearsal = selection.rehearse(policies=False, on_progress=report)
    if rehearsal.failure:
        print(rehearsal.failure, file=sys.stderr)
        return FAILED
    found = leaving(selection.stack, rehearsal.plan)
    if output == "json":
        print(json.dumps(found, indent=2, ensure_ascii=False))
        return OK
    for section, title in TITLES.items():
        print(f"{title}: {len(found[section]) or 'nothing'}")
        for line in found[section]:
            print(f"  {line}")
        print()
    print("Nothing was destroyed.")
    return OK
