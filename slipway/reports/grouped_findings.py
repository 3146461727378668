"""Groups findings of policies by their cause, with the key to set and its position in a file.

A rule of the pack ends its message with a line `fix: <source pointer>`; the pointer is resolved in the current files.
Resources that break a rule in the same way, because of the same key, are one finding.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from slipway.rehearsal import Finding, Plan
from slipway.reports import remedies
from slipway.settings.locate import Location, locate, system_of
from slipway.settings.pointers import Pointer
from slipway.settings.problems import InvalidSettings, shown_path
from slipway.settings.project import Project

FIX = "fix: "
BLOCKING, REMEDIATED = "mandatory", "remediate"


@dataclass(frozen=True)
class LocatedFinding:
    """A finding, its text without the pointer, and where to fix it."""

    finding: Finding
    text: str
    place: Location | None
    key: str = ""
    """The key to set, as messages write it: `clusters.main.tags.cost-center`."""
    others: tuple[Finding, ...] = ()
    """The same finding for other resources."""
    remedy: str = ""
    """The fix as a diff; empty if the value is unknown."""
    known: bool = False
    """True if the base has it too: the author of a change is not responsible for earlier findings."""

    @property
    def blocks(self) -> bool:
        return self.finding.level == BLOCKING and not self.known

    @property
    def remediated(self) -> bool:
        return self.finding.level == REMEDIATED

    @property
    def resource(self) -> str:
        """Return name and type of the resource, or an empty string for the whole stack."""
        return _resource(self.finding)

    @property
    def resources(self) -> list[str]:
        """Return all resources of the finding, in order."""
        return [_resource(each) for each in (self.finding, *self.others)]

    @property
    def fix(self) -> str:
        """Return the place and the key to set on one line; empty if they are unknown."""
        return ": ".join(map(str, filter(None, (self.place, self.key)))) if self.place else ""

    def to_json(self) -> dict[str, Any]:
        place = self.place and {"file": self.place.file, "line": self.place.line, "key": self.key}
        urns = [each.urn for each in (self.finding, *self.others)]
        return {
            "policy": self.finding.policy,
            "level": self.finding.level,
            "urn": self.finding.urn,
            "urns": urns,
            "count": len(urns),
            "message": self.text,
            "place": place,
            "remedy": self.remedy,
            **({"known": True} if self.known else {}),
        }


Key = tuple[str, str, str]
"""Identifies a finding across two trees: rule, URN, and the message without the line that fixes it."""


def keys(findings: Iterable[Finding]) -> frozenset[Key]:
    return frozenset(map(_key_of, findings))


def _key_of(finding: Finding) -> Key:
    lines = finding.message.rstrip().splitlines()
    return finding.policy, finding.urn, "\n".join(each for each in lines if not each.startswith(FIX)).strip()


def place(
    findings: Iterable[Finding],
    project: Project,
    stack_file: Path,
    plan: Plan | None = None,
    known: Collection[Key] = (),
) -> list[LocatedFinding]:
    """Return the findings, blocking ones first, each with its place; findings with the same cause are grouped. A
    finding without a settings file gets the program's line that creates the resource, from the plan. Findings in
    `known` existed before."""
    placed = [_in_program(_located(finding, project, stack_file), plan) for finding in findings]
    located = [replace(each, known=True) if _key_of(each.finding) in known else each for each in placed]
    return _grouped(
        sorted(located, key=lambda found: (not found.blocks, found.finding.policy, found.finding.urn, found.text))
    )


def _located(finding: Finding, project: Project, stack_file: Path) -> LocatedFinding:
    lines = finding.message.rstrip().splitlines()
    if lines and lines[-1].startswith(FIX):
        pointer, _, value = lines[-1].removeprefix(FIX).strip().partition(" = ")
        # A state may be older than the files: if its keys are gone, the pointer remains in the text.
        with suppress(InvalidSettings, ValueError):
            place = locate(project, stack_file, pointer, instance=system_of(finding.urn))
            key = _key(pointer)
            remedy = remedies.diff(project.root, place, _path(pointer), value) if value and key else ""
            return LocatedFinding(finding, "\n".join(lines[:-1]).strip(), place, key, remedy=remedy)
    return LocatedFinding(finding, finding.message.strip(), None)


def _in_program(found: LocatedFinding, plan: Plan | None) -> LocatedFinding:
    step = plan.by_urn.get(found.finding.urn) if plan and found.place is None else None
    written = re.fullmatch(r"project:///(.+)#(\d+)", step.state.get("sourcePosition", "")) if step else None
    return replace(found, place=Location(written[1], int(written[2]))) if written else found


def _key(pointer: str) -> str:
    source = Pointer.parse(pointer)
    return "" if source.line is not None else shown_path(source.path)


def _path(pointer: str) -> list[str]:
    return [str(each) for each in Pointer.parse(pointer).path]


def _grouped(located: Iterable[LocatedFinding]) -> list[LocatedFinding]:
    """Group findings by cause, in the order of the first of each group."""
    groups: dict[tuple[object, ...], list[LocatedFinding]] = {}
    for each in located:
        cause = (each.finding.policy, each.finding.level, each.known, each.place, each.key, _anonymous(each))
        groups.setdefault(cause, []).append(each)
    return [_together(group) for group in groups.values()]


def _together(group: Sequence[LocatedFinding]) -> LocatedFinding:
    first, *others = group
    if not others:
        return first
    return replace(first, text=_anonymous(first), others=tuple(each.finding for each in others))


def _anonymous(found: LocatedFinding) -> str:
    """Return the text without the resource at its beginning: `Each lacks tags: cost-center.`"""
    name = re.escape(found.finding.urn.rpartition("::")[2])
    return re.sub(rf"^{name} \([^\s()]*\)(?= )", "Each", found.text, flags=re.MULTILINE) if name else found.text


def _resource(finding: Finding) -> str:
    if not finding.urn:
        return ""
    qualified_type, name = finding.urn.split("::", 3)[2:]
    return f"{name} ({qualified_type.rsplit('$', 1)[-1]})"


@dataclass(frozen=True)
class Tally:
    """Numbers of mandatory, advisory and remediated findings."""

    blocking: int
    advisory: int
    remediated: int
    known: int = 0
    """Findings that existed before, of any level."""


def tallied(findings: Sequence[LocatedFinding]) -> Tally:
    """Count the findings by the action that they require."""
    new = [found for found in findings if not found.known]
    blocking, remediated = sum(found.blocks for found in new), sum(found.remediated for found in new)
    return Tally(blocking, len(new) - blocking - remediated, remediated, len(findings) - len(new))
