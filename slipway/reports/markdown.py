"""Renders a preview as a comment on a pull request: deterministic, and within the size limit of comments."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import groupby

from slipway.cost import Difference as CostDifference
from slipway.rehearsal import Rehearsal
from slipway.rehearsal.difference import Changed, Difference
from slipway.reports import cost as costs
from slipway.reports import difference as differences
from slipway.reports import existing, openings, without_effect
from slipway.reports.applied import Applied, ReleasePlan, Stage, system_of
from slipway.reports.difference import SIGNS
from slipway.reports.escaping import block, clipped, code, prose
from slipway.reports.grouped_findings import LocatedFinding, Tally, tallied
from slipway.reports.outline import Group, Outline, Part, counts, kind, outline
from slipway.reports.policy_changes import PolicyChange
from slipway.reports.words import many, scope, unevaluated
from slipway.settings.problems import Problem
from slipway.settings.stacks import Stack

LIMIT = 65_000
"""Bytes of a comment. Source: GitHub's limit of 65,536 characters, with room for a line by the workflow."""
TABLE, MESSAGE, NAME, TRACEBACK, DIAGNOSTICS, CHANGES = 12_000, 1_000, 100, 5_000, 3_000, 8_000
"""Maximum bytes of a table of counts, and of texts from plans: together they leave room for a violation."""


RESOURCES = 5
"""Named resources per cause. Chosen: a line."""


class Cut(IntEnum):
    """The parts that are left out; each level also leaves out those of the earlier ones."""

    NOTHING = 0
    NAMES = 1
    TABLES = 2
    ADVICE = 3
    VIOLATIONS = 4


LEFT_OUT = {
    Cut.NAMES: "the names of resources",
    Cut.TABLES: "the parts of systems",
    Cut.ADVICE: "the texts of warnings",
    Cut.VIOLATIONS: "all violations but the first",
}
LEFT_OUT_OF_CHANGES = {
    Cut.NAMES: "the properties that differ",
    Cut.TABLES: "the names of what changes, the order in which it is applied",
}


def as_markdown(
    stack: Stack,
    rehearsal: Rehearsal,
    findings: Sequence[LocatedFinding],
    *,
    every: bool,
    changes: Sequence[PolicyChange] = (),
    difference: Difference | None = None,
    applied: Applied | None = None,
    cost: CostDifference | None = None,
) -> str:
    """Return the comment; `every` names each resource, if there is room, instead of counting them. `changes` are those
    of the policy pack, and come first. A `difference` replaces the content of the plan, with the effects when it is
    `applied` and its `cost`."""
    preview = _Preview(
        stack, rehearsal, findings, outline(rehearsal.plan, stack), every, changes, difference, applied, cost
    )
    for cut in Cut:
        text = preview.text(cut)
        if len(text.encode()) <= LIMIT:
            return text
    raise AssertionError("the last cut takes what fits")


def refusal(stack: str, problems: Iterable[Problem]) -> str:
    """Return the comment for an invalid stack."""
    lines = [f"- {code(clipped(str(each.place), 2 * NAME))}{_rule(each)}" for each in problems]
    head = f"{marker(stack)}\n## {code(clipped(stack, NAME))}: not well formed"
    return _joined([f"{head}\n", *_first(lines, LIMIT - 3 * NAME, "- and {} more")], "\n") + "\n"


def marker(stack: str) -> str:
    """Return the first line, which identifies the comment in later runs. The name cannot terminate it."""
    name = re.sub(r"[^A-Za-z0-9_.-]|(?<=-)-", "_", stack)
    return f"<!-- slipway preview {name[:NAME]} -->"


def _rule(problem: Problem) -> str:
    return prose(clipped(str(problem).removeprefix(str(problem.place)), MESSAGE))


