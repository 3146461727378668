"""Findings of policies with the place in a file that mends each.

A rule of the pack ends its message with a line `mend: <source pointer>`; the pointer is found in the files as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal import Finding
from settings.locate import Location, locate
from settings.problems import InvalidSettings
from settings.project import Project

MEND = "mend: "
BLOCKING, MENDED = "mandatory", "remediate"


@dataclass(frozen=True)
class PlacedFinding:
    """A finding, its text without the pointer, and where to mend it."""

    finding: Finding
    text: str
    place: Location | None

    @property
    def blocks(self) -> bool:
        return self.finding.level == BLOCKING

    @property
    def mended(self) -> bool:
        return self.finding.level == MENDED

    @property
    def resource(self) -> str:
        """Name and type of the resource, or nothing when the whole stack is meant."""
        urn = self.finding.urn
        if not urn:
            return ""
        qualified_type, name = urn.split("::", 3)[2:]
        return f"{name} ({qualified_type.rsplit('$', 1)[-1]})"

    def to_json(self) -> dict[str, Any]:
        place = self.place and {"file": self.place.file, "line": self.place.line}
        return {
            "policy": self.finding.policy,
            "level": self.finding.level,
            "urn": self.finding.urn,
            "message": self.text,
            "place": place,
        }


def place(findings: Iterable[Finding], project: Project, stack_file: Path) -> list[PlacedFinding]:
    """The findings, blocking ones first, each with its place."""
    placed = [_placed(finding, project, stack_file) for finding in findings]
    return sorted(placed, key=lambda found: (not found.blocks, found.finding.policy, found.finding.urn, found.text))


def _placed(finding: Finding, project: Project, stack_file: Path) -> PlacedFinding:
    lines = finding.message.rstrip().splitlines()
    if lines and lines[-1].startswith(MEND):
        pointer = lines[-1].removeprefix(MEND).strip()
        # A state may be older than the files: what is gone from them keeps the pointer in its text.
        with suppress(InvalidSettings, ValueError):
            return PlacedFinding(finding, "\n".join(lines[:-1]).strip(), locate(project, stack_file, pointer))
    return PlacedFinding(finding, finding.message.strip(), None)


@dataclass(frozen=True)
class Tally:
    """How many findings block, how many advise, and how many were mended by their rule."""

    blocking: int
    advisory: int
    mended: int


def tallied(findings: Sequence[PlacedFinding]) -> Tally:
    """The findings counted by what they ask of the reader."""
    blocking, mended = sum(found.blocks for found in findings), sum(found.mended for found in findings)
    return Tally(blocking, len(findings) - blocking - mended, mended)
