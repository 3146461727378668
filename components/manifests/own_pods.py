"""The pods of a system's own objects, for which its namespace's quota needs room."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from typing import Any

from slipway.settings.kinds import PODS_OF
from slipway.settings.manifests import Manifest

_SURGE = 4
"""One more pod in so many while a Deployment is updated. Source: Kubernetes' default `maxSurge`, 25 %."""
_MOST = {
    "HorizontalPodAutoscaler": ("maxReplicas", None),
    "ScaledJob": ("maxReplicaCount", 100),
    "ScaledObject": ("maxReplicaCount", 100),
}
"""Keys with the most pods of an autoscaler, or Jobs of a ScaledJob, and their defaults. Source: API references of Kubernetes
and KEDA."""
_QUANTITY = re.compile(r"(\d+\.?\d*|\.\d+)([KMGTPE]i|[mkMGTPE]?)")
_FACTORS = {"m": Decimal("0.001"), "": Decimal(1), "k": Decimal(1000)}
_FACTORS |= {unit: Decimal(1000) ** power for power, unit in enumerate("MGTPE", 2)}
_FACTORS |= {f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGTPE", 1)}
_MEBIBYTE = 1024 * 1024
"""Bytes of a MiB."""
DEFAULTS = {
    "requests": {"cpu": "50m", "memory": "64Mi"},
    "limits": {"cpu": "500m", "memory": "256Mi"},
}
"""Of containers that say nothing: those of the namespace's LimitRange."""


@dataclass(frozen=True)
class Footprint:
    """What pods take of a quota: CPU in thousandths of a core, memory in MiB."""

    pods: int = 0
    cpu: int = 0
    memory: int = 0
    cpu_limit: int = 0
    memory_limit: int = 0

    def __add__(self, other: Footprint) -> Footprint:
        return Footprint(*(getattr(self, key) + getattr(other, key) for key in self.__dataclass_fields__))

    def times(self, count: int) -> Footprint:
        return Footprint(*(getattr(self, key) * count for key in self.__dataclass_fields__))


def footprint(manifests: Sequence[Manifest], namespace: str, nodes: int) -> Footprint:
    """Returns what the pods in the namespace take at most; a DaemonSet has one pod on each of `nodes`."""
    own = [each for each in manifests if each.namespace in (None, namespace)]
    scaled = dict(_scaled(own))
    total = Footprint()
    for each in own:
        path = PODS_OF.get(each.kind)
        if path is not None:
            count = nodes if each.kind == "DaemonSet" else _pods(each, scaled)
            total += _of_a_pod(_at(each.body, path)).times(count)
    return total


def _pods(manifest: Manifest, scaled: Mapping[tuple[str, str], int]) -> int:
    spec = _at(manifest.body, ("spec",))
    if manifest.kind == "Pod":
        return 1
    if manifest.kind in ("Job", "CronJob"):
        job = spec if manifest.kind == "Job" else _at(spec, ("jobTemplate", "spec"))
        return _whole(job.get("parallelism"))
    if manifest.kind == "ScaledJob":
        key, usual = _MOST[manifest.kind]
        return _whole(spec.get(key, usual)) * _whole(_at(spec, ("jobTargetRef",)).get("parallelism"))
    replicas = max(_whole(spec.get("replicas")), scaled.get((manifest.kind, manifest.name), 0))
    return replicas + (ceil(replicas / _SURGE) if manifest.kind == "Deployment" else 0)


def _scaled(manifests: Iterable[Manifest]) -> Iterator[tuple[tuple[str, str], int]]:
    """Yields the most pods of what an autoscaler scales."""
    for each in manifests:
        if each.kind in _MOST:
            target, spec = _at(each.body, ("spec", "scaleTargetRef")), _at(each.body, ("spec",))
            key, usual = _MOST[each.kind]
            yield (str(target.get("kind", "Deployment")), str(target.get("name"))), _whole(spec.get(key, usual))


def _of_a_pod(spec: Mapping[str, Any]) -> Footprint:
    """Returns what a pod takes. All containers count, though of those that end Kubernetes counts the largest only."""
    containers = [*_items(spec.get("containers")), *_items(spec.get("initContainers"))]
    asked = [_at(each, ("resources",)) for each in containers]
    return Footprint(
        1,
        sum(_amount(each, "requests", "cpu") for each in asked),
        sum(_amount(each, "requests", "memory") for each in asked),
        sum(_amount(each, "limits", "cpu") for each in asked),
        sum(_amount(each, "limits", "memory") for each in asked),
    )


def _amount(resources: Mapping[str, Any], kind: str, name: str) -> int:
    """Returns an amount in thousandths of a core or MiB. Without a request the limit is asked for, as Kubernetes does."""
    given = _at(resources, (kind,)).get(name)
    if given is None and kind == "requests":
        given = _at(resources, ("limits",)).get(name)
    found = _QUANTITY.fullmatch(str(given)) or _QUANTITY.fullmatch(DEFAULTS[kind][name])
    assert found is not None
    value = Decimal(found[1]) * _FACTORS[found[2]]
    return ceil(value * 1000 if name == "cpu" else value / _MEBIBYTE)


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 1


def _items(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _at(value: Any, path: Sequence[str]) -> Mapping[str, Any]:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}
