"""One object brought to the cluster: applied, or made anew where it cannot be changed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from live.cluster import annotations
from live.cluster.api import Api, Refused
from live.cluster.contents import contents
from live.cluster.kinds import Kinds, Resource
from live.cluster.marks import Mark
from live.cluster.objects import Object
from live.cluster.verdict import conditions
from live.failure import CloudFailure

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
"""What Pulumi deletes and makes again when a field changes that cannot. Never what holds data."""
MANAGER = re.compile(r'conflict with "([^"]+)"')
POLL = 0.5
OWN = ("resourceVersion", "generation", "managedFields")
"""Metadata that the API server keeps for itself."""


class Change(Enum):
    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Applier:
    """Applies objects of one mark. `say` takes lines about an object; `timeout` is seconds, for what names none."""

    api: Api
    kinds: Kinds
    mark: Mark
    say: Callable[[Object, str], None]
    timeout: float

    def apply(self, target: Object) -> Change:
        """Brings the object to the cluster. Raises CloudFailure."""
        resource = self.kinds.find(target.kind)
        if resource is None:
            raise CloudFailure(f"the cluster does not know the kind {target.kind}; install its CRD, or pass --crds")
        path = resource.path(target.namespace, target.name)
        live = self._settled(target, path)
        if live is not None and is_spent(target, live):
            self.say(target, "made anew, as the last one failed")
            live = self._removed(target, path, live)
        try:
            applied = self._sent(target, resource, live)
        except Refused as refusal:
            if live is None or not must_replace(target, refusal):
                raise CloudFailure(_told(target, refusal)) from None
            self.say(target, f"made anew, as {refusal.fields or 'what changed'} is immutable")
            applied = self._anew(target, resource, self._removed(target, path, live))
        if live is None:
            return Change.CREATED
        return Change.UNCHANGED if is_same(live, applied) else Change.CHANGED

    def _anew(self, target: Object, resource: Resource, live: None) -> Mapping[str, Any]:
        try:
            return self._sent(target, resource, live)
        except Refused as refusal:
            raise CloudFailure(f"deleted, but not made again: {_told(target, refusal)}") from None

    def _sent(self, target: Object, resource: Resource, live: Mapping[str, Any] | None) -> Mapping[str, Any]:
        body, path = contents(target, live, self.mark), resource.path(target.namespace, target.name)
        manager = annotations.manager(target)
        try:
            return self.api.apply(path, body, manager=manager)
        except Refused as refusal:
            if not refusal.conflicts:
                raise
            self.say(target, f"takes over {owners(refusal)}")
            return self.api.apply(path, body, manager=manager, force=True)

    def _settled(self, target: Object, path: str) -> Mapping[str, Any] | None:
        """What the cluster has; what is being deleted is waited out."""
        live = self.api.get(path)
        return live if live is None or "deletionTimestamp" not in live["metadata"] else self._gone(target, path, live)

    def _removed(self, target: Object, path: str, live: Mapping[str, Any]) -> None:
        if target.protected:
            raise CloudFailure("it is protected, and cannot be changed without deleting it")
        self.api.delete(path, live["metadata"]["uid"])
        return self._gone(target, path, live)

    def _gone(self, target: Object, path: str, live: Mapping[str, Any]) -> None:
        until = time.monotonic() + annotations.timeout(target, "delete", self.timeout)
        while (now := self.api.get(path)) is not None and now["metadata"]["uid"] == live["metadata"]["uid"]:
            if time.monotonic() > until:
                held = ", ".join(now["metadata"].get("finalizers") or ()) or "nothing that is known"
                raise CloudFailure(f"the old one is still being deleted, held by {held}")
            self.api.pause(POLL)


def is_spent(target: Object, live: Mapping[str, Any]) -> bool:
    """Whether it is a Job that failed and that is to run again."""
    failed = conditions(live).get("Failed", {}).get("status") == "True"
    return target.kind.name == "Job" and failed and annotations.replaces_unready(target)


def must_replace(target: Object, refusal: Refused) -> bool:
    """Whether the API server refused a change that another object of the same name could have."""
    can = target.kind.name in REPLACEABLE and not target.kind.is_custom and not target.patch
    return can and refusal.status == 422 and bool(IMMUTABLE.search(str(refusal)))


def is_same(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether applying changed nothing. What a controller did meanwhile to the status is no change."""
    if before["metadata"].get("resourceVersion") == after["metadata"].get("resourceVersion"):
        return True
    return _compared(before) == _compared(after)


def owners(refusal: Refused) -> str:
    """`spec.replicas from hpa, data.key from kubectl`."""
    found = [(cause.get("field", "?"), MANAGER.search(cause.get("message", ""))) for cause in refusal.conflicts]
    return ", ".join(f"{field.lstrip('.')} from {match[1] if match else 'another manager'}" for field, match in found)


def _compared(document: Mapping[str, Any]) -> dict[str, Any]:
    metadata = {key: value for key, value in document["metadata"].items() if key not in OWN}
    return {**{key: value for key, value in document.items() if key != "status"}, "metadata": metadata}


def _told(target: Object, refusal: Refused) -> str:
    """The API server's words, but for a Secret, whose values they may repeat."""
    return f"refused (HTTP {refusal.status})" if target.kind.name == "Secret" else str(refusal)
