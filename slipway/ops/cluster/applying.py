"""Applies one object to the cluster, or recreates it if it cannot be changed."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from slipway.ops.cluster import annotations
from slipway.ops.cluster.api import Api, Refused
from slipway.ops.cluster.api_kinds import Kinds, Resource
from slipway.ops.cluster.contents import contents, is_secret
from slipway.ops.cluster.deleting import wait_gone
from slipway.ops.cluster.marks import ANNOTATION, Mark
from slipway.ops.cluster.objects import Object
from slipway.ops.cluster.snapshot import Snapshot, is_as_sent
from slipway.ops.cluster.verdict import conditions
from slipway.ops.failure import CloudFailure

IMMUTABLE = re.compile(
    r"immutable|updates to statefulset spec for fields other than|pod updates may not change fields|cannot change roleRef"
    r"|may not change once set|updates to parameters are forbidden|updates to provisioner are forbidden"
)
REPLACEABLE = frozenset(
    [
        *("Job", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Pod", "PodDisruptionBudget"),
        *("Service", "ConfigMap", "Secret", "RoleBinding", "ClusterRoleBinding", "StorageClass"),
    ]
)
"""Kinds that Pulumi deletes and recreates when an immutable field changes. None of them holds data."""
MANAGER = re.compile(r'conflict with "([^"]+)"')
TAKE_OVER = "pass --take-over to manage it with this stack"
OWN = ("resourceVersion", "generation", "managedFields")
"""Metadata that the API server maintains."""


class Change(Enum):
    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Applier:
    """Applies objects of one mark. `report` takes lines about an object; `timeout` is in seconds, for objects without
    one.

    Objects of other owners are refused, unless `take_over` is set. `before` are the cluster's objects with the mark.
    """

    api: Api
    kinds: Kinds
    mark: Mark
    report: Callable[[Object, str], None]
    timeout: float
    take_over: bool = False
    before: Snapshot | None = None

    def apply(self, target: Object) -> Change:
        """Apply the object. Raises CloudFailure."""
        resource = self.kinds.find(target.kind)
        if resource is None:
            raise CloudFailure(f"the cluster does not know the kind {target.kind}; install its CRD, or pass --crds")
        path = resource.path(target.namespace, target.name)
        known = self.before.of(target) if self.before and not target.patch else None
        if (
            known is not None
            and not is_failed_job(target, known)
            and is_as_sent(known, contents(target, known, self.mark))
        ):
            return Change.UNCHANGED
        live = self._settled(target, path)
        if strange := self.refusal(target, live):
            raise CloudFailure(strange)
        if live is not None and is_failed_job(target, live):
            self.report(target, "recreated, as the last one failed")
            live = self._removed(target, path, live)
        try:
            applied = self._sent(target, resource, live)
        except Refused as refusal:
            if live is None or not must_replace(target, refusal):
                raise CloudFailure(refusal_of(target, refusal)) from None
            self.report(target, f"recreated, as {refusal.fields or 'what changed'} is immutable")
            applied = self._recreate(target, resource, self._removed(target, path, live))
        if live is None:
            return Change.CREATED
        return Change.UNCHANGED if is_same(live, applied) else Change.CHANGED

    def refusal(self, target: Object, live: Mapping[str, Any] | None, conflict: Refused | None = None) -> str:
        """Return why an object must not be changed; empty if it may be. Another stack uses the same field manager, so
        its objects cause no conflict. A patch is of an object of others, whose fields it forces only where it says so."""
        if self.take_over or (target.patch and (conflict is None or annotations.forces(target))):
            return ""
        if target.patch and conflict is not None:
            return f"another manager owns {owners(conflict)}: {TAKE_OVER}"
        other = (live or {"metadata": {}})["metadata"].get("annotations", {}).get(ANNOTATION, self.mark.text)
        if other != self.mark.text:
            return f"it belongs to the rehearsal of {other}; {TAKE_OVER}"
        if conflict is not None and not is_ours(target, live):
            return f"another manager owns {owners(conflict)}: {TAKE_OVER}"
        return ""

    def _recreate(self, target: Object, resource: Resource, live: None) -> Mapping[str, Any]:
        try:
            return self._sent(target, resource, live)
        except Refused as refusal:
            raise CloudFailure(f"deleted, but not recreated: {refusal_of(target, refusal)}") from None

    def _sent(self, target: Object, resource: Resource, live: Mapping[str, Any] | None) -> Mapping[str, Any]:
        body, path = contents(target, live, self.mark), resource.path(target.namespace, target.name)
        manager = annotations.manager(target)
        try:
            return self.api.apply(path, body, manager=manager)
        except Refused as refusal:
            if not refusal.conflicts:
                raise
            if strange := self.refusal(target, live, refusal):
                raise CloudFailure(strange) from None
            self.report(target, f"takes over {owners(refusal)}")
            return self.api.apply(path, body, manager=manager, force=True)

    def _settled(self, target: Object, path: str) -> Mapping[str, Any] | None:
        """Return the live object, after waiting for a pending deletion."""
        live = self.api.get(path)
        return (
            live
            if live is None or "deletionTimestamp" not in live["metadata"]
            else self._wait_until_deleted(target, path, live)
        )

    def _removed(self, target: Object, path: str, live: Mapping[str, Any]) -> None:
        if target.protected:
            raise CloudFailure("it is protected, and cannot be changed without deleting it")
        self.api.delete(path, live["metadata"]["uid"])
        return self._wait_until_deleted(target, path, live)

    def _wait_until_deleted(self, target: Object, path: str, live: Mapping[str, Any]) -> None:
        limit = annotations.timeout(target, "delete", self.timeout)
        uid, report = live["metadata"]["uid"], functools.partial(self.report, target)
        if held := wait_gone(self.api, path, uid, timeout=limit, report=report):
            raise CloudFailure(f"the old one is still being deleted, held by {held}")


def is_ours(target: Object, live: Mapping[str, Any] | None) -> bool:
    """Return whether a rehearsal applied the object, so that fields that somebody changed since may be reset. Never
    true for a Secret: its readers may already use the new value."""
    marked = ANNOTATION in ((live or {}).get("metadata", {}).get("annotations") or {})
    return marked and not is_secret(target)


def is_failed_job(target: Object, live: Mapping[str, Any]) -> bool:
    """Return whether the object is a failed Job that is to run again."""
    failed = conditions(live).get("Failed", {}).get("status") == "True"
    return target.kind.name == "Job" and failed and annotations.replaces_unready(target)


def must_replace(target: Object, refusal: Refused) -> bool:
    """Return whether the API server refused a change that is possible after a deletion."""
    can = target.kind.name in REPLACEABLE and not target.kind.is_custom and not target.patch
    return can and refusal.status == 422 and bool(IMMUTABLE.search(str(refusal)))


def is_same(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Return whether applying changed nothing. A controller's change of the status does not count."""
    if before["metadata"].get("resourceVersion") == after["metadata"].get("resourceVersion"):
        return True
    return _compared(before) == _compared(after)


def owners(refusal: Refused) -> str:
    """Format the conflicts as `spec.replicas from hpa, data.key from kubectl`."""
    found = [(cause.get("field", "?"), MANAGER.search(cause.get("message", ""))) for cause in refusal.conflicts]
    return ", ".join(f"{field.lstrip('.')} from {match[1] if match else 'another manager'}" for field, match in found)


def _compared(document: Mapping[str, Any]) -> dict[str, Any]:
    metadata = {key: value for key, value in document["metadata"].items() if key not in OWN}
    return {**{key: value for key, value in document.items() if key != "status"}, "metadata": metadata}


def refusal_of(target: Object, refusal: Refused) -> str:
    """Return the API server's message, except for a Secret, whose values it may repeat."""
    return f"refused (HTTP {refusal.status})" if target.kind.name == "Secret" else str(refusal)