@dataclass(frozen=True)
class _Preview:
    stack: Stack
    rehearsal: Rehearsal
    findings: Sequence[LocatedFinding]
    shape: Outline
    every: bool
    changes: Sequence[PolicyChange] = ()
    difference: Difference | None = None
    applied: Applied | None = None
    cost: CostDifference | None = None

    def text(self, cut: Cut) -> str:
        if self._says_nothing:
            return f"{self._nothing()}\n"
        blocking = [found for found in self.findings if found.blocks]
        before = [self._head(), self._changes(), self._failure()]
        after = [self._advice(cut), self._remediated(cut), self._known(cut), self._diagnostics()]
        if self.difference is None:
            before.append(self._opened())
            after.append(self._resources(cut))
        else:
            before += [
                self._losses(self.difference),
                self._refusals(self.difference),
                self._opened(),
                self._applied(cut),
                self._differing(self.difference, cut),
                self._costs(cut),
            ]
        after.append(self._left_out(cut))
        room = LIMIT - _size(_joined([*before, *after])) - 2 * NAME if cut is Cut.VIOLATIONS else None
        return _joined([*before, self._violations(blocking, room), *after]) + "\n"

    @property
    def _says_nothing(self) -> bool:
        """Return whether one line suffices: nothing changes, and there are no new findings."""
        reported = [each for each in self.findings if not each.known]
        return bool(
            self.difference is not None
            and self.difference.is_none
            and not (reported or self.changes or self.rehearsal.failure or unevaluated(self.rehearsal))
        )

    def _nothing(self) -> str:
        assert self.difference is not None
        reported = prose(clipped(differences.summary(self.difference), 3 * NAME))
        evaluated = self._evaluation(tallied(self.findings)).rstrip()
        return f"{marker(self.stack.name)}\n{code(clipped(self.stack.name, NAME))}: {reported}. {evaluated}"

    def _head(self) -> str:
        tally = tallied(self.findings)
        resources = [step for step in self.rehearsal.plan.steps if step.state.get("custom")]
        verdict = (
            "failed"
            if self.rehearsal.failure
            else "blocked"
            if tally.blocking
            or any(each.blocks for each in self.changes)
            or (self.difference is not None and self.difference.blocks)
            else "warnings"
            if tally.advisory
            else "not judged"
            if unevaluated(self.rehearsal)
            else "fine"
        )
        head = f"{marker(self.stack.name)}\n## {code(clipped(self.stack.name, NAME))}: {verdict}\n\n"
        if self.difference is not None:
            reported = prose(clipped(differences.summary(self.difference), 3 * NAME))
            cost = f"{prose(costs.headline(self.cost)).capitalize()}. " if self.cost is not None else ""
            return f"{head}{_lost(self.difference)}{reported[:1].upper()}{reported[1:]}. {cost}{self._evaluation(tally)}".rstrip()
        return (
            f"{head}{self._evaluation(tally)}"
            f"{many(len(resources), 'resource')} of {many(len({kind(step) for step in resources}), 'type')} to create"
            f"{scope(self.stack) and ': '}{scope(self.stack)}."
        )

    def _evaluation(self, tally: Tally) -> str:
        why = prose(unevaluated(self.rehearsal))
        if why and not self.findings:
            return f"**Not judged**: {why}. "
        remediated = f", {tally.remediated} remediated" if tally.remediated else ""
        known = f", {tally.known} already there" if tally.known else ""
        counted = f"**{many(tally.blocking, 'violation')}**, {many(tally.advisory, 'warning')}{remediated}{known}. "
        return f"**Not fully judged**: {why}; {counted}" if why else counted

    def _changes(self) -> str:
        if not self.changes:
            return ""
        rows = [
            f"- **{prose(clipped(each.verdict, NAME))}**: {_with_code(clipped(each.text, MESSAGE))} ({code(clipped(each.file, NAME))})"
            for each in self.changes
        ]
        rest = "- and {} more"
        return _joined(["### This change alters its own checks\n", *_first(rows, CHANGES, rest)], "\n")

    def _failure(self) -> str:
        if not self.rehearsal.failure:
            return ""
        newest = [clipped(line, MESSAGE) for line in reversed(self.rehearsal.failure.splitlines())]
        lines = _first(newest, TRACEBACK, "({} lines before)")
        return f"### The program failed\n\n{block(lines[::-1])}"

    def _violations(self, found: Sequence[LocatedFinding], room: int | None) -> str:
        lines = [line for rule, group in _by_rule(found) for line in _with_heading(rule, group)]
        if not lines:
            return ""
        if room is not None:
            command = code(f"slipway preview --stack {clipped(self.stack.name, NAME)}")
            lines = _first(lines, room, "\nand {} more: run " + command)
        return _joined(["### Violations\n", *lines], "\n")

    def _advice(self, cut: Cut) -> str:
        advice = [each for each in self.findings if not (each.blocks or each.remediated or each.known)]
        return _folded("### Warnings", advice, cut)

    def _remediated(self, cut: Cut) -> str:
        found = [each for each in self.findings if each.remediated and not each.known]
        return _folded("### Remediated by their rules", found, cut)

    def _known(self, cut: Cut) -> str:
        """Return known findings collapsed, because readers of a change look for new ones."""
        found = [each for each in self.findings if each.known]
        if not found:
            return ""
        if cut >= Cut.ADVICE:
            return f"{many(len(found), 'finding')} already there before this change."
        lines = "\n".join(f"{_finding(each)}<br>({prose(each.finding.policy)})" for each in found)
        return _fold(f"Already there: {many(len(found), 'finding')}", lines)

    def _diagnostics(self) -> str:
        reported = [each for each in self.rehearsal.plan.diagnostics if each.severity in ("warning", "error")]
        if not reported:
            return ""
        lines = [clipped(f"{each.severity}: {each.message}", MESSAGE) for each in reported]
        return f"### Diagnostics\n\n{block(_first(lines, DIAGNOSTICS, 'and {} more'))}"

    def _refusals(self, difference: Difference) -> str:
        if not difference.refusals:
            return ""
        lines = [f"- {prose(clipped(differences.refusal(each), MESSAGE))}" for each in difference.refusals]
        return _joined(["### The update fails\n", *_first(lines, TABLE, "- and {} more")], "\n")

    def _losses(self, difference: Difference) -> str:
        reported = [*map(differences.loss, difference.losses), *map(differences.lost_entry, difference.entries)]
        if not reported:
            return ""
        lines = [f"- {prose(clipped(each, MESSAGE))}" for each in reported]
        return _joined(["### Data that is lost\n", *_first(lines, TABLE, "- and {} more")], "\n")

    def _opened(self) -> str:
        """Return the networks, namespaces and systems that services may call, their rights on resources of others, what exists
        outside the stack, and keys without effect, folded."""
        return _joined(
            [
                _folded_list("Opened to services", list(openings.lines(self.stack))),
                _folded_list("Granted to services", list(openings.granted(self.stack))),
                _folded_list("Not judged, because it exists outside the stack", list(existing.lines(self.stack))),
                _folded_list(without_effect.TITLE, list(without_effect.lines(self.stack))),
            ]
        )

    def _applied(self, cut: Cut) -> str:
        """Return the effects of applying. Unavailable parts and releases always remain; the order is left out if there
        is no room."""
        if self.applied is None or not self.applied.stages:
            return ""
        stages = [] if cut >= Cut.TABLES else _stages(self.applied.stages)
        down = [f"- **down meanwhile**: {prose(clipped(each, MESSAGE))}" for each in self.applied.down]
        parts = [
            "\n".join(stages),
            "\n".join(_first(down, CHANGES, "- and {} more")),
            *map(_release, self.applied.releases),
        ]
        return _joined(["### When it is applied", *parts]) if any(parts) else ""

    def _differing(self, difference: Difference, cut: Cut) -> str:
        """Return a collapsed section per system: its resources and their differences, or their names, or their
        number."""
        secrets = [f"- {prose(differences.config_secret(key))}" for key in difference.config_secrets]
        groups = self._by_group(difference)
        if not groups and not secrets:
            return ""
        if cut >= Cut.TABLES:
            rows = [f"| {prose(clipped(name, NAME))} | {_counted(group)} |" for name, group in groups.items()]
            return _joined(
                ["### Changes", *_first(secrets, CHANGES, "- and {} more"), _table(("system", "changes"), rows)]
            )
        folds = [
            _fold(
                f"<b>{prose(name)}</b>: {_counted(group)}", block(list(_listed(group, details=cut < Cut.NAMES)), "diff")
            )
            for name, group in groups.items()
        ]
        return _joined(["### Changes", "\n".join(secrets), *folds])

    def _costs(self, cut: Cut) -> str:
        if self.cost is None or self.cost.same:
            return ""
        whole = f"### Cost\n\n{costs.as_markdown(self.cost.after, self.cost)}"
        return whole if cut < Cut.TABLES else f"### Cost\n\n{prose(costs.summary(self.cost.after, self.cost))}"

    def _by_group(self, difference: Difference) -> dict[str, list[Changed]]:
        """Group changes by system, and by the other parts of clusters; a deleted resource is assigned to its system by
        name."""
        of: dict[str, str] = {}
        for cluster, groups in self.shape.clusters.items():
            for group in groups:
                title = group.title if group.note else f"{cluster}, {group.title}"
                of |= {step.urn: title for part in group.parts for step in part.resources}
        systems = {name for cluster in self.stack.clusters.values() for name in cluster.systems}
        found: dict[str, list[Changed]] = {}
        for each in difference.touched:
            name = of.get(each.urn) or system_of(each.urn, systems) or "the rest"
            found.setdefault(name, []).append(each)
        return found

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
        if self.difference is not None:
            left_out = [LEFT_OUT_OF_CHANGES.get(each, text) for each, text in LEFT_OUT.items() if each <= cut]
        return f"Left out to fit the size limit: {', '.join(left_out)}." if left_out else ""


