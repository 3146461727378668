"""Computes the requests of a cluster's pods at the minimum and the maximum of replicas, and the nodes that they
require."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slipway.cost.resources import Resource
from slipway.cost.span import NOTHING, Span
from slipway.rehearsal.quantities import UNITS, amount

AUTOSCALERS: Mapping[str, tuple[tuple[str, int], tuple[str, int]]] = {
    "HorizontalPodAutoscaler": (("minReplicas", 1), ("maxReplicas", 1)),
    "ScaledObject": (("minReplicaCount", 0), ("maxReplicaCount", 100)),
}
"""Keys of the fewest and the most pods of autoscalers, with their defaults."""
COUNTS = ("replicas", "replicaCount", "count", "instances", "members")
"""Keys for the number of pods in workloads, operators and charts."""
NO_PODS_OF_THEIR_OWN = ("CronJob", "Job", "LimitRange", "ResourceQuota", "ScaledJob")
"""Kinds without running pods: Jobs end, and objects that limit pods have none."""
NODE_POOL = "slipway.dev/node-pool"
"""Label of nodes besides the usual ones."""


@dataclass(frozen=True)
class Requests:
    """Cores and GiB of memory."""

    cpu: Span = NOTHING
    memory: Span = NOTHING

    def __add__(self, other: Requests) -> Requests:
        return Requests(self.cpu + other.cpu, self.memory + other.memory)


@dataclass(frozen=True)
class Volumes:
    """A number of volumes of the same size in GiB."""

    size: float
    count: Span
    storage_class: str = ""
    """Empty for the default of the cluster."""


def requests(resources: Iterable[Resource], pool: str = "") -> Requests:
    """Return the requests of all pods together that run on the usual nodes, or on those of a pool alone. What may run on
    several pools counts at the upper end of each."""
    resources = list(resources)
    scaled = {
        _key(each, each.text("spec", "scaleTargetRef", "name")): _bounds(each)
        for each in resources
        if any(_is(each, kind) for kind in AUTOSCALERS)
    }
    found = Requests()
    for each in resources:
        pools = _pools(each)
        if pool not in (pools or {""}):
            continue
        if each.type.startswith("kubernetes:") and not any(_is(each, kind) for kind in NO_PODS_OF_THEIR_OWN):
            replicas = scaled.get(_key(each, each.text("metadata", "name")))
            for needs, count in _pods(_body(each), replicas, Span.exactly(1)):
                cpu, memory = amount(needs.get("cpu")), amount(needs.get("memory")) / UNITS["Gi"]
                here = count if len(pools) < 2 else Span(0, count.high)
                found += Requests(here * cpu, here * memory)
    return found


def _pools(resource: Resource) -> set[str]:
    """Return the pools to which pods are bound: each term of their affinity to nodes names some. Empty for pods that the
    usual nodes may have."""
    path = ("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
    named = [
        {
            str(value)
            for each in term.get("matchExpressions") or ()
            if each.get("key") == NODE_POOL and each.get("operator") == "In"
            for value in each.get("values") or ()
        }
        for term in resource.entries("spec", "template", "spec", *path)
    ]
    return set().union(*named) if all(named) else set()


_CLASS = ("storageClassName", "storageClass")
"""Keys with the name of a StorageClass, in claims and in operators' objects."""


def volumes(resource: Resource) -> Sequence[Volumes]:
    """Return the volumes that a workload, or a chart, creates for its pods."""
    return list(_volumes(_body(resource), Span.exactly(1)))


def nodes(needed: Requests, *, cpu: float, memory: float, minimum: float, maximum: float) -> Span:
    """Return how many nodes with `cpu` and `memory` for pods the requests need, within the bounds of their pool."""

    def enough(cores: float, gibibytes: float) -> float:
        return min(max(minimum, math.ceil(cores / cpu), math.ceil(gibibytes / memory)), maximum)

    return Span(enough(needed.cpu.low, needed.memory.low), enough(needed.cpu.high, needed.memory.high))


def _is(resource: Resource, kind: str) -> bool:
    return resource.type.endswith(f":{kind}")


def _key(resource: Resource, name: str) -> tuple[str, str]:
    return resource.text("metadata", "namespace"), name


def _body(resource: Resource) -> Any:
    return resource.inputs.get("values") if _is(resource, "Release") else resource.inputs.get("spec")


def _bounds(autoscaler: Resource) -> Span:
    bounds = next(bounds for kind, bounds in AUTOSCALERS.items() if _is(autoscaler, kind))
    low, high = (autoscaler.number("spec", key, default=usual) for key, usual in bounds)
    return Span(low, high)


def _pods(found: Any, replicas: Span | None, count: Span) -> Iterator[tuple[Mapping[str, Any], Span]]:
    """Yield every mapping `resources.requests` below, with the number of its pods: the nearest number above it, or the
    bounds of an autoscaler."""
    if isinstance(found, list):
        for each in found:
            yield from _pods(each, replicas, count)
    if not isinstance(found, dict):
        return
    count = replicas or _count(found, count)
    needs = found.get("resources")
    if isinstance(needs, dict) and isinstance(needs.get("requests"), dict) and "storage" not in needs["requests"]:
        yield needs["requests"], count
    for key, each in found.items():
        if key == "initContainers":
            yield from _pods([one for one in each if _is_sidecar(one)], replicas, count)
        elif key not in ("volumeClaimTemplates", "resources"):
            yield from _pods(each, replicas, count)


def _is_sidecar(container: Any) -> bool:
    """Return whether an init container runs as long as its pod."""
    return isinstance(container, dict) and container.get("restartPolicy") == "Always"


def _volumes(found: Any, count: Span) -> Iterator[Volumes]:
    if isinstance(found, list):
        for each in found:
            yield from _volumes(each, count)
    if not isinstance(found, dict):
        return
    count = _count(found, count)
    needs = found.get("resources")
    asked = (
        needs.get("requests", {}).get("storage")
        if isinstance(needs, dict) and isinstance(needs.get("requests"), dict)
        else None
    )
    kept = found.get("persistence")
    if asked is None and isinstance(kept, dict):
        asked = kept.get("storage")
    stored = found.get("storage")
    if asked is None and isinstance(stored, dict):
        asked = stored.get("size")
    if amount(asked):
        named = [each.get(key) for each in (found, kept, stored) if isinstance(each, dict) for key in _CLASS]
        yield Volumes(amount(asked) / UNITS["Gi"], count, next((each for each in named if isinstance(each, str)), ""))
    for each in found.values():
        yield from _volumes(each, count)


def _count(found: Mapping[str, Any], above: Span) -> Span:
    """Return the number of pods in a mapping, or the bounds of the autoscaler in it."""
    scaling = next(
        (each for each in found.values() if isinstance(each, dict) and "minReplicas" in each and "maxReplicas" in each),
        None,
    )
    if scaling is not None:
        return Span(amount(scaling["minReplicas"]), amount(scaling["maxReplicas"]))
    number = next(
        (
            found[key]
            for key in COUNTS
            if isinstance(found.get(key), int | float) and not isinstance(found.get(key), bool)
        ),
        None,
    )
    return above if number is None else Span.exactly(number)
