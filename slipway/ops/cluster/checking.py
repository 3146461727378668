"""Checks the readiness of an applied object by its own status and that of related objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slipway.ops.cluster import annotations, evidence, pod_problems, serving
from slipway.ops.cluster.api import Api
from slipway.ops.cluster.api_kinds import Kind, Kinds
from slipway.ops.cluster.objects import Object
from slipway.ops.cluster.readiness import readiness
from slipway.ops.cluster.verdict import READY, State, Verdict, failed, waiting

CLAIM = Kind("v1", "PersistentVolumeClaim")
FIRST_CONSUMER = "WaitForFirstConsumer"
DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
CLASSES = "/apis/storage.k8s.io/v1/storageclasses"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"

Live = Mapping[str, Any]


class ReadinessChecker:
    """Reads objects from the cluster to check them."""

    def __init__(self, api: Api, kinds: Kinds) -> None:
        self._api, self._kinds = api, kinds

    def check(self, target: Object) -> Verdict:
        """Return the current state of the object. Raises CloudFailure."""
        live = self._live(target)
        return failed("it was deleted by somebody else") if live is None else self.evaluate(target, live)

    def explain(self, target: Object) -> tuple[str, ...]:
        """Return logs and events of its pods, for people. Raises CloudFailure."""
        live = self._live(target)
        return evidence.of(self._api, target, live) if live is not None else ()

    def _live(self, target: Object) -> Live | None:
        resource = self._kinds.find(target.kind)
        return self._api.get(resource.path(target.namespace, target.name)) if resource else None

    def evaluate(self, target: Object, live: Live) -> Verdict:
        """Return the state of an object that was just read."""
        wanted = annotations.waits_for(target)
        if not wanted:
            return self._verdict(target, live)
        verdict = annotations.check(wanted, live)
        if verdict.state is not State.WAITING:
            return verdict
        return waiting(self._verdict(target, live).reason or verdict.reason)

    def _verdict(self, target: Object, live: Live) -> Verdict:
        if target.kind == serving.SERVICE:
            return self._service(target, live)
        verdict = readiness(target.kind, live)
        if verdict.is_ready:
            return verdict
        if target.kind == CLAIM and verdict.state is State.WAITING and self._binds_late(live):
            return READY
        reason = self._trouble(target, live) if target.kind.name in pod_problems.WITH_PODS else ""
        return Verdict(verdict.state, f"{verdict.reason}: {reason}") if reason else verdict

    def _service(self, target: Object, live: Live) -> Verdict:
        path, label = SLICES.format(namespace=target.namespace), f"{serving.SLICE_LABEL}={target.name}"
        return serving.addressed(live, self._api.items(path, labelSelector=label) if serving.has_pods(live) else [])

    def _binds_late(self, claim: Live) -> bool:
        """Return whether the volume is created only for the first pod that uses it."""
        name = claim["spec"].get("storageClassName")
        for each in self._api.items(CLASSES):
            is_default = (each["metadata"].get("annotations") or {}).get(DEFAULT_CLASS) == "true"
            if each["metadata"]["name"] == name or (name is None and is_default):
                return each.get("volumeBindingMode") == FIRST_CONSUMER
        return False

    def _trouble(self, target: Object, live: Live) -> str:
        """Return the reason why its pods do not run, or why there are none."""
        if not (selector := pod_problems.selector_of(live)):
            return ""
        found = self._api.items(f"/api/v1/namespaces/{target.namespace}/pods", labelSelector=selector)
        return pod_problems.trouble(found) if found else self._warned(target, live)

    def _warned(self, target: Object, live: Live) -> str:
        """Return the last warning about the object itself, such as an exhausted quota."""
        about = f"involvedObject.uid={live['metadata']['uid']},type=Warning"
        found = self._api.items(f"/api/v1/namespaces/{target.namespace}/events", fieldSelector=about)
        last = max(found, key=lambda event: event.get("lastTimestamp") or event.get("eventTime") or "", default={})
        return pod_problems.shortened(last.get("message", ""))
