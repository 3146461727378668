"""`slipway policies` and `slipway policies check`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from cli.preview import console
from cli.progress import working
from cli.selection import POLICIES
from rehearsal import PolicyPack
from reports import findings, text
from reports.catalogue import Concern, Rule, read
from reports.findings import PlacedFinding
from settings.problems import InvalidSettings, Place, Problem, nearest
from settings.project import Project, find_project

OK, VIOLATED = 0, 1


def policies(cwd: Path, stack: str | None, *, output: str) -> int:
    """Prints every rule and returns the exit status. Raises InvalidSettings."""
    project = find_project(cwd)
    stacks = [_known(project, stack)] if stack else list(project.stacks())
    concerns = read(project.root / POLICIES, stacks)
    if output == "json":
        rules = [
            asdict(rule) | {"concern": each.name, "applies": rule.applies} for each in concerns for rule in each.rules
        ]
        print(json.dumps(rules, indent=2, ensure_ascii=False))
    else:
        _show(console(), concerns, stacks)
    return OK


def check(cwd: Path, state: Path, *, output: str) -> int:
    """Prints what the pack finds in an exported state and returns the exit status.

    Raises InvalidSettings and RehearsalError.
    """
    from rehearsal import exported

    project = find_project(cwd)
    found = exported.read(state)
    with working(f"Judging {len(found.resources)} resources of {found.stack}"):
        said = exported.judge(found, [PolicyPack(project.root / POLICIES)])
    placed = findings.place(said, project, project.stack_file(found.stack))
    if output == "json":
        print(json.dumps([each.to_json() for each in placed], indent=2, ensure_ascii=False))
    else:
        _tell(console(), placed, len(found.resources))
    return VIOLATED if any(each.blocks for each in placed) else OK


def _known(project: Project, stack: str) -> str:
    known = project.stacks()
    if stack not in known:
        rule = f"does not exist: '{stack}' is not a stack{nearest(stack, known)}"
        raise InvalidSettings([Problem(Place(project.stack_file(stack).name), rule)])
    return stack


def _show(out: Console, concerns: Sequence[Concern], stacks: Sequence[str]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in ("rule", "level", "asked for by", "judges"):
        table.add_column(head, overflow="fold")
    for concern in concerns:
        for rule in concern.rules:
            table.add_row(rule.name, _level(rule), "; ".join(rule.clauses), rule.applies)
    out.print(table)
    rules = [rule for concern in concerns for rule in concern.rules]
    out.print(f"\n{len(rules)} rules, levels of {', '.join(stacks)}", highlight=False)


def _level(rule: Rule) -> str:
    by_level: dict[str, list[str]] = {}
    for stack, level in rule.levels.items():
        by_level.setdefault(level, []).append(stack)
    if len(by_level) == 1:
        return next(iter(by_level))
    return "\n".join(f"{level}: {', '.join(stacks)}" for level, stacks in sorted(by_level.items()))


def _tell(out: Console, placed: Sequence[PlacedFinding], resources: int) -> None:
    for each in placed:
        text.finding(out, each)
    out.print(f"{resources} resources judged: {text.verdict(placed)}")
