"""Turns the configuration of one stack into its clusters and their systems."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from settings import stack_checks
from settings.document import LocatedDict, walk
from settings.fields import Name
from settings.library import Library, plain_secrets
from settings.overlay import overridable_keys, refusal
from settings.pointers import Path
from settings.problems import InvalidSettings, Place, Problem, nearest, nearest_word
from settings.project import Project
from settings.setting import Setting
from settings.stacks import CLUSTERS, PlacedCluster, PlacedSystem, Placement, Stack
from settings.system import System
from settings.validation import mended, problem_at, touches, validate


class StackConfig(Setting):
    """The configuration keys of a stack in the project's namespace."""

    environment: Literal["production", "staging", "local"]
    """What the stack is for, told to programs and shown in tags."""
    systems_path: str = "systems"
    """Folder of the systems, from the project's folder."""
    clusters: dict[Name, Any] = Field(min_length=1)
    """The stack's clusters by name, each with its systems."""


class StackReader:
    """Reads one stack's configuration; problems gather until all of it was seen."""

    def __init__(self, project: Project, name: str, document: LocatedDict) -> None:
        self._name = name
        self._document = document
        self._problems = [*_encrypted(document)]
        if self._problems:
            raise InvalidSettings(self._problems)
        self._config, problems = validate(StackConfig, document)
        self._problems += [*problems, *plain_secrets(document)]
        self._library = self._opened(project)
        self._stood_in: list[Path] = []

    def stack(self) -> Stack:
        """The checked stack. Raises InvalidSettings with every problem of it and its systems."""
        entries = self._document.get("clusters")
        clusters: dict[str, PlacedCluster] = {}
        if isinstance(entries, LocatedDict):
            for name, entry in entries.items():
                cluster = self._cluster(name, entry)
                if cluster is not None:
                    clusters[name] = cluster
        for path, rule, related in stack_checks.findings(clusters):
            if not any(touches(each, self._stood_in) for each in (path, *related)):
                self._problems.append(problem_at(self._document, path, rule))
        self._problems += self._library.problems
        if self._problems or self._config is None:
            raise InvalidSettings(self._problems)
        return Stack(self._name, self._config.environment, clusters)

    def _opened(self, project: Project) -> Library:
        mark = self._document.marks.get("systemsPath")
        place = None if mark is None else Place(mark.file, mark.line, mark.path)
        return Library(project, self._config.systems_path if self._config else "systems", place)

    def _cluster(self, name: str, entry: Any) -> PlacedCluster | None:
        if not isinstance(entry, LocatedDict):
            self._problems.append(problem_at(self._document, ("clusters", name), "is not a mapping of keys"))
            return None
        systems = self._systems(entry)
        cloud = entry.get("cloud")
        if not isinstance(cloud, str) or cloud not in CLUSTERS:
            self._problems.append(_cloud_problem(entry))
            return None
        written = entry.only([key for key in entry if key != "systems"])
        settings, problems = validate(CLUSTERS[cloud], written)
        self._problems += problems
        draft = mended(CLUSTERS[cloud], written) if settings is None else None
        if draft is not None:
            settings, _ = validate(CLUSTERS[cloud], draft.data)
            self._stood_in += [("clusters", name, *path) for path in draft.stood_in]
        return PlacedCluster(name, settings, systems) if settings is not None else None

    def _systems(self, entry: LocatedDict) -> dict[str, PlacedSystem]:
        systems = entry.get("systems")
        if systems is None:
            return {}
        if not isinstance(systems, LocatedDict):
            self._problems.append(problem_at(entry, ("systems",), "is not a mapping of systems by name"))
            return {}
        placed = {name: self._system(name, systems) for name in systems}
        return {name: system for name, system in placed.items() if system is not None}

    def _system(self, name: str, systems: LocatedDict) -> PlacedSystem | None:
        written = systems[name]
        known = self._library.names
        if name not in known:
            mark = systems.marks[name]
            rule = f"is not a system in {self._library.folder}/{nearest(name, known)}"
            self._problems += [Problem(Place(mark.file, mark.line, mark.path), rule)] if known else []
            return None
        if written is None:
            written = LocatedDict(systems.marks[name])
        if not isinstance(written, LocatedDict):
            self._problems.append(problem_at(systems, (name,), "is not a mapping of keys"))
            return None
        self._problems += _unknown_keys(written)
        placement, problems = validate(Placement, written.only(_PLACEMENT_KEYS))
        self._problems += problems
        definition = self._library.merged(name, written.only(overridable_keys(System)))
        if definition is None or placement is None:
            return None
        return PlacedSystem(name, definition, placement)


_PLACEMENT_KEYS = [field.alias or name for name, field in Placement.model_fields.items()]


def _cloud_problem(entry: LocatedDict) -> Problem:
    if "cloud" in entry:
        return problem_at(entry, ("cloud",), f"is not a cloud{nearest(entry['cloud'], CLUSTERS)}")
    misspelt = next((key for key in entry if nearest_word(key, ["cloud"])), None)
    if misspelt is not None:
        mark = entry.marks[misspelt]
        return Problem(Place(mark.file, mark.line, mark.path), "is not a known key; did you mean 'cloud'?")
    return problem_at(entry, (), "needs 'cloud': aws, azure or local")


def _unknown_keys(written: LocatedDict) -> Iterator[Problem]:
    allowed = [*_PLACEMENT_KEYS, *overridable_keys(System)]
    for key, mark in written.marks.items():
        if key not in allowed:
            yield Problem(Place(mark.file, mark.line, mark.path), refusal(System, str(key), _PLACEMENT_KEYS))


def _encrypted(document: LocatedDict) -> Iterator[Problem]:
    """`secure:` has no place here: one encrypted part makes the whole value secret to Pulumi."""
    for mark, value in walk(document):
        if isinstance(value, LocatedDict) and set(value) == {"secure"}:
            rule = "cannot be encrypted here; declare it under 'secrets' of the system, which keeps it out of the stack"
            yield Problem(Place(mark.file, mark.line, mark.path), rule)
