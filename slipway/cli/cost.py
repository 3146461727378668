"""`slipway cost`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from slipway.cli import against as compared_with
from slipway.cli.against import Running
from slipway.cli.progress import progress
from slipway.cli.selection import select_or_only
from slipway.cost import compare, estimate, load
from slipway.reports import cost as report
from slipway.settings.exit_statuses import FAILED, OK
from slipway.settings.stacks import Stack


def cost(
    cwd: Path, name: str | None, file: Path | None, *, output: str, against: str | None = None, every: bool = False
) -> int:
    """Print the monthly cost of the stack, and the difference to `against` (a git reference, a folder or a file);
    return the exit status. Raises InvalidSettings and RehearsalError."""
    selection = select_or_only(cwd, name, file)
    prices = load(*selection.price_places)
    with (
        compared_with.opened(selection, against, alone=True) as origin,
        progress(selection.stack.name) as on_progress,
    ):
        running = Running(origin, selection, policies=False) if origin else None
        rehearsal = selection.rehearse(policies=False, on_progress=on_progress)
        before = running.result().before if running else None
    if rehearsal.failure:
        print(rehearsal.failure, file=sys.stderr)
        return FAILED
    found = estimate(rehearsal.plan, prices)
    difference = None if before is None else compare(estimate(before, prices), found)
    if output == "json":
        print(json.dumps(report.as_json(found, difference, expected(selection.stack)), indent=2, ensure_ascii=False))
    elif output == "markdown":
        print(report.as_markdown(found, difference))
    else:
        print(f"{selection.stack.name}: {report.summary(found, difference)}\n")
        print("\n".join(report.text(found, difference, expected=expected(selection.stack), every=every)))
    return OK


def expected(stack: Stack) -> dict[tuple[str, str], float]:
    """Return the expected monthly cost of each system, keyed by cluster and system: the sum of `budget.expected`."""
    found: dict[tuple[str, str], float] = {}
    for cluster in stack.clusters.values():
        for name, system in cluster.systems.items():
            budget = system.definition.budget
            if budget is not None and budget.expected:
                found[cluster.name, name] = sum(budget.expected.values())
    return found