def _lost(difference: Difference) -> str:
    """Return the warnings about refused changes and lost data, which come first."""
    changes = many(len(difference.refusals), "change")
    refused = f"**{changes} refused: the update fails.** " if difference.refusals else ""
    entries = f"**The ledger lost {many(len(difference.entries), 'entry', 'entries')}.** " if difference.entries else ""
    if difference.losses:
        return f"{refused}**Data is lost: {len(difference.losses)}.** {entries}"
    return f"{refused}{entries or 'No data is lost. '}"


def _stages(stages: Sequence[Stage]) -> list[str]:
    """Return a numbered list of stages, each with its changes."""
    found = []
    for number, stage in enumerate(stages, 1):
        found.append(f"{number}. **{prose(clipped(stage.title, NAME))}**")
        found += [f"   - {prose(clipped(line, MESSAGE))}" for line in stage.lines]
    return found


def _release(release: ReleasePlan) -> str:
    gates = "\n".join(f"- {prose(clipped(each, MESSAGE))}" for each in release.gates)
    rows = [f"| {each.at} | {prose(clipped(each.text, MESSAGE))} |" for each in release.moments]
    title = f"Release of {prose(release.system)} {prose(clipped(release.version, NAME))}"
    return _fold(title, _joined([gates, _table(("time", "what"), rows)]))


