"""A preview for people: a tree by cluster and system, counts, findings with the place to mend, time taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.markup import escape
from rich.text import Text
from rich.tree import Tree

from rehearsal import Plan, Rehearsal
from reports.findings import PlacedFinding, tallied
from reports.outline import Group, Outline, Part, counts, kind, outline
from reports.words import many
from settings.stacks import Stack

KINDS_SHOWN = 8


def show(
    console: Console, stack: Stack, rehearsal: Rehearsal, findings: Sequence[PlacedFinding], *, every: bool
) -> None:
    """Prints the whole preview; `every` names each resource in place of counting them."""
    plan = rehearsal.plan
    tree(console, stack, outline(plan, stack), every=every)
    _diagnostics(console, plan)
    for found in findings:
        finding(console, found)
    if rehearsal.failure:
        console.print(f"[bold red]The program failed.[/]\n{escape(rehearsal.failure)}\n", soft_wrap=True)
    _closing(console, rehearsal, findings)


def tree(console: Console, stack: Stack, shape: Outline, *, every: bool) -> None:
    systems = sum(len(cluster.systems) for cluster in stack.clusters.values())
    console.print(f"[bold]{escape(stack.name)}[/]: {many(len(stack.clusters), 'cluster')}, {many(systems, 'system')}\n")
    for name, groups in shape.clusters.items():
        tree = Tree(f"[bold]{escape(name)}[/] [dim]{escape(shape.notes[name])}[/]", guide_style="dim")
        for group in groups:
            _group(tree, group, every=every)
        console.print(tree)
        console.print()
    if shape.providers:
        console.print(f"beside them the providers {escape(_listed(counts(shape.providers)))}\n")


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


def finding(console: Console, found: PlacedFinding) -> None:
    """Prints one finding."""
    style = "bold red" if found.blocks else "yellow"
    console.print(f"[{style}]{found.finding.level}[/] {escape(found.finding.policy)}  {escape(found.resource)}")
    console.print(Text(f"  {found.text}".replace("\n", "\n  ")), soft_wrap=True)
    if found.place is not None:
        console.print(Text(f"  mend: {found.place}"), soft_wrap=True)
    console.print()


def _closing(console: Console, rehearsal: Rehearsal, findings: Sequence[PlacedFinding]) -> None:
    resources = tuple(step for step in rehearsal.plan.steps if step.state.get("custom"))
    kinds = len(counts(resources))
    console.print(f"[bold]{len(resources)}[/] resources of {kinds} types to create")
    console.print(f"Policies: {verdict(findings)}")
    times = rehearsal.timings
    total = times.imports + times.program + times.policies
    console.print(
        f"[dim]{total:.1f} s: imports {times.imports:.1f}, program {times.program:.1f}, policies {times.policies:.1f}[/]"
    )


def verdict(findings: Sequence[PlacedFinding]) -> str:
    """How many findings block, advise and were mended, in Rich's markup."""
    tally = tallied(findings)
    violations = f"[bold red]{many(tally.blocking, 'violation')}[/]" if tally.blocking else "[green]no violations[/]"
    mended = f", {tally.mended} mended" if tally.mended else ""
    return f"{violations}, {many(tally.advisory, 'advice', 'pieces of advice')}{mended}"
