"""How an object stands that was applied: its own status, and what stands around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from live.cluster import annotations, pods, serving
from live.cluster.api import Api
from live.cluster.kinds import Kind, Kinds
from live.cluster.objects import Object
from live.cluster.readiness import readiness
from live.cluster.verdict import READY, State, Verdict, failed

CLAIM = Kind("v1", "PersistentVolumeClaim")
WITH_PODS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Job"})
FIRST_CONSUMER = "WaitForFirstConsumer"
DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
CLASSES = "/apis/storage.k8s.io/v1/storageclasses"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"

Live = Mapping[str, Any]


class Looker:
    """Asks the cluster. `served` names the Services that have workloads in the plan."""

    def __init__(self, api: Api, kinds: Kinds, served: Mapping[str, frozenset[str]]) -> None:
        self._api, self._kinds, self._served = api, kinds, served

    def look(self, target: Object) -> Verdict:
        """How the object stands now. Raises CloudFailure."""
        resource = self._kinds.find(target.kind)
        live = self._api.get(resource.path(target.namespace, target.name)) if resource else None
        if live is None:
            return failed("it was deleted by somebody else")
        verdict = self._verdict(target, live)
        wanted = annotations.waits_for(target)
        return annotations.holds(wanted, live) if wanted and verdict.is_ready else verdict

    def _verdict(self, target: Object, live: Live) -> Verdict:
        if target.kind == serving.SERVICE:
            return self._service(target, live)
        verdict = readiness(target.kind, live)
        if verdict.is_ready:
            return verdict
        if target.kind == CLAIM and verdict.state is State.WAITING and self._binds_late(live):
            return READY
        reason = self._trouble(target, live) if target.kind.name in WITH_PODS else ""
        return Verdict(verdict.state, f"{verdict.reason}: {reason}") if reason else verdict

    def _service(self, target: Object, live: Live) -> Verdict:
        path, label = SLICES.format(namespace=target.namespace), f"{serving.SLICE_LABEL}={target.name}"
        slices = self._api.items(path, labelSelector=label) if target.urn in self._served else []
        return serving.addressed(live, slices, awaited=target.urn in self._served)

    def _binds_late(self, claim: Live) -> bool:
        """Whether its volume is made only for the first pod that uses it."""
        name = claim["spec"].get("storageClassName")
        for each in self._api.items(CLASSES):
            is_default = (each["metadata"].get("annotations") or {}).get(DEFAULT_CLASS) == "true"
            if each["metadata"]["name"] == name or (name is None and is_default):
                return each.get("volumeBindingMode") == FIRST_CONSUMER
        return False

    def _trouble(self, target: Object, live: Live) -> str:
        """What keeps its pods, or what keeps it from having any."""
        labels = live["spec"].get("selector", {}).get("matchLabels") or {}
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        if not selector:
            return ""
        found = self._api.items(f"/api/v1/namespaces/{target.namespace}/pods", labelSelector=selector)
        return pods.trouble(found) if found else self._warned(target, live)

    def _warned(self, target: Object, live: Live) -> str:
        """The last warning about the object itself, such as a quota that is used up."""
        about = f"involvedObject.uid={live['metadata']['uid']},type=Warning"
        found = self._api.items(f"/api/v1/namespaces/{target.namespace}/events", fieldSelector=about)
        last = max(found, key=lambda event: event.get("lastTimestamp") or event.get("eventTime") or "", default={})
        return pods.shortened(last.get("message", ""))