def _counted(group: Sequence[Changed]) -> str:
    found = Counter(each.op for each in group)
    return ", ".join(f"{found[op]:,} {word}" for op, word in differences.WORDS.items() if found[op])


def _listed(group: Sequence[Changed], *, details: bool) -> Iterator[str]:
    for each in group:
        yield clipped(f"{SIGNS[each.op]} {differences.title(each)}", 2 * NAME)
        if details:
            yield from (f"    {clipped(line, MESSAGE)}" for line in differences.details(each))


def _with_code(text: str) -> str:
    """Render text between backticks as code."""
    return "".join(code(part) if index % 2 else prose(part) for index, part in enumerate(text.split("`")))


def _folded(title: str, found: Sequence[LocatedFinding], cut: Cut) -> str:
    """Return a collapsed section per rule, or the number of findings of each rule."""
    rules = [(rule, list(group)) for rule, group in _by_rule(found)]
    if not rules:
        return ""
    if cut >= Cut.ADVICE:
        rows = [f"| {prose(clipped(rule, NAME))} | {len(group)} |" for rule, group in rules]
        return f"{title}\n\n" + _table(("rule", "times"), rows)
    folds = [_fold(f"{prose(rule)}: {len(group)}", "\n".join(map(_finding, group))) for rule, group in rules]
    return _joined([title, *folds])


