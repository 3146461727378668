"""`slipway why`."""

from __future__ import annotations

import sys
from pathlib import Path

from slipway.cli.progress import progress
from slipway.cli.selection import Selection, select_or_only
from slipway.rehearsal import Plan, Step
from slipway.reports.sources import source_of
from slipway.settings.exit_statuses import BAD_INPUT, FAILED, OK
from slipway.settings.locate import origins, system_of
from slipway.settings.problems import nearest


def why(cwd: Path, name: str | None, file: Path | None, urn: str) -> int:
    """Print the lines that the resource comes from: the definition first, then the stack's overrides."""
    selection = select_or_only(cwd, name, file)
    with progress(selection.stack.name) as report:
        rehearsal = selection.rehearse(policies=False, on_progress=report)
    if rehearsal.failure:
        print(rehearsal.failure, file=sys.stderr)
        return FAILED
    found = _matching(rehearsal.plan, urn)
    if len(found) != 1:
        print(_unclear(rehearsal.plan, urn, found), file=sys.stderr)
        return BAD_INPUT
    print(found[0].urn)
    for line in _lines(selection, rehearsal.plan, found[0]):
        print(f"  {line}")
    return OK


def _matching(plan: Plan, urn: str) -> list[Step]:
    exact = plan.by_urn.get(urn)
    return [exact] if exact else [step for step in plan.steps if step.urn.endswith(urn)]


def _unclear(plan: Plan, urn: str, found: list[Step]) -> str:
    if found:
        return "\n".join([f"{urn} matches {len(found)} URNs: pass more of one:", *(step.urn for step in found)])
    names = {step.urn.rsplit(":", 1)[-1]: step.urn for step in plan.steps}
    return f"{urn} is not in the plan of stack {plan.stack}{nearest(urn.rsplit(':', 1)[-1], names)}"


def _lines(selection: Selection, plan: Plan, step: Step) -> list[str]:
    source = source_of(plan, step)
    if source is None:
        return ["no setting: it comes from the program itself"]
    found = origins(selection.project, selection.file, source, instance=system_of(step.urn))
    return list(map(str, found))
