"""On which nodes a service's pods run: affinity to node pools, and tolerations of their taints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pulumi_kubernetes import core

from components.manifests import names
from slipway.settings.placement import ExtraNodePool, Placement, fitting

GPU = "nvidia.com/gpu"
"""Resource of a GPU, and the usual taint of nodes that have one. Source: NVIDIA's device plugin for Kubernetes."""
ARCHITECTURE = "kubernetes.io/arch"


@dataclass(frozen=True, kw_only=True)
class NodePools:
    """The node pools of a cluster besides its usual nodes, which have no taint."""

    pools: Mapping[str, ExtraNodePool] = field(default_factory=dict)
    spot_taints: tuple[str, ...] = ()
    """Keys of taints that the cloud itself gives to spot nodes."""


USUAL_NODES = NodePools()
"""A cluster without further pools."""


def labels(name: str, pool: ExtraNodePool) -> dict[str, str]:
    """Returns the labels of a pool's nodes."""
    return {**pool.labels, names.NODE_POOL: name, **({names.SPOT: "true"} if pool.spot else {})}


def taints(name: str, pool: ExtraNodePool) -> dict[str, str]:
    """Returns the taints of a pool's nodes, all without schedule: no pod runs there that did not ask for it."""
    return {names.NODE_POOL: name, **({names.SPOT: "true"} if pool.spot else {})}


def affinity(placement: Placement | None, nodes: NodePools) -> core.v1.AffinityArgs | None:
    """Returns an affinity to the pools that fit, and to the usual nodes if those do. Spot nodes are preferred. Pods that
    no other nodes fit require them, which the policy pack judges."""
    if placement is None or not placement.asks:
        return None
    fit = fitting(placement, nodes.pools)
    only_spot = placement.spot and not placement.usual and all(nodes.pools[name].spot for name in fit)
    of_pools = [_in(names.NODE_POOL, *fit), *([_in(names.SPOT, "true")] if only_spot else [])]
    usual = [core.v1.NodeSelectorRequirementArgs(key=names.NODE_POOL, operator="DoesNotExist")]
    built_for = [_in(ARCHITECTURE, placement.architecture)] if placement.architecture else []
    terms = [*([of_pools] if fit else []), *([usual] if placement.usual else [])]
    return core.v1.AffinityArgs(
        node_affinity=core.v1.NodeAffinityArgs(
            required_during_scheduling_ignored_during_execution=core.v1.NodeSelectorArgs(
                node_selector_terms=[
                    core.v1.NodeSelectorTermArgs(match_expressions=[*term, *built_for]) for term in terms
                ]
            ),
            preferred_during_scheduling_ignored_during_execution=[
                core.v1.PreferredSchedulingTermArgs(
                    weight=100, preference=core.v1.NodeSelectorTermArgs(match_expressions=[_in(names.SPOT, "true")])
                )
            ]
            if placement.spot
            else None,
        )
    )


def tolerations(placement: Placement | None, nodes: NodePools) -> list[core.v1.TolerationArgs] | None:
    """Returns the tolerations of the taints of the pools that fit."""
    if placement is None or not placement.asks:
        return None
    fit = fitting(placement, nodes.pools)
    found = [_tolerated(names.NODE_POOL, name) for name in fit]
    if any(nodes.pools[name].spot for name in fit):
        found += [_tolerated(key) for key in (names.SPOT, *nodes.spot_taints)]
    if placement.gpus:
        found.append(_tolerated(GPU))
    return found or None


def gpus(placement: Placement | None) -> dict[str, str]:
    """Returns the limit of GPUs of a replica."""
    return {GPU: str(placement.gpus)} if placement is not None and placement.gpus else {}


def _in(key: str, *values: str) -> core.v1.NodeSelectorRequirementArgs:
    return core.v1.NodeSelectorRequirementArgs(key=key, operator="In", values=list(values))


def _tolerated(key: str, value: str | None = None) -> core.v1.TolerationArgs:
    operator = "Exists" if value is None else "Equal"
    return core.v1.TolerationArgs(key=key, operator=operator, value=value, effect="NoSchedule")
