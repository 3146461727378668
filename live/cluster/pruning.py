"""What an earlier rehearsal brought and the plan no longer has: deleted last first, but nothing that holds data."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from live.cluster.api import Api, Refused
from live.cluster.kinds import Kind, Kinds, Resource
from live.cluster.marks import Mark
from live.cluster.objects import Object

POLL = 0.5
CLAIM, NAMESPACE = ("", "PersistentVolumeClaim"), ("", "Namespace")
LATE = {
    ("", "ConfigMap"): 2,
    ("", "Secret"): 2,
    ("", "ServiceAccount"): 2,
    ("rbac.authorization.k8s.io", "RoleBinding"): 2,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): 2,
    ("rbac.authorization.k8s.io", "Role"): 3,
    ("rbac.authorization.k8s.io", "ClusterRole"): 3,
    ("networking.k8s.io", "NetworkPolicy"): 3,
    ("", "ResourceQuota"): 3,
    ("", "LimitRange"): 3,
    ("storage.k8s.io", "StorageClass"): 4,
    NAMESPACE: 5,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): 6,
}
"""In which round a kind goes. What is not named goes in the first, but for custom resources, which go in the second:
their operators clear up with what is still there."""

Identity = tuple[str, str, str, str]


@dataclass(frozen=True)
class Left:
    """An object in the cluster that carries the mark and is not in the plan."""

    resource: Resource
    namespace: str
    name: str
    uid: str

    @property
    def title(self) -> str:
        place = f"{self.namespace}/" if self.namespace else ""
        return f"{self.resource.kind.name} {place}{self.name}"

    @property
    def path(self) -> str:
        return self.resource.path(self.namespace, self.name)

    @property
    def round(self) -> int:
        kind = self.resource.kind
        return LATE.get((kind.group, kind.name), 1 if kind.is_custom else 0)


@dataclass
class Pruned:
    """What was deleted, what stays and why, and what would not go."""

    deleted: list[str] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


def identity(kind: Kind, namespace: str, name: str) -> Identity:
    """The same object under another version of its API is the same."""
    return kind.group, kind.name, namespace, name


def left(api: Api, kinds: Kinds, mark: Mark, recorded: Iterable[Kind], objects: Sequence[Object]) -> list[Left]:
    """What carries the mark in the cluster and is not among the plan's objects."""
    wanted: set[Identity] = set()
    for each in objects:
        resource = kinds.find(each.kind)
        namespaced = resource is None or resource.namespaced
        wanted.add(identity(each.kind, each.namespace if namespaced else "", each.name))
    found: dict[Identity, Left] = {}
    for kind in recorded:
        resource = kinds.find(kind)
        for item in api.items(resource.path(), labelSelector=mark.selector) if resource else ():
            entry = _left(resource, item) if resource else None
            if entry is not None and "deletionTimestamp" not in item["metadata"]:
                found[identity(kind, entry.namespace, entry.name)] = entry
    return [entry for key, entry in sorted(found.items()) if key not in wanted]


def _left(resource: Resource, item: dict[str, Any]) -> Left:
    metadata = item["metadata"]
    return Left(resource, metadata.get("namespace", ""), metadata["name"], metadata["uid"])


def rounds(entries: Iterable[Left]) -> list[list[Left]]:
    """Objects that go together, in the order in which they go."""
    ordered = sorted(entries, key=lambda entry: (entry.round, entry.title))
    return [list(group) for _, group in groupby(ordered, key=lambda entry: entry.round)]


def kept_because(entry: Left, claims: Sequence[str]) -> str:
    """Why an object must stay; empty if it may go. `claims` are the PersistentVolumeClaims of a namespace."""
    kind = (entry.resource.kind.group, entry.resource.kind.name)
    if kind == CLAIM:
        return "it holds data"
    if kind == NAMESPACE and claims:
        return f"it holds the PersistentVolumeClaim{'s' if len(claims) > 1 else ''} {', '.join(sorted(claims))}"
    return ""


def prune(api: Api, entries: Iterable[Left], *, timeout: float, say: Callable[[str], None]) -> Pruned:
    """Deletes round by round and waits for each; stops at a round that does not go."""
    result = Pruned()
    for group in rounds(entries):
        going = [entry for entry in group if _may_go(api, entry, result)]
        for entry in going:
            _delete(api, entry, result)
        until = time.monotonic() + timeout
        for entry in going:
            _wait(api, entry, until, result, say)
        if result.failures:
            break
    return result


def _may_go(api: Api, entry: Left, result: Pruned) -> bool:
    claims: list[str] = []
    if (entry.resource.kind.group, entry.resource.kind.name) == NAMESPACE:
        found = api.items(f"/api/v1/namespaces/{entry.name}/persistentvolumeclaims")
        claims = [each["metadata"]["name"] for each in found]
    if reason := kept_because(entry, claims):
        result.kept[entry.title] = reason
    return not reason


def _delete(api: Api, entry: Left, result: Pruned) -> None:
    try:
        api.delete(entry.path, entry.uid)
    except Refused as refusal:
        result.failures[entry.title] = str(refusal)


def _wait(api: Api, entry: Left, until: float, result: Pruned, say: Callable[[str], None]) -> None:
    if entry.title in result.failures:
        return
    while (now := api.get(entry.path)) is not None and now["metadata"]["uid"] == entry.uid:
        if time.monotonic() > until:
            held = ", ".join(now["metadata"].get("finalizers") or ()) or "nothing that is known"
            result.failures[entry.title] = f"is still being deleted, held by {held}"
            return
        api.pause(POLL)
    result.deleted.append(entry.title)
    say(f"{entry.title}: deleted")
