"""Which workloads of a plan stand behind which Service, and so whether addresses are waited for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from live.cluster.kinds import Kind
from live.cluster.objects import Object
from live.cluster.verdict import READY, Verdict, waiting

WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Pod"})
SERVICE = Kind("v1", "Service")
SLICE_LABEL = "kubernetes.io/service-name"


def served_by(objects: Sequence[Object]) -> Mapping[str, frozenset[str]]:
    """For each Service that is waited for, the URNs of the workloads whose pods it selects."""
    workloads = [each for each in objects if each.kind.name in WORKLOADS and _has_pods(each)]
    found = {each.urn: _behind(each, workloads) for each in objects if each.kind == SERVICE and _is_awaited(each)}
    return {urn: behind for urn, behind in found.items() if behind}


def locked(service: Object, behind: frozenset[str], by_urn: Mapping[str, Object]) -> str:
    """A workload that comes only after the Service whose pods it makes: Pulumi would wait for ever. Its title, or empty."""
    return next((by_urn[urn].title for urn in sorted(behind) if _reaches(urn, service.urn, by_urn)), "")


def addressed(live: Mapping[str, Any], slices: Sequence[Mapping[str, Any]], *, awaited: bool) -> Verdict:
    """Whether a Service has an address behind it, and in front of it if it asks for a load balancer."""
    endpoints = [each for piece in slices for each in piece.get("endpoints") or ()]
    ready = [each for each in endpoints if (each.get("conditions") or {}).get("ready") is not False]
    if awaited and not ready:
        return waiting(f"none of {len(endpoints)} pods ready" if endpoints else "no pods behind it")
    balanced = live.get("status", {}).get("loadBalancer", {}).get("ingress")
    if live["spec"].get("type") == "LoadBalancer" and not balanced:
        return waiting("no address of a load balancer")
    return READY


def _is_awaited(service: Object) -> bool:
    spec = service.body.get("spec", {})
    return bool(spec.get("selector")) and spec.get("clusterIP") != "None" and spec.get("type") != "ExternalName"


def _has_pods(workload: Object) -> bool:
    return workload.body.get("spec", {}).get("replicas", 1) != 0


def _behind(service: Object, workloads: Sequence[Object]) -> frozenset[str]:
    selector = service.body["spec"]["selector"].items()
    return frozenset(
        each.urn for each in workloads if each.namespace == service.namespace and selector <= _labels(each).items()
    )


def _labels(workload: Object) -> Mapping[str, str]:
    pod = workload.body if workload.kind.name == "Pod" else workload.body.get("spec", {}).get("template", {})
    return (pod.get("metadata") or {}).get("labels") or {}


def _reaches(urn: str, wanted: str, by_urn: Mapping[str, Object]) -> bool:
    seen: set[str] = set()
    queue = [urn]
    while queue:
        current = queue.pop()
        if current == wanted:
            return True
        if current not in seen:
            seen.add(current)
            queue.extend(by_urn[current].needs if current in by_urn else ())
    return False
