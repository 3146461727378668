"""Renders a preview for people: a tree by cluster and system, counts, findings with the place to fix, time taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.text import Text
from rich.tree import Tree

from slipway.cost import Difference as CostDifference
from slipway.rehearsal import Plan, Rehearsal
from slipway.rehearsal.difference import Difference
from slipway.reports import cost as costs
from slipway.reports import difference as differences
from slipway.reports import existing, openings, without_effect
from slipway.reports.applied import Applied
from slipway.reports.grouped_findings import LocatedFinding, tallied
from slipway.reports.outline import Group, Outline, Part, counts, kind, outline
from slipway.reports.policy_changes import PolicyChange
from slipway.reports.words import many, rules, scope, unevaluated
from slipway.settings.stacks import Stack

KINDS_SHOWN = 8
"""Kinds of resources listed per part. Chosen: a line of a terminal."""
RESOURCES_SHOWN = 4
"""Resources listed per finding. Chosen: a line of a terminal."""
CHANGES_SHOWN = 200
"""Lines of changes. Chosen: a few screens."""


def show(
    console: Console,
    stack: Stack,
    rehearsal: Rehearsal,
    findings: Sequence[LocatedFinding],
    *,
    every: bool,
    changes: Sequence[PolicyChange] = (),
    difference: Difference | None = None,
    applied: Applied | None = None,
    cost: CostDifference | None = None,
) -> None:
    """Print the whole preview; `every` names each resource instead of counting them. `changes` are those of the policy
    pack. A `difference` replaces the content of the plan, with the effects when it is `applied` and its `cost`."""
    plan = rehearsal.plan
    policy_changes(console, changes)
    if difference is None:
        tree(console, stack, outline(plan, stack), every=every)
    else:
        _changes(console, difference, every=every)
    outside(console, stack)
    if applied is not None:
        _applied(console, applied)
    _diagnostics(console, plan)
    for found in findings:
        if every or not found.known:
            finding(console, found, every=every)
    _known(console, [found for found in findings if found.known], every=every)
    if rehearsal.failure:
        console.print(f"[bold red]The program failed.[/]\n{escape(rehearsal.failure)}\n", soft_wrap=True)
    _closing(console, rehearsal, findings, difference, cost)


STYLES = {"!": "bold red", "+": "green", "-": "red", "±": "bold yellow", "~": "yellow", ">": "cyan", "=": "green"}


def _changes(console: Console, difference: Difference, *, every: bool) -> None:
    """Print the changes; `every` shows all of them, instead of the first ones."""
    lines = list(differences.lines(difference))
    shown = lines if every else lines[:CHANGES_SHOWN]
    for line in shown:
        console.print(Text(line, STYLES.get(line[:1], "")), soft_wrap=True)
    if len(lines) > len(shown):
        console.print(f"… and {many(len(lines) - len(shown), 'line')} more: pass --resources")
    if lines:
        console.print()


def outside(console: Console, stack: Stack) -> None:
    """Print what the stack reaches, or uses, beyond what it creates."""
    _print_list(console, "Opened to services", list(openings.lines(stack)))
    _print_list(console, "Granted to services", list(openings.granted(stack)))
    _print_list(console, "Not judged, because it exists outside the stack", list(existing.lines(stack)))
    _print_list(console, without_effect.TITLE, list(without_effect.lines(stack)))


def _print_list(console: Console, title: str, lines: Sequence[str]) -> None:
    if lines:
        console.print(f"[bold]{title}:[/]")
    for line in lines:
        _print(console, escape(line), indent=2)
    if lines:
        console.print()


def _applied(console: Console, applied: Applied) -> None:
    """Print the order, what is unavailable meanwhile, and the times of releases."""
    if not applied.stages:
        return
    console.print("[bold]When it is applied, in this order:[/]")
    for stage in applied.stages:
        _print(console, f"[bold]{escape(stage.title)}[/]", indent=2)
        for line in stage.lines:
            _print(console, escape(line), indent=4)
    for line in applied.down:
        _print(console, f"[bold yellow]down meanwhile[/] {escape(line)}", indent=2)
    for release in applied.releases:
        _print(console, f"[bold]release of {escape(release.system)} {escape(release.version)}[/]", indent=2)
        for gate in release.gates:
            _print(console, escape(gate), indent=4)
        for moment in release.moments:
            _print(console, f"{moment.at}  {escape(moment.text)}", indent=4)
    console.print()


def _known(console: Console, found: Sequence[LocatedFinding], *, every: bool) -> None:
    """Print the number of findings that the base has too, on one line."""
    if found:
        names = ", ".join(sorted({each.finding.policy for each in found}))
        more = "--strict fails for them" if every else "--strict fails for them, --resources shows them"
        _print(console, f"[dim]already there: {many(len(found), 'finding')} ({escape(names)}); {more}[/]")
        console.print()


def policy_changes(console: Console, changes: Sequence[PolicyChange]) -> None:
    """Print the effects of the change on its own checks."""
    if changes:
        console.print("[bold]This change alters its own checks:[/]")
    for each in changes:
        style = "bold red" if each.blocks else "yellow" if each.loosens else "green"
        console.print(
            f"[{style}]{escape(each.verdict)}[/] {escape(each.text)} [dim]({escape(each.file)})[/]", soft_wrap=True
        )
    if changes:
        console.print()


def tree(console: Console, stack: Stack, shape: Outline, *, every: bool) -> None:
    console.print(f"[bold]{escape(stack.name)}[/]{scope(stack) and ': '}{scope(stack)}\n")
    for name, groups in shape.clusters.items():
        note = f" [dim]{escape(shape.notes[name])}[/]" if shape.notes[name] else ""
        tree = Tree(f"[bold]{escape(name)}[/]{note}", guide_style="dim")
        for group in groups:
            _group(tree, group, every=every)
        console.print(tree)
        console.print()
    if shape.providers:
        console.print(f"Providers: {escape(_listed(counts(shape.providers)))}\n")


def _group(tree: Tree, group: Group, *, every: bool) -> None:
    note = f" [dim]{escape(group.note)}[/]" if group.note else ""
    branch = tree.add(f"[bold]{escape(group.title)}[/]{note} [cyan]{many(group.resources, 'resource')}[/]")
    for part in group.parts:
        leaf = branch.add(_part(part))
        if every:
            for step in part.resources:
                leaf.add(Text(f"{kind(step)} {step.name}"))


def _part(part: Part) -> str:
    note = f" ({escape(part.note)})" if part.note else ""
    return f"{escape(part.title)}{note} [dim]{escape(_listed(part.counts))}[/]"


def _listed(found: Mapping[str, int]) -> str:
    words = [f"{number} {name}" if number > 1 else name for name, number in found.items()]
    more = len(words) - KINDS_SHOWN
    return ", ".join(words[:KINDS_SHOWN]) + (f" and {more} more types" if more > 0 else "")


def _diagnostics(console: Console, plan: Plan) -> None:
    for item in plan.diagnostics:
        if item.severity in ("warning", "error"):
            console.print(Text(f"{item.severity}: {item.message}"), soft_wrap=True)


def finding(console: Console, found: LocatedFinding, *, every: bool = False) -> None:
    """Print one finding; `every` names each resource instead of the first few."""
    style = "bold red" if found.blocks else "yellow"
    whom = many(len(found.resources), "resource") if found.others else found.resource
    _print(console, f"[{style}]{found.finding.level}[/] {escape(found.finding.policy)}  {escape(whom)}")
    for line in found.text.splitlines():
        _print(console, escape(line), indent=2)
    if found.fix:
        _print(console, f"fix: {escape(found.fix)}", indent=2)
    for line in found.remedy.splitlines()[2:]:
        style = {"+": "green", "-": "red"}.get(line[:1], "dim")
        _print(console, f"[{style}]{escape(line)}[/]", indent=4)
    if found.others:
        _print(console, escape(f"resources: {_first(found.resources, every=every)}"), indent=2)
    console.print()


def _print(console: Console, markup: str, indent: int = 0) -> None:
    """Print a paragraph: wrapped between words on a terminal, on one line elsewhere, for programs."""
    text = Text.from_markup(markup)
    if console.is_terminal:
        console.print(Padding(text, (0, 0, 0, indent)))
    else:
        console.print(Text(" " * indent) + text, soft_wrap=True)


def _first(resources: Sequence[str], *, every: bool) -> str:
    shown = resources if every or len(resources) <= RESOURCES_SHOWN else resources[: RESOURCES_SHOWN - 1]
    more = len(resources) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _closing(
    console: Console,
    rehearsal: Rehearsal,
    findings: Sequence[LocatedFinding],
    difference: Difference | None,
    cost: CostDifference | None,
) -> None:
    resources = tuple(step for step in rehearsal.plan.steps if step.state.get("custom"))
    kinds = len(counts(resources))
    if difference is None:
        console.print(
            f"[bold]{len(resources)}[/] resource{'s' * (len(resources) != 1)} of {many(kinds, 'type')} to create"
        )
    else:
        console.print(Text(differences.summary(difference)), soft_wrap=True)
    if cost is not None:
        console.print(f"Cost: {escape(costs.summary(cost.after, cost))}", soft_wrap=True)
    console.print(f"Policies: {_evaluation(rehearsal, findings)}", soft_wrap=True)
    times = rehearsal.timings
    total = times.imports + times.program + times.policies
    console.print(
        f"[dim]{total:.1f} s: imports {times.imports:.1f}, program {times.program:.1f}, policies {times.policies:.1f}[/]"
    )


def _evaluation(rehearsal: Rehearsal, findings: Sequence[LocatedFinding]) -> str:
    """Return the verdict, or that there is none."""
    why = unevaluated(rehearsal)
    if not why:
        return f"{verdict(findings)} ({rules(rehearsal.evaluated_by)})"
    if rehearsal.evaluated_by and findings:
        return f"[bold red]not fully judged[/]: {why}; {verdict(findings)} so far"
    return f"[bold red]not judged[/]: {why}"


def verdict(findings: Sequence[LocatedFinding]) -> str:
    """Return the numbers of blocking, advisory and remediated findings, in Rich's markup."""
    tally = tallied(findings)
    style = "bold red" if tally.blocking else "green"
    remediated = f", {tally.remediated} remediated" if tally.remediated else ""
    known = f", {tally.known} already there" if tally.known else ""
    return f"[{style}]{many(tally.blocking, 'violation')}[/], {many(tally.advisory, 'warning')}{remediated}{known}"
