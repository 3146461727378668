"""The folder of systems, each read once."""

from __future__ import annotations

from pydantic import TypeAdapter, ValidationError

from settings import cross_checks
from settings.document import LocatedDict, read, walk
from settings.fields import Name
from settings.overlay import merge
from settings.problems import InvalidSettings, Place, Problem
from settings.project import Project
from settings.secrecy import PLAIN_SECRET, has_secret_form
from settings.system import System
from settings.validation import Mended, lies_in, mended, problem_at, touches, validate

SYSTEM_FILE = "system.yaml"


class Library:
    """The systems of a project. What is wrong with them gathers in `problems`."""

    def __init__(self, project: Project, folder: str, named_at: Place | None = None) -> None:
        self.problems: list[Problem] = []
        self.folder = folder
        self._root = project.root / folder
        self._documents: dict[str, LocatedDict | None] = {}
        self._systems: dict[str, System | None] = {}
        self._sound: dict[str, Mended] = {}
        self.names = self._found(named_at or Place(folder))

    def document(self, name: str) -> LocatedDict | None:
        """What the system's file says, or None when it cannot be read."""
        if name not in self._documents:
            file = f"{self.folder}/{name}/{SYSTEM_FILE}"
            try:
                self._documents[name] = read(self._root / name / SYSTEM_FILE, file)
            except InvalidSettings as error:
                self.problems += error.problems
                self._documents[name] = None
        return self._documents[name]

    def system(self, name: str) -> System | None:
        """The system as its file defines it, or None when that is wrong."""
        if name not in self._systems:
            document = self.document(name)
            self._systems[name] = None if document is None else self._defined(name, document)
        return self._systems[name]

    def merged(self, name: str, overlay: LocatedDict) -> System | None:
        """The system with a stack's overrides, or None when either is wrong."""
        system = self.system(name)
        if name not in self._sound or not overlay:
            return system
        base, stood_in = self._sound[name]
        document, problems = merge(System, base, overlay)
        merged, found = validate(System, document)
        draft = Mended(document, []) if merged is not None else mended(System, document)
        if draft is not None:
            found += self._broken_relations(name, Mended(draft.data, draft.stood_in + stood_in))
        self.problems += [*problems, *found, *plain_secrets(overlay)]
        return None if problems or found or system is None else merged

    def _defined(self, name: str, document: LocatedDict) -> System | None:
        system, problems = validate(System, document)
        sound = Mended(document, []) if system is not None else mended(System, document)
        if sound is not None:
            self._sound[name] = sound
            problems += self._broken_relations(name, sound)
        problems += plain_secrets(document)
        self.problems += problems
        return None if problems else system

    def _broken_relations(self, name: str, draft: Mended) -> list[Problem]:
        """Problems among the values of a draft, but for those in which a stand-in has a part."""
        data, stood_in = draft
        system = System.model_validate(data, by_alias=True, by_name=False)
        return [
            problem_at(data, path, rule)
            for path, rule, related in cross_checks.findings(system, self._root / name)
            if not touches(path, stood_in) and not any(lies_in(other, stood_in) for other in related)
        ]

    def _found(self, place: Place) -> list[str]:
        names = sorted(path.parent.name for path in self._root.glob(f"*/{SYSTEM_FILE}"))
        if not names:
            self.problems.append(Problem(place, f"'{self.folder}' has no folder with a {SYSTEM_FILE}"))
        for name in names:
            try:
                TypeAdapter(Name).validate_python(name)
            except ValidationError as error:
                rule = f"stands in a folder whose name {error.errors()[0]['ctx']['error']}"  # type: ignore[typeddict-item]
                self.problems.append(Problem(Place(f"{self.folder}/{name}/{SYSTEM_FILE}"), rule))
        return names


def plain_secrets(document: LocatedDict) -> list[Problem]:
    """A problem for each text, wherever it stands, that has the form of a secret."""
    return [
        Problem(Place(mark.file, mark.line, mark.path), PLAIN_SECRET)
        for mark, value in walk(document)
        if isinstance(value, str) and has_secret_form(value)
    ]
