"""The answers to independent scanners: `policies/scanners.yaml`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slipway.settings import document
from slipway.settings.document import LocatedDict, LocatedList
from slipway.settings.problems import InvalidSettings, Place, Problem

FILE = Path("policies", "scanners.yaml")
SCANNERS = ("checkov", "kube-score")
EXAMPLE = "{checks: [CKV_K8S_43], resources: [Deployment/*], answer: The rule `image-pins` covers it.}"


@dataclass(frozen=True)
class Answer:
    """The reason why a scanner's finding for some resources is accepted."""

    scanner: str
    checks: tuple[str, ...]
    resources: tuple[str, ...]
    """Patterns of kind and name: `Deployment/fleet/*`."""
    answer: str
    place: str


def read(*places: Path) -> list[Answer]:
    """Return all answers of a project, in the order of the file: the last of the folders whose files apply that has
    one. Raises InvalidSettings."""
    file = next((each / FILE for each in reversed(places) if (each / FILE).is_file()), places[-1] / FILE)
    content = document.read(file, str(FILE))
    problems = list(_problems(content))
    if problems:
        raise InvalidSettings(problems)
    return [
        Answer(scanner, tuple(entry["checks"]), tuple(entry["resources"]), entry["answer"], f"{FILE}:{entry.mark.line}")
        for scanner, entries in content.items()
        for entry in entries
    ]


def _problems(content: LocatedDict) -> Iterator[Problem]:
    for scanner, entries in content.items():
        mark = content.marks[scanner]
        if scanner not in SCANNERS:
            yield Problem(Place(str(FILE), mark.line), f"{scanner} is not a scanner", example=SCANNERS[0])
        elif not isinstance(entries, LocatedList):
            yield Problem(Place(str(FILE), mark.line, mark.path), "is not a list of answers", example=f"[{EXAMPLE}]")
        else:
            for index, entry in enumerate(entries):
                if not _is_answer(entry):
                    mark = entries.marks[index]
                    yield Problem(Place(str(FILE), mark.line, mark.path), f"is not an answer, for example {EXAMPLE}")


def _is_answer(entry: Any) -> bool:
    return (
        isinstance(entry, LocatedDict)
        and set(entry) == {"checks", "resources", "answer"}
        and _texts(entry["checks"])
        and _texts(entry["resources"])
        and isinstance(entry["answer"], str)
        and bool(entry["answer"].strip())
    )


def _texts(value: Any) -> bool:
    return isinstance(value, LocatedList) and bool(value) and all(isinstance(each, str) and each for each in value)
