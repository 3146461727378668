"""Decides when a Service is ready, as Pulumi's provider does: when no pod behind it is still starting.

Since 4.17 the provider does not wait for pods that do not exist yet: a Service comes before its Deployment, which may
wait for backups and migrations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from slipway.ops.cluster.api_kinds import Kind
from slipway.ops.cluster.verdict import READY, Verdict, waiting

SERVICE = Kind("v1", "Service")
SLICE_LABEL = "kubernetes.io/service-name"


def has_pods(live: Mapping[str, Any]) -> bool:
    """Return whether the Service's pods are checked at all."""
    spec = live["spec"]
    return bool(spec.get("selector")) and spec.get("clusterIP") != "None" and spec.get("type") != "ExternalName"


def addressed(live: Mapping[str, Any], slices: Sequence[Mapping[str, Any]]) -> Verdict:
    """Return whether all pods behind a Service are ready, and whether it has a requested load balancer."""
    ready = list(_ready(slices))
    if not all(ready):
        return waiting(f"{ready.count(True)} of {len(ready)} pods ready")
    balanced = live.get("status", {}).get("loadBalancer", {}).get("ingress")
    if live["spec"].get("type") == "LoadBalancer" and not balanced:
        return waiting("no address of a load balancer")
    return READY


def _ready(slices: Sequence[Mapping[str, Any]]) -> Iterator[bool]:
    """Yield the readiness of each pod that is not terminating."""
    for piece in slices:
        for each in piece.get("endpoints") or ():
            conditions = each.get("conditions") or {}
            if not conditions.get("terminating"):
                yield conditions.get("ready") is not False
