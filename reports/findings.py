"""Findings of policies with the place in a file that mends each.

A rule of the pack ends its message with a line `mend: <source pointer>`; the pointer is found in the files as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal import Finding
from settings.locate import Location, locate
from settings.project import Project

MEND = "mend: "
BLOCKING = "mandatory"


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
        return PlacedFinding(finding, "\n".join(lines[:-1]).strip(), locate(project, stack_file, pointer))
    return PlacedFinding(finding, finding.message.strip(), None)


def counted(findings: Sequence[PlacedFinding]) -> tuple[int, int]:
    """How many block, and how many only advise."""
    blocking = sum(found.blocks for found in findings)
    return blocking, len(findings) - blocking