def _by_rule(found: Sequence[LocatedFinding]) -> Iterable[tuple[str, Iterable[LocatedFinding]]]:
    return groupby(found, key=lambda each: each.finding.policy)


def _with_heading(rule: str, found: Iterable[LocatedFinding]) -> list[str]:
    first, *others = map(_finding, found)
    return [f"#### {code(clipped(rule, NAME))}\n\n{first}", *others]


def _finding(found: LocatedFinding) -> str:
    """Return one line: a newline of a comment would start another list item."""
    key = f": set {code(clipped(found.key, NAME))} in" if found.key else ", at"
    place = f"{key} {code(clipped(str(found.place), 2 * NAME))}" if found.place else ""
    resource = code(clipped(found.resource, 2 * NAME)) or "the whole stack"
    lines = [prose(line) for line in _clipped_lines(found.text)]
    if found.others:
        lines.append(_first_of(found.resources))
        resource = many(len(found.resources), "resource")
    return "<br>".join([f"- **{resource}**{place}", *lines]) + _remedy(found)


def _first_of(resources: Sequence[str]) -> str:
    shown = ", ".join(code(clipped(each, NAME)) for each in resources[:RESOURCES])
    return f"{shown} and {len(resources) - RESOURCES} more" if len(resources) > RESOURCES else shown


def _remedy(found: LocatedFinding) -> str:
    """Return the diff as a code block within the list item."""
    if not found.remedy or _size(found.remedy) > MESSAGE:
        return ""
    lines = block(found.remedy.splitlines(), "diff").splitlines()
    return "\n\n" + "\n".join(f"  {line}" for line in lines)


def _clipped_lines(text: str) -> list[str]:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines if _size(text) <= MESSAGE else [clipped(text, MESSAGE)]


def _cluster(name: str, shape: Outline, *, names: bool) -> str:
    folds = [_group(group, names=names) for group in shape.clusters[name]]
    title = ", ".join(filter(None, (f"**{prose(name)}**", prose(shape.notes[name]))))
    return _joined([title, *folds])


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
    return f"Providers: {prose(_numbered(counts(shape.providers)))}." if shape.providers else ""


def _numbered(found: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {name}" if number > 1 else name for name, number in found.items())


def _fold(summary: str, content: str) -> str:
    return f"<details><summary>{summary}</summary>\n\n{content}\n\n</details>"


def _folded_list(title: str, lines: Sequence[str]) -> str:
    shown = _first([f"- {prose(each)}" for each in lines], TABLE, "- and {} more")
    return _fold(f"{title}: {len(lines)}", "\n".join(shown)) if lines else ""


def _table(heads: Sequence[str], rows: Sequence[str]) -> str:
    return "\n".join([_heads(heads), *_first(rows, TABLE, "\nand {} more")])


def _heads(heads: Sequence[str]) -> str:
    return f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}"


def _first(lines: Sequence[str], most: int, more: str) -> list[str]:
    """Return the first lines that have at most `most` bytes together, and the number of the others."""
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
