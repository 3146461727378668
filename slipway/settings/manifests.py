"""Reads a system's own Kubernetes objects from YAML; each problem has file and line, and shows no value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from slipway.settings import kinds
from slipway.settings.document import LocatedDict, LocatedList, mark_at, read_all, value_at, walk
from slipway.settings.fields import KindName, ManifestPath, Text, distinct
from slipway.settings.kinds import HOLDS_DATA, KINDS, Scope
from slipway.settings.pointers import Path as Keys
from slipway.settings.pointers import Pointer
from slipway.settings.problems import InvalidSettings, Place, Problem, nearest
from slipway.settings.secrecy import PLAIN_SECRET
from slipway.settings.secret_forms import has_secret_form, is_secret
from slipway.settings.setting import Setting

ENDINGS = (".yaml", ".yml")
Manifests = Annotated[list[ManifestPath], AfterValidator(distinct)]

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_ROLE_NAME = re.compile(r"[^/%]+")
_NAME_LENGTH = 253
"""Characters of an object's name. Source: Kubernetes, object names and ids."""
_WRITTEN_BY_CLUSTER = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid")
_OWN_GROUP = "slipway.dev"
_OPEN = frozenset({"slipway.dev/singleton", "slipway.dev/unprobed"})
"""Annotations with reasons, which the rules ask owners for."""
_TAKEN = frozenset({"app.kubernetes.io/managed-by", "app.kubernetes.io/part-of"})
_TOKEN = "kubernetes.io/service-account-token"


class AllowedKind(Setting):
    """A kind that a system's manifests may have on this stack."""

    api_version: Text = Field(examples=["rbac.authorization.k8s.io/v1"])
    """Its group and version."""
    kind: KindName
    """Its name."""
    scope: Scope = "namespace"
    """Whether its objects are in a `namespace` or belong to the whole `cluster`; by default in a namespace."""


class ManifestRights(Setting):
    """What a system's manifests may have on this stack beyond known kinds in its own namespace."""

    kinds: list[AllowedKind] = Field(default_factory=list)
    """Kinds of the whole cluster, and of operators that somebody else installed; by default none."""
    namespaces: Annotated[list[Text], AfterValidator(distinct)] = Field(default_factory=list)
    """Existing namespaces besides the system's own, none of them another system's or the cluster's; by default none."""


