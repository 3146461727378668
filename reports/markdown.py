"""A preview for a comment on a pull request: the same text for the same plan, never longer than a comment may be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import groupby

from rehearsal import Rehearsal
from reports.escaping import block, clipped, code, prose
from reports.findings import PlacedFinding, tallied
from reports.outline import Group, Outline, Part, counts, kind, outline
from reports.words import many
from settings.problems import Problem
from settings.stacks import Stack

LIMIT = 65_000
"""Bytes. GitHub takes 65,536 characters; whoever posts a comment may add a line."""
TABLE, MESSAGE, NAME, TRACEBACK, DIAGNOSTICS = 12_000, 1_000, 100, 5_000, 3_000
"""Most bytes of a table of counts, and of what plans say: together they leave room for a violation."""


class Cut(IntEnum):
    """What is left out, in this order: a later one leaves out what earlier ones do."""

    NOTHING = 0
    NAMES = 1
    TABLES = 2
    ADVICE = 3
    VIOLATIONS = 4


LEFT_OUT = {
    Cut.NAMES: "the names of resources",
    Cut.TABLES: "the parts of systems",
    Cut.ADVICE: "the texts of advice",
    Cut.VIOLATIONS: "all violations but the first",
}


def as_markdown(stack: Stack, rehearsal: Rehearsal, findings: Sequence[PlacedFinding], *, every: bool) -> str:
    """The comment; `every` names each resource, where there is room, in place of counting them."""
    preview = _Preview(stack, rehearsal, findings, outline(rehearsal.plan, stack), every)
    for cut in Cut:
        text = preview.text(cut)
        if len(text.encode()) <= LIMIT:
            return text
    raise AssertionError("the last cut takes what fits")


def refusal(stack: str, problems: Iterable[Problem]) -> str:
    """The comment of a stack that is not well formed."""
    lines = [f"- {code(clipped(str(each.place), 2 * NAME))}{_rule(each)}" for each in problems]
    head = f"{marker(stack)}\n## {code(clipped(stack, NAME))}: not well formed"
    return _joined([f"{head}\n", *_first(lines, LIMIT - 3 * NAME, "- and {} more")], "\n") + "\n"


def marker(stack: str) -> str:
    """The first line, by which a comment is found again. The name cannot end it."""
    name = re.sub(r"[^A-Za-z0-9_.-]|(?<=-)-", "_", stack)
    return f"<!-- slipway preview {name[:NAME]} -->"


def _rule(problem: Problem) -> str:
    return prose(clipped(str(problem).removeprefix(str(problem.place)), MESSAGE))


@dataclass(frozen=True)
class _Preview:
    stack: Stack
    rehearsal: Rehearsal
    findings: Sequence[PlacedFinding]
    shape: Outline
    every: bool

    def text(self, cut: Cut) -> str:
        blocking = [found for found in self.findings if found.blocks]
        after = [self._advice(cut), self._mended(cut), self._diagnostics(), self._resources(cut), self._left_out(cut)]
        before = [self._head(), self._failure()]
        room = LIMIT - _size(_joined([*before, *after])) - 2 * NAME if cut is Cut.VIOLATIONS else None
        return _joined([*before, self._violations(blocking, room), *after]) + "\n"

    def _head(self) -> str:
        tally = tallied(self.findings)
        resources = [step for step in self.rehearsal.plan.steps if step.state.get("custom")]
        systems = sum(len(cluster.systems) for cluster in self.stack.clusters.values())
        verdict = (
            "failed"
            if self.rehearsal.failure
            else "blocked"
            if tally.blocking
            else "advice"
            if tally.advisory
            else "fine"
        )
        mended = f", {tally.mended} mended" if tally.mended else ""
        return (
            f"{marker(self.stack.name)}\n## {code(clipped(self.stack.name, NAME))}: {verdict}\n\n"
            f"**{many(tally.blocking, 'violation')}**, "
            f"{many(tally.advisory, 'piece of advice', 'pieces of advice')}{mended}. "
            f"{many(len(resources), 'resource')} of {many(len({kind(step) for step in resources}), 'type')} to create: "
            f"{many(len(self.stack.clusters), 'cluster')}, {many(systems, 'system')}."
        )

    def _failure(self) -> str:
        if not self.rehearsal.failure:
            return ""
        newest = [clipped(line, MESSAGE) for line in reversed(self.rehearsal.failure.splitlines())]
        lines = _first(newest, TRACEBACK, "({} lines before)")
        return f"### The program failed\n\n{block(lines[::-1])}"

    def _violations(self, found: Sequence[PlacedFinding], room: int | None) -> str:
        lines = [line for rule, group in _by_rule(found) for line in _with_heading(rule, group)]
        if not lines:
            return ""
        if room is not None:
            command = code(f"slipway preview --stack {clipped(self.stack.name, NAME)}")
            lines = _first(lines, room, "\nand {} more: run " + command)
        return _joined(["### Violations\n", *lines], "\n")

    def _advice(self, cut: Cut) -> str:
        advice = [each for each in self.findings if not each.blocks and not each.mended]
        return _folded("### Advice", advice, cut)

    def _mended(self, cut: Cut) -> str:
        return _folded("### Mended by their rules", [each for each in self.findings if each.mended], cut)

    def _diagnostics(self) -> str:
        told = [each for each in self.rehearsal.plan.diagnostics if each.severity in ("warning", "error")]
        if not told:
            return ""
        lines = [clipped(f"{each.severity}: {each.message}", MESSAGE) for each in told]
        return f"### Diagnostics\n\n{block(_first(lines, DIAGNOSTICS, 'and {} more'))}"

    def _resources(self, cut: Cut) -> str:
        if cut >= Cut.TABLES:
            rows = [
                f"| {prose(clipped(name, NAME))} | {prose(clipped(group.title, NAME))} | {group.resources} |"
                for name, groups in self.shape.clusters.items()
                for group in groups
            ]
            return "### Resources\n\n" + _table(("cluster", "system", "resources"), rows)
        names = self.every and cut < Cut.NAMES
        parts = [_cluster(name, self.shape, names=names) for name, groups in self.shape.clusters.items() if groups]
        return _joined(["### Resources", *parts, _providers(self.shape)])

    def _left_out(self, cut: Cut) -> str:
        left_out = [text for each, text in LEFT_OUT.items() if each <= cut and (self.every or each is not Cut.NAMES)]
        return f"Left out, for want of room: {', '.join(left_out)}." if left_out else ""


def _folded(title: str, found: Sequence[PlacedFinding], cut: Cut) -> str:
    """A fold a rule, or how often each rule speaks."""
    rules = [(rule, list(group)) for rule, group in _by_rule(found)]
    if not rules:
        return ""
    if cut >= Cut.ADVICE:
        rows = [f"| {prose(clipped(rule, NAME))} | {len(group)} |" for rule, group in rules]
        return f"{title}\n\n" + _table(("rule", "times"), rows)
    folds = [_fold(f"{prose(rule)}: {len(group)}", "\n".join(map(_finding, group))) for rule, group in rules]
    return _joined([title, *folds])


def _by_rule(found: Sequence[PlacedFinding]) -> Iterable[tuple[str, Iterable[PlacedFinding]]]:
    return groupby(found, key=lambda each: each.finding.policy)


def _with_heading(rule: str, found: Iterable[PlacedFinding]) -> list[str]:
    first, *others = map(_finding, found)
    return [f"#### {code(clipped(rule, NAME))}\n\n{first}", *others]


def _finding(found: PlacedFinding) -> str:
    """One line: a newline of the comment would be one of the list."""
    place = f", mend at {code(clipped(str(found.place), 2 * NAME))}" if found.place else ""
    resource = code(clipped(found.resource, 2 * NAME)) or "the whole stack"
    lines = [prose(line) for line in _clipped_lines(found.text)]
    return "<br>".join([f"- **{resource}**{place}", *lines])


def _clipped_lines(text: str) -> list[str]:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines if _size(text) <= MESSAGE else [clipped(text, MESSAGE)]


def _cluster(name: str, shape: Outline, *, names: bool) -> str:
    folds = [_group(group, names=names) for group in shape.clusters[name]]
    return _joined([f"**{prose(name)}**, {prose(shape.notes[name])}", *folds])


def _group(group: Group, *, names: bool) -> str:
    title = f"{group.title}, {group.note}" if group.note else group.title
    rows = [f"| {_part(part)} | {prose(_contents(part, names=names))} |" for part in group.parts]
    table = "\n".join([_heads(("part", "resources")), *rows])
    return _fold(f"{prose(title)}: {many(group.resources, 'resource')}", table)


def _part(part: Part) -> str:
    return prose(f"{part.title} ({part.note})" if part.note else part.title)


def _contents(part: Part, *, names: bool) -> str:
    return ", ".join(f"{kind(step)} {step.name}" for step in part.resources) if names else _numbered(part.counts)


def _providers(shape: Outline) -> str:
    return f"Beside them the providers {prose(_numbered(counts(shape.providers)))}." if shape.providers else ""


def _numbered(found: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {name}" if number > 1 else name for name, number in found.items())


def _fold(summary: str, content: str) -> str:
    return f"<details><summary>{summary}</summary>\n\n{content}\n\n</details>"


def _table(heads: Sequence[str], rows: Sequence[str]) -> str:
    return "\n".join([_heads(heads), *_first(rows, TABLE, "\nand {} more")])


def _heads(heads: Sequence[str]) -> str:
    return f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}"


def _first(lines: Sequence[str], most: int, more: str) -> list[str]:
    """The first lines that have `most` bytes together, and how many more there are."""
    kept: list[str] = []
    for line in lines:
        most -= _size(line) + 1
        if most < 0:
            return [*kept, more.replace("{}", str(len(lines) - len(kept)), 1)]
        kept.append(line)
    return kept


def _joined(parts: Iterable[str], separator: str = "\n\n") -> str:
    return separator.join(filter(None, parts))


def _size(text: str) -> int:
    return len(text.encode("utf-8", "backslashreplace"))
