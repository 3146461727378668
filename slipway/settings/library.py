"""The folder of systems; each system is read once."""

from __future__ import annotations

from pydantic import TypeAdapter, ValidationError

from slipway.settings import cross_checks, manifests, signals, system_files
from slipway.settings.document import LocatedDict, read, walk
from slipway.settings.fields import Name
from slipway.settings.manifests import Manifest
from slipway.settings.members import FOLDER
from slipway.settings.overlay import merge
from slipway.settings.problems import InvalidSettings, Place, Problem
from slipway.settings.project import Project
from slipway.settings.secrecy import PLAIN_SECRET, PLAIN_VARIABLE
from slipway.settings.secret_forms import has_secret_form
from slipway.settings.system import System
from slipway.settings.validation import Repaired, lies_in, problem_at, repaired, touches, validate

SYSTEM_FILE = "system.yaml"
RESERVED = ("cluster", "dead-man", "gateway", "logging", "monitoring", "nobody")
"""Names that alerts and logs of the cluster itself use."""
VARIABLES = frozenset({"environment", "settings"})
"""Keys of configuration for programs and pages, in which plain text may have a reason."""


class Library:
    """The systems of a project. Their problems are collected in `problems`."""

    def __init__(self, project: Project, folder: str, named_at: Place | None = None) -> None:
        self.problems: list[Problem] = []
        self.folder = folder
        self._root, self._members = project.root / folder, project.root / FOLDER
        self._documents: dict[str, LocatedDict | None] = {}
        self._systems: dict[str, System | None] = {}
        self._sound: dict[str, Repaired] = {}
        self._manifests: dict[str, list[Manifest]] = {}
        self.names = self._system_names(named_at or Place(folder))

    def document(self, name: str) -> LocatedDict | None:
        """Return the content of the system's file, or None if it cannot be read."""
        if name not in self._documents:
            file = f"{self.folder}/{name}/{SYSTEM_FILE}"
            try:
                self._documents[name] = read(self._root / name / SYSTEM_FILE, file)
            except InvalidSettings as error:
                self.problems += error.problems
                self._documents[name] = None
        return self._documents[name]

    def system(self, name: str) -> System | None:
        """Return the system as its file defines it, or None if it is invalid."""
        if name not in self._systems:
            document = self.document(name)
            self._systems[name] = None if document is None else self._defined(name, document)
        return self._systems[name]

    def merged(self, name: str, overlay: LocatedDict) -> System | None:
        """Return the system with a stack's overrides, or None if either is invalid."""
        system = self.system(name)
        if name not in self._sound or not overlay:
            return system
        base, stood_in = self._sound[name]
        document, problems = merge(System, base, overlay)
        merged, found = validate(System, document)
        draft = Repaired(document, []) if merged is not None else repaired(System, document)
        if draft is not None:
            found += self._broken_relations(name, Repaired(draft.data, draft.stood_in + stood_in))
        self.problems += [*problems, *found, *plain_secrets(overlay)]
        return None if problems or found or system is None else merged

    def overlaid(self, name: str, overlay: LocatedDict) -> LocatedDict:
        """Return the content of a valid system's file with a stack's overrides."""
        document = self.document(name)
        assert document is not None
        return merge(System, document, overlay)[0] if overlay else document

    def manifests(self, name: str) -> list[Manifest]:
        """Return the Kubernetes objects of a valid system."""
        return self._manifests[name] if self.system(name) is not None else []

    def _defined(self, name: str, document: LocatedDict) -> System | None:
        system, problems = validate(System, document)
        sound = Repaired(document, []) if system is not None else repaired(System, document)
        if sound is not None:
            self._sound[name] = sound
            draft, folder, called = _drafted(sound), self._root / name, f"{self.folder}/{name}"
            self._manifests[name], broken = manifests.read(folder, called, draft.manifests)
            problems += self._broken_relations(name, sound)
            problems += [*broken, *system_files.problems(draft, folder, called)]
        problems += plain_secrets(document)
        self.problems += problems
        return None if problems else system

    def _broken_relations(self, name: str, draft: Repaired) -> list[Problem]:
        """Return the problems of relations in a draft, except those that involve a stand-in."""
        data, stood_in = draft
        system = _drafted(draft)
        broken = cross_checks.findings(system, self._root / name), signals.findings(system, self._manifests[name])
        return [
            problem_at(data, path, rule)
            for path, rule, related in (each for found in broken for each in found)
            if not touches(path, stood_in) and not any(lies_in(other, stood_in) for other in related)
        ]

    def _system_names(self, place: Place) -> list[str]:
        names = sorted(path.parent.name for path in self._root.glob(f"*/{SYSTEM_FILE}"))
        if not names and not any(self._members.glob("*.yaml")):
            self.problems.append(Problem(place, f"'{self.folder}' has no folder with a {SYSTEM_FILE}"))
        for name in names:
            if (rule := name_rule(name)) is not None:
                place = Place(f"{self.folder}/{name}/{SYSTEM_FILE}")
                self.problems.append(Problem(place, f"is in a folder whose name {rule}"))
        return names


def name_rule(name: str) -> str | None:
    """Return the rule that the name of a system breaks, if any."""
    if name in RESERVED:
        return f"is reserved: choose another than {', '.join(RESERVED)}"
    try:
        TypeAdapter(Name).validate_python(name)
    except ValidationError as error:
        return str(error.errors()[0]["ctx"]["error"])  # type: ignore[typeddict-item]
    return None


def _drafted(draft: Repaired) -> System:
    return System.model_validate(draft.data, by_alias=True, by_name=False)


def plain_secrets(document: LocatedDict) -> list[Problem]:
    """Yield a problem for every string that looks like a secret and has no `reason`."""
    reasoned = {
        value.marks["plain"]
        for _, value in walk(document)
        if isinstance(value, LocatedDict) and "plain" in value and value.get("reason")
    }
    return [
        Problem(
            Place(mark.file, mark.line, mark.path),
            PLAIN_SECRET if VARIABLES.isdisjoint(mark.path) else PLAIN_VARIABLE,
        )
        for mark, value in walk(document)
        if isinstance(value, str) and has_secret_form(value) and mark not in reasoned
    ]