@dataclass(frozen=True)
class Manifest:
    """One object of a system's own."""

    api_version: str
    kind: str
    name: str
    namespace: str | None
    """As its file says; by default the system's."""
    body: Mapping[str, Any]
    pointer: Pointer
    line: int

    @property
    def identity(self) -> tuple[str, str]:
        return self.api_version, self.kind

    @property
    def title(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def holds_data(self) -> bool:
        """Return whether deleting the object deletes data."""
        claims = (self.body.get("spec") or {}).get("volumeClaimTemplates")
        return self.identity in HOLDS_DATA or (self.kind == "StatefulSet" and bool(claims))

    def problem(self, path: Keys, rule: str) -> Problem:
        """Return a problem of the value at `path`, at its own line."""
        mark = mark_at(self.body, path)
        return Problem(Place(mark.file, mark.line, path), rule)


def misread(text: str) -> str | None:
    """Return why kubectl, which reads YAML 1.1, reads a plain scalar in another way than this program."""
    if re.fullmatch(r"(?i)y|n|yes|no|on|off", text):
        return "is true or false to kubectl: write true or false, or put it in quotes"
    if re.fullmatch(r"[-+]?0o?[0-7_]+", text) and text.strip("-+0"):
        return "is an octal number: write it in decimal, for example 420 for 0644, or put it in quotes if it is text"
    return None


def read(folder: Path, name: str, paths: list[str]) -> tuple[list[Manifest], list[Problem]]:
    """Return the objects in the files and folders `paths` below `folder`, which messages call `name`, and what is wrong
    with them."""
    found: list[Manifest] = []
    problems: list[Problem] = []
    for file in _files(folder, name, paths, problems):
        try:
            documents = read_all(folder / file, f"{name}/{file}", misread)
        except InvalidSettings as error:
            problems += [_without_number(each) for each in error.problems]
            continue
        if not documents:
            problems.append(Problem(Place(f"{name}/{file}", 1), "has no object"))
        problems += _plain_secrets(documents)
        for index, document in enumerate(documents):
            faults = list(_faults(document, documents.marks[index].line, f"{name}/{file}"))
            problems += faults
            if not faults:
                found.append(_manifest(document))
    return found, [*problems, *_twice(found)]


def _files(folder: Path, name: str, paths: list[str], problems: list[Problem]) -> list[str]:
    """Return the files that `paths` name, in order and once; a missing one is a problem of the definition."""
    files: list[str] = []
    for path in paths:
        place = folder / path
        if place.is_dir():
            inside = sorted(each for each in place.rglob("*") if each.suffix in ENDINGS and each.is_file())
            files += [each.relative_to(folder).as_posix() for each in inside]
            if not inside:
                problems.append(Problem(Place(f"{name}/{path}"), "has no file that ends with .yaml or .yml"))
        elif place.is_file():
            files.append(path)
    return list(dict.fromkeys(files))


def _without_number(problem: Problem) -> Problem:
    place = problem.place
    return Problem(Place(place.file, place.line, place.path[1:]), problem.rule)


def _faults(document: Any, line: int, file: str) -> Iterator[Problem]:
    """Yield what is wrong with one document."""
    if not isinstance(document, LocatedDict):
        yield Problem(Place(file, line), "is not an object of Kubernetes: it is no mapping of keys")
        return

    def problem(path: Keys, rule: str) -> Problem:
        mark = mark_at(document, path)
        return Problem(Place(mark.file, mark.line, path), rule)

    version, kind, metadata = (document.get(key) for key in ("apiVersion", "kind", "metadata"))
    for key, value in (("apiVersion", version), ("kind", kind)):
        if not isinstance(value, str) or not value:
            yield problem((key,), f"needs {key}, for example {'apps/v1' if key == 'apiVersion' else 'Deployment'}")
    if not isinstance(version, str) or not isinstance(kind, str):
        return
    if kind.endswith("List") and (version, kind) not in KINDS and "items" in document:
        yield problem(("kind",), "is a list: write each of its items as a document of its own, separated by ---")
        return
    yield from (problem(path, rule) for path, rule in _kind_faults(version, kind))
    if not isinstance(metadata, LocatedDict):
        yield problem(("metadata",), "needs metadata with a name, for example {name: reports}")
        return
    yield from (problem(path, rule) for path, rule in _metadata_faults(metadata, version))
    place = (*kinds.PODS_OF.get(kind, ("",))[:-1], "metadata", "labels")
    labels = value_at(document, place)
    for key in labels if isinstance(labels, LocatedDict) else ():
        if key.startswith(f"{_OWN_GROUP}/"):
            yield problem((*place, key), "is a label of the program's own pods, to which visitors are sent: remove it")
    if "status" in document:
        yield problem(("status",), "is written by the cluster: remove it")
    if (version, kind) == ("v1", "Secret"):
        yield from (problem(path, rule) for path, rule in _secret_faults(document))


def _kind_faults(version: str, kind: str) -> Iterator[tuple[Keys, str]]:
    if kinds.group_of(version) == _OWN_GROUP:
        yield ("apiVersion",), "is of Slipway's own group: the program makes these objects"
    elif (version, kind) not in KINDS and kinds.is_built_in(version):
        served = [each for each, known in KINDS if known == kind]
        if served:
            yield ("apiVersion",), f"has no {kind}: it is {' or '.join(served)} in Kubernetes 1.36"
        else:
            hint = nearest(kind, [known for each, known in KINDS if each == version])
            yield ("kind",), f"is no kind of {version} in Kubernetes 1.36{hint}"


def _metadata_faults(metadata: LocatedDict, version: str) -> Iterator[tuple[Keys, str]]:
    name, namespace = metadata.get("name"), metadata.get("namespace")
    form = _ROLE_NAME if kinds.group_of(version) == "rbac.authorization.k8s.io" else _NAME
    if "generateName" in metadata:
        yield ("metadata", "generateName"), "gives another name each time: write 'name'"
    elif not isinstance(name, str) or not form.fullmatch(name) or len(name) > _NAME_LENGTH:
        yield ("metadata", "name"), "needs a name (lower-case letters, digits, hyphens, dots), for example reports"
    if "namespace" in metadata and (not isinstance(namespace, str) or not _NAME.fullmatch(namespace)):
        yield ("metadata", "namespace"), "is not the name of a namespace"
    for key in _WRITTEN_BY_CLUSTER:
        if metadata.get(key) is not None:
            yield ("metadata", key), "is written by the cluster: remove it"
    for group in ("labels", "annotations"):
        entries = metadata.get(group)
        if entries is not None and not isinstance(entries, LocatedDict):
            yield ("metadata", group), "is not a mapping of texts"
        for key, value in (entries or {}).items() if isinstance(entries, dict) else ():
            if not isinstance(value, str):
                yield ("metadata", group, key), "is not text: put it in quotes"
            elif key in _TAKEN or (key.startswith(f"{_OWN_GROUP}/") and key not in _OPEN):
                yield ("metadata", group, key), "is set by the program: remove it"


def _secret_faults(document: LocatedDict) -> Iterator[tuple[Keys, str]]:
    for key in ("data", "stringData"):
        if document.get(key):
            yield (
                (key,),
                "is a secret in plain text: declare it under 'secrets' of the system, or write an ExternalSecret",
            )
    if document.get("type") == _TOKEN:
        yield ("type",), "is a token that never expires: mount one by a projected volume"


def _plain_secrets(documents: LocatedList) -> Iterator[Problem]:
    """Yield a problem for every text that looks like a secret, and every literal of a variable that is called one."""
    for mark, value in walk(documents):
        place = Place(mark.file, mark.line, mark.path[1:])
        if isinstance(value, str) and (has_secret_form(value) or _is_literal(documents, mark.path, value)):
            yield Problem(place, PLAIN_SECRET)


def _is_literal(documents: LocatedList, path: Keys, value: str) -> bool:
    """Return whether the value is that of a variable or a key of a ConfigMap that is named like a secret."""
    if path[-1] == "value" and len(path) > 2 and path[-3] == "env":
        return is_secret(str(_above(documents, path).get("name", "")), value)
    return path[-2:-1] == ("data",) and len(path) == 3 and is_secret(str(path[-1]), value)


def _above(documents: LocatedList, path: Keys) -> Mapping[str, Any]:
    value: Any = documents
    for segment in path[:-1]:
        value = value[segment]
    return value if isinstance(value, dict) else {}


def _manifest(document: LocatedDict) -> Manifest:
    metadata = document["metadata"]
    return Manifest(
        document["apiVersion"],
        document["kind"],
        metadata["name"],
        metadata.get("namespace"),
        document,
        Pointer(document.mark.file, document.mark.path),
        document.mark.line,
    )


def _twice(found: list[Manifest]) -> Iterator[Problem]:
    first: dict[tuple[str, str, str, str | None], Manifest] = {}
    for each in found:
        other = first.setdefault((kinds.group_of(each.api_version), each.kind, each.name, each.namespace), each)
        if other is not each:
            place = f"{other.pointer.file}:{other.line}"
            yield each.problem(("metadata", "name"), f"is declared twice: {each.title} is in {place} too")
