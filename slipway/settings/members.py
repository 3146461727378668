"""What a foundation knows of systems that another project has on its clusters: `members/*.yaml`, one file a stack.

`slipway member` writes such a file in the project of the systems, from what their definitions say of what they share with
others: images, alerts, logs, controllers, domains. Versions, variables and secrets are not in it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from slipway.settings.document import LocatedDict, read
from slipway.settings.environments import Environment
from slipway.settings.fields import Name, StackName, Text
from slipway.settings.problems import InvalidSettings, Problem, nearest
from slipway.settings.project import Project
from slipway.settings.setting import Setting
from slipway.settings.validation import problem_at, validate

FOLDER = "members"
"""Folder of the files, below that of the project with the foundation."""
EACH = "*"
ALL: Mapping[str, Any] = {}
_CONTAINERS = {EACH: {"image": ALL, "health": ALL}}
SHARED: Mapping[str, Any] = {
    "title": ALL,
    "owner": ALL,
    "contacts": ALL,
    "namespace": ALL,
    "domains": ALL,
    "services": {
        EACH: {
            "image": ALL,
            "port": ALL,
            "ports": ALL,
            "init": _CONTAINERS,
            "sidecars": _CONTAINERS,
            "replicas": {"triggers": ALL},
            "tlsRoutes": ALL,
            "tcpRoutes": ALL,
            "callers": ALL,
        }
    },
    "sites": {EACH: {"artefact": ALL, "domain": ALL}},
    "databases": {EACH: {"engine": ALL, "hosting": ALL}},
    "queue": ALL,
    "queues": {EACH: ALL},
    "topics": {EACH: ALL},
    "caches": {EACH: ALL},
    "objectives": ALL,
    "alerts": ALL,
    "logs": ALL,
    "release": {"announcements": ALL},
    "compliance": ALL,
}
"""Keys of a definition that resources of its cluster depend on; below `*` those of each entry."""


class MemberFile(Setting):
    """A stack of another project, and its systems on the clusters of this one."""

    stack: Text
    """The stack, for people and messages."""
    foundation: StackName
    """The stack that has the clusters."""
    environment: Environment
    """The environment of both."""
    clusters: dict[Name, dict[Name, dict[str, Any]]] = Field(min_length=1)
    """Systems by cluster, each with what of its definition is shared."""


@dataclass(frozen=True)
class Member:
    """A stack of another project that has systems on clusters of this one."""

    stack: str
    document: LocatedDict
    """`environment` and `clusters`, each cluster with its systems in `systems`."""


def shared(definition: LocatedDict) -> LocatedDict:
    """Return what of a definition, with the overrides of its stack, resources of its cluster depend on."""
    return _picked(definition, SHARED)


def digest(document: Mapping[str, Any]) -> str:
    """Return what tells one content of a file from another, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:16]


def members(project: Project, base: str) -> list[Member]:
    """Return the stacks of other projects on the clusters of stack `base`, by their files. Raises InvalidSettings."""
    found, problems = list[Member](), list[Problem]()
    for path in sorted((project.root / FOLDER).glob("*.yaml")):
        document = read(path, f"{FOLDER}/{path.name}")
        file, wrong = validate(MemberFile, document)
        problems += [*wrong, *([] if file is None else _misdirected(project, file, document))]
        if file is not None and file.foundation.split("/")[1:] == [project.name, base]:
            found.append(Member(file.stack, _as_stack(document)))
    if problems:
        raise InvalidSettings(problems)
    return found


def _misdirected(project: Project, file: MemberFile, document: LocatedDict) -> list[Problem]:
    """Return the problem of a file that names no stack of this project, which nobody would read."""
    _, of, base = file.foundation.split("/")
    if of != project.name:
        return [problem_at(document, ("foundation",), f"is of project '{of}', and this one is called '{project.name}'")]
    if base not in project.stacks():
        rule = f"is not a stack of this project{nearest(base, project.stacks())}"
        return [problem_at(document, ("foundation",), rule)]
    return []


def _as_stack(document: LocatedDict) -> LocatedDict:
    """Return a member's file in the form of a stack's."""
    written, clusters = document["clusters"], LocatedDict(document["clusters"].mark)
    for name, systems in written.items():
        entry = LocatedDict(systems.mark)
        entry.put("systems", systems, systems.mark)
        clusters.put(name, entry, written.marks[name])
    stack = document.only(["environment"])
    stack.put("clusters", clusters, document.marks["clusters"])
    return stack


def _picked(value: Any, wanted: Mapping[str, Any]) -> Any:
    if not wanted or not isinstance(value, LocatedDict):
        return value
    found = LocatedDict(value.mark)
    for key, item in value.items():
        below = wanted.get(key, wanted.get(EACH))
        picked = None if below is None else _picked(item, below)
        # An entry without a key of interest is still one, such as a database of the usual engine.
        if below is not None and (picked or key not in wanted or not isinstance(item, LocatedDict)):
            found.put(key, picked, value.marks[key])
    return found
