"""`slipway policies` and `slipway policies check`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from slipway.cli.lookup import refused
from slipway.cli.pack_choice import PackOptions, chosen_pack
from slipway.cli.pack_data import refuse_mistakes
from slipway.cli.progress import working
from slipway.cli.screen import console
from slipway.cli.selection import own_pack
from slipway.rehearsal import PolicyPack
from slipway.reports import grouped_findings, text
from slipway.reports.catalogue import Concern, Rule, has_one, read
from slipway.reports.grouped_findings import LocatedFinding
from slipway.reports.words import many
from slipway.settings.exit_statuses import OK, VIOLATED
from slipway.settings.load import environment
from slipway.settings.problems import InvalidSettings, Place, Problem, nearest
from slipway.settings.project import Project, find_project

if TYPE_CHECKING:
    from slipway.rehearsal.exported import Exported


def policies(cwd: Path, stack: str | None, *, output: str) -> int:
    """Print every rule and return the exit status. Raises InvalidSettings."""
    project = find_project(cwd)
    stacks = {each: environment(project, each) for each in ([_known(project, stack)] if stack else project.stacks())}
    pack = _pack(project)
    if not has_one(pack.path):
        raise refused(f"{pack.path.name}/: lists no rules: it has no catalogue.py, as Slipway's pack has")
    concerns = read(pack.path, stacks, data=pack.data)
    if output == "json":
        rules = [
            asdict(rule) | {"concern": each.name, "applies": rule.applies} for each in concerns for rule in each.rules
        ]
        print(json.dumps(rules, indent=2, ensure_ascii=False))
    else:
        _show(console(), concerns, list(stacks))
    return OK


def check(cwd: Path, state: Path, *, output: str, options: PackOptions) -> int:
    """Print the findings of the packs for an exported state and return the exit status.

    Raises InvalidSettings and RehearsalError.
    """
    from slipway.rehearsal import exported

    project = find_project(cwd)
    found = exported.read(state)
    with (
        working(f"Checking {many(len(found.resources), 'resource')} of {found.stack}"),
        chosen_pack(options, project.root) as chosen,
    ):
        packs = [_pack(project)] if chosen.packs is None else chosen.packs
        said = exported.evaluate(found, packs, _configured(project, found))
    located = grouped_findings.place(said, project, project.stack_file(found.stack))
    if output == "json":
        print(json.dumps([each.to_json() for each in located], indent=2, ensure_ascii=False))
    else:
        _print_findings(console(), located, len(found.resources))
    return VIOLATED if any(each.blocks for each in located) else OK


def _configured(project: Project, state: Exported) -> dict[str, str]:
    """Return the configuration that sets how strict the rules are: the stack's file has it, a state does not."""
    return {f"{state.project}:environment": environment(project, state.stack)}


def _pack(project: Project) -> PolicyPack:
    """Return the pack of the project. Raises InvalidSettings if there is none, or if the project's files for it have
    mistakes."""
    refuse_mistakes(project)
    pack = own_pack(project)
    if pack is None:
        raise refused(
            "policies/: is not a policy pack: it has no PulumiPolicy.yaml; `preview` and `policies check` take --policy-pack"
        )
    return pack


def _known(project: Project, stack: str) -> str:
    known = project.stacks()
    if stack not in known:
        rule = f"does not exist: '{stack}' is not a stack{nearest(stack, known)}"
        raise InvalidSettings([Problem(Place(project.stack_file(stack).name), rule)])
    return stack


def _show(out: Console, concerns: Sequence[Concern], stacks: Sequence[str]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in ("rule", "level", "source", "applies to"):
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


def _print_findings(out: Console, located: Sequence[LocatedFinding], resources: int) -> None:
    for each in located:
        text.finding(out, each)
    out.print(f"{many(resources, 'resource')} checked: {text.verdict(located)}")
