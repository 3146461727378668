"""Prune objects of an earlier rehearsal that are no longer in the plan, in reverse order, except those with data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from slipway.ops.cluster.api import Api, Refused
from slipway.ops.cluster.api_kinds import Kinds, Resource
from slipway.ops.cluster.deleting import wait_gone
from slipway.ops.cluster.objects import Object
from slipway.ops.cluster.snapshot import Snapshot
from slipway.ops.cluster.verdict import conditions

KEPT, KEEPER = "slipway.dev/kept", "slipway-keeper"
"""Annotation of a failed Job that stayed through the run that fixed it, and the field manager that writes it."""
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
    ("scheduling.k8s.io", "PriorityClass"): 4,
    NAMESPACE: 5,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): 6,
}
"""The round in which a kind is deleted. Other kinds are deleted in the first; custom resources in the second, because
their operators need the remaining objects to clean up."""


@dataclass(frozen=True)
class Left:
    """An object in the cluster that has the mark and is not in the plan."""

    resource: Resource
    namespace: str
    name: str
    uid: str
    is_evidence: bool = False
    """True for a failed Job that has not stayed through a successful run yet."""

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
    """The deleted objects, those that stay and why, and those whose deletion failed."""

    deleted: list[str] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


def left(before: Snapshot, kinds: Kinds, objects: Sequence[Object]) -> list[Left]:
    """Return the marked objects of the cluster that are not in the plan."""
    wanted = {before.identity(each) for each in objects}
    found = [(key, kind, item) for key, (kind, item) in sorted(before.found.items()) if key not in wanted]
    return [
        _left(resource, item)
        for _, kind, item in found
        if "deletionTimestamp" not in item["metadata"] and (resource := kinds.find(kind))
    ]


def _left(resource: Resource, item: Mapping[str, Any]) -> Left:
    metadata = item["metadata"]
    place, evidence = metadata.get("namespace", ""), resource.kind.name == "Job" and _is_new_failure(item)
    return Left(resource, place, metadata["name"], metadata["uid"], is_evidence=evidence)


def _is_new_failure(job: Mapping[str, Any]) -> bool:
    failed = conditions(job).get("Failed", {}).get("status") == "True"
    return failed and KEPT not in (job["metadata"].get("annotations") or {})


def rounds(entries: Iterable[Left]) -> list[list[Left]]:
    """Return the groups of objects that are deleted together, in order."""
    ordered = sorted(entries, key=lambda entry: (entry.round, entry.title))
    return [list(group) for _, group in groupby(ordered, key=lambda entry: entry.round)]


def retention_reason(entry: Left, claims: Sequence[str]) -> str:
    """Return why an object must stay; empty if it may be deleted. `claims` are the PersistentVolumeClaims of a
    namespace."""
    kind = (entry.resource.kind.group, entry.resource.kind.name)
    if entry.is_evidence:
        return "it failed: find out why; the next successful run deletes it"
    if kind == CLAIM:
        return "it contains data"
    if kind == NAMESPACE and claims:
        return f"it contains the PersistentVolumeClaim{'s' if len(claims) > 1 else ''} {', '.join(sorted(claims))}"
    return ""


def prune(api: Api, entries: Iterable[Left], *, timeout: float, report: Callable[[str], None]) -> Pruned:
    """Delete round by round and wait for each; stop at a round that fails."""
    result = Pruned()
    for group in rounds(entries):
        going = [entry for entry in group if _may_go(api, entry, result)]
        for entry in going:
            _delete(api, entry, result)
        for entry in going:
            _wait(api, entry, timeout, result, report)
        if result.failures:
            break
    return result


def _may_go(api: Api, entry: Left, result: Pruned) -> bool:
    claims: list[str] = []
    if (entry.resource.kind.group, entry.resource.kind.name) == NAMESPACE:
        found = api.items(f"/api/v1/namespaces/{entry.name}/persistentvolumeclaims")
        claims = [each["metadata"]["name"] for each in found]
    if reason := retention_reason(entry, claims):
        result.kept[entry.title] = reason
        if entry.is_evidence:
            _mark_failed(api, entry)
    return not reason


def _mark_failed(api: Api, entry: Left) -> None:
    """Mark a failed Job, so that the next successful run deletes it."""
    kind, place = entry.resource.kind, {"name": entry.name, "namespace": entry.namespace}
    body = {"apiVersion": kind.api_version, "kind": kind.name, "metadata": {**place, "annotations": {KEPT: "once"}}}
    api.apply(entry.path, body, manager=KEEPER)


def _delete(api: Api, entry: Left, result: Pruned) -> None:
    try:
        api.delete(entry.path, entry.uid)
    except Refused as refusal:
        result.failures[entry.title] = str(refusal)


def _wait(api: Api, entry: Left, timeout: float, result: Pruned, report: Callable[[str], None]) -> None:
    if entry.title in result.failures:
        return
    held = wait_gone(
        api, entry.path, entry.uid, timeout=timeout, report=lambda words: report(f"{entry.title}: {words}")
    )
    if held:
        result.failures[entry.title] = f"is still being deleted, held by {held}"
    else:
        result.deleted.append(entry.title)
        report(f"{entry.title}: deleted")
