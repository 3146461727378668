"""Renders a preview as GitHub's workflow commands, which GitHub shows at the lines of a pull request.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from slipway.rehearsal import Rehearsal
from slipway.rehearsal.difference import Difference
from slipway.reports import difference as differences
from slipway.reports.changed_lines import ChangedLine
from slipway.reports.escaping import visible
from slipway.reports.grouped_findings import LocatedFinding
from slipway.reports.policy_changes import PolicyChange
from slipway.reports.words import many, unevaluated
from slipway.settings.problems import Problem

MOST = 4_000
"""Characters of a message; a longer one is shortened at a word. Chosen: GitHub shows 4 KB of an annotation."""


def lines(
    stack: str,
    rehearsal: Rehearsal,
    findings: Sequence[LocatedFinding],
    changes: Sequence[PolicyChange] = (),
    difference: Difference | None = None,
    changed: Sequence[ChangedLine] = (),
) -> Iterator[str]:
    """Yield a command for each new finding, each loss of data, each refused change, each change of the pack and each
    changed line that changes resources; known findings are left out."""
    if rehearsal.failure:
        last = rehearsal.failure.strip().splitlines()[-1]
        yield _command("error", f"{stack}: the program failed", last)
    for each in changes:
        yield _command("error" if each.blocks else "notice", f"{each.verdict}", each.text, each.file, 1)
    if difference is not None:
        for each in difference.losses:
            yield _command("error", "Data is lost", differences.loss(each))
        for each in difference.refusals:
            yield _command("error", "The update fails", differences.refusal(each))
        for urn in difference.entries:
            yield _command("error", "The ledger lost an entry", differences.lost_entry(urn), f"ledger/{stack}.yaml", 1)
    for found in findings:
        if not found.known:
            yield _finding(found)
    for each in changed:
        yield _command("notice", stack, each.text, each.place.file, each.place.line)
    if difference is not None:
        yield _command("notice", stack, differences.summary(difference))
    elif why := unevaluated(rehearsal):
        yield _command("error", stack, f"not judged: {why}")


def refusal(problems: Iterable[Problem]) -> Iterator[str]:
    """Yield a command for each problem of invalid files, at its line."""
    for each in problems:
        rule = str(each).removeprefix(str(each.place)).lstrip(": ")
        yield _command("error", "not well formed", rule, each.place.file, each.place.line or 1)


def _finding(found: LocatedFinding) -> str:
    level = "error" if found.blocks else "warning"
    subject = many(len(found.resources), "resource") if found.others else found.resource
    key = f"set `{found.key}`" if found.key else ""
    text = "\n".join(filter(None, (subject, found.text, key)))
    place = found.place
    return _command(level, found.finding.policy, text, place.file if place else "", place.line if place else 0)


def _command(level: str, title: str, message: str, file: str = "", line: int = 0) -> str:
    place = {"file": file, **({"line": str(line)} if line else {})} if file else {}
    given = ",".join(f"{key}={_property(value)}" for key, value in {**place, "title": title}.items())
    return f"::{level} {given}::{_data(_shortened(message))}"


def _shortened(message: str) -> str:
    if len(message) <= MOST:
        return message
    return f"{message[:MOST].rsplit(maxsplit=1)[0]} …"


def _data(text: str) -> str:
    shown = "\n".join(visible(line) for line in text.splitlines())
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
