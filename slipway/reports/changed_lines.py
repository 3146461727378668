"""What each changed line of a pull request does: the resources whose settings it is part of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from slipway.rehearsal import Plan
from slipway.rehearsal.difference import Changed, Difference
from slipway.reports.difference import WORDS
from slipway.reports.sources import source_of
from slipway.reports.words import many
from slipway.settings.document import LocatedDict, read, value_at, walk
from slipway.settings.library import SYSTEM_FILE
from slipway.settings.load import name_in, systems_path
from slipway.settings.locate import Location
from slipway.settings.pointers import Path as Keys
from slipway.settings.pointers import Pointer
from slipway.settings.problems import InvalidSettings, shown_path
from slipway.settings.project import Project
from slipway.settings.system import System

MOST = 9
"""Lines that are explained. Source: GitHub shows ten notices of a step, and the last one is the summary."""
NAMED = 3
"""Resources that an explanation names. Chosen: a message of two or three lines."""
_GRAVITY = ("delete", "replace", "create", "import", "update", "moved")
"""Operations, the gravest first."""
_FIELDS = {field.alias or name for name, field in System.model_fields.items()}
"""Keys of a system, which a stack may override; other keys there concern the whole system, such as a slot's version."""


@dataclass(frozen=True)
class ChangedLine:
    """A line that was changed, its key, and the changes of resources that it is part of, the gravest first."""

    place: Location
    key: str
    resources: tuple[Changed, ...]

    @property
    def text(self) -> str:
        """Return what the line does, in one sentence."""
        shown = ", ".join(_described(each) for each in self.resources[:NAMED])
        more = len(self.resources) - NAMED
        others = f" and {many(more, 'more resource')}" if more > 0 else ""
        return f"`{self.key}`: {shown}{others}"


def explained(
    project: Project, stack_file: Path, lines: Mapping[str, Sequence[int]], plan: Plan, difference: Difference
) -> list[ChangedLine]:
    """Return the changed lines of settings that change resources, those with the gravest changes first.

    `lines` are the first lines of each changed part by file, relative to the project's folder.
    """
    sources = _sources(plan, difference)
    found = [
        ChangedLine(Location(file, line), key, tuple(sorted(touched, key=_gravity)))
        for file, numbers in lines.items()
        for line, key, meant in _meant(project, stack_file, file, numbers)
        if (touched := [each for source, each in sources if _is_about(meant, source)])
    ]
    return sorted(found, key=lambda each: (_gravity(each.resources[0]), -len(each.resources), each.place))[:MOST]


def _sources(plan: Plan, difference: Difference) -> list[tuple[Pointer, Changed]]:
    """Return the changed resources with the setting that each comes from, the narrowest first; a deleted one has none
    any more."""
    found: list[tuple[Pointer, Changed]] = []
    for each in difference.touched:
        step = plan.by_urn.get(each.urn)
        source = source_of(plan, step) if step is not None else None
        if source is not None:
            found.append((Pointer.parse(source), each))
    return sorted(found, key=lambda each: -len(each[0].path))


def _meant(project: Project, stack_file: Path, file: str, lines: Sequence[int]) -> Iterator[tuple[int, str, Pointer]]:
    """Yield each line of settings with its key, as messages write it, and the setting that it means."""
    systems, stack = systems_path(project, stack_file.stem.partition(".")[2]), name_in(project, stack_file)
    is_stack, in_system = file == stack, Path(file).is_relative_to(systems)
    if not is_stack and not in_system:
        return
    if in_system and Path(file).name != SYSTEM_FILE:
        folder = Path(*Path(file).parts[: len(Path(systems).parts) + 1])
        yield from ((line, Path(file).name, Pointer(f"{folder / SYSTEM_FILE}", ())) for line in lines)
        return
    try:
        document = read(stack_file if is_stack else project.root / file, file)
    except InvalidSettings:
        return
    first: dict[int, Keys] = {}
    for mark, _ in walk(document):
        first.setdefault(mark.line, mark.path)
    for line in lines:
        begun = max((start for start in first if start <= line), default=None)
        if begun is not None:
            keys = first[begun]
            yield (
                line,
                shown_path(keys),
                _of_stack(project, systems, file, document, keys) if is_stack else Pointer(file, keys),
            )


def _of_stack(project: Project, systems: str, file: str, document: LocatedDict, keys: Keys) -> Pointer:
    """Return the setting that a key of the stack means: its own, or that of the system that it overrides."""
    match [str(each).removeprefix(f"{project.name}:") for each in keys]:
        case ["config", "clusters", _, "systems", system, *rest]:
            inside = keys[-len(rest) :] if rest and rest[0] in _FIELDS else ()
            defined_as = value_at(document, (*keys[:5], "definition"))
            return Pointer(f"{systems}/{defined_as or system}/{SYSTEM_FILE}", inside)
    return Pointer(file, keys)


def _is_about(meant: Pointer, source: Pointer) -> bool:
    """Return whether a setting is the resource's own, a part of it, or contains it."""
    same = min(len(meant.path), len(source.path))
    return meant.file == source.file and meant.path[:same] == source.path[:same]


def _gravity(each: Changed) -> int:
    return _GRAVITY.index(each.op) if each.op in _GRAVITY else len(_GRAVITY)


def _described(each: Changed) -> str:
    kind = each.type.rpartition(":")[2]
    return f"{WORDS[each.op].removeprefix('to ')} {kind} {each.name}"
