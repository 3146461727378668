"""Checks that a cluster has the nodes which its systems' services ask for."""

from __future__ import annotations

from slipway.settings.clouds import CLOUDS
from slipway.settings.cluster_settings import ManagedCluster
from slipway.settings.finding import Finding, Found
from slipway.settings.placement import Placement, fitting
from slipway.settings.pointers import Path
from slipway.settings.services import Service
from slipway.settings.stacks import StackCluster

RESERVED = ("kubernetes.io", "k8s.io", "slipway.dev")
"""Domains of labels that Kubernetes and Slipway set. Source: Kubernetes, well-known labels."""
SIZES = ("maximum", "cpu", "memory")


def findings(path: Path, cluster: StackCluster) -> Found:
    """Yield node pools that the cloud cannot have, and, at their system's entry in the stack, services without a node;
    `path` is the cluster's."""
    yield from _pools((*path, "nodePools"), cluster)
    for system in cluster.systems.values():
        for name, service in system.definition.services.items():
            yield from _service(path, cluster, system.name, name, service)


def _pools(path: Path, cluster: StackCluster) -> Found:
    cloud = CLOUDS[cluster.settings.cloud]
    for name, pool in cluster.settings.node_pools.items():
        if pool.gpus and (reason := cloud.lacks.get("GPUs")):
            yield Finding((*path, name, "gpus"), f"is not available: {reason}")
        for key in pool.labels:
            domain = key.partition("/")[0] if "/" in key else ""
            reserved = (*RESERVED, *cloud.label_domains)
            if any(domain == each or domain.endswith(f".{each}") for each in reserved):
                yield Finding((*path, name, "labels", key), f"is in a domain that others set: {', '.join(reserved)}")
        if not isinstance(cluster.settings, ManagedCluster):
            for key in SIZES:
                if key in pool.model_fields_set:
                    rule = "is set for nodes that exist: on this cloud the cluster's owner adds them"
                    yield Finding((*path, name, key), rule)


def _service(path: Path, cluster: StackCluster, system: str, name: str, service: Service) -> Found:
    placement, pools = service.placement, cluster.settings.node_pools
    if placement is None or not placement.asks:
        return
    names, where = fitting(placement, pools), (*path, "systems", system)
    related = ((*path, "nodePools"),) if pools else ()
    if not names and not placement.usual:
        rule = (
            f"has services.{name}.placement, which asks for {placement.wanted}: no node pool of the cluster offers it"
        )
        yield Finding(where, f"{rule}; {_advice(placement)}", related)
    elif placement.spot and not any(pools[each].spot for each in names):
        rule = f"has services.{name}.placement.spot, but the cluster has no node pool of spot nodes that fits"
        yield Finding(where, f"{rule}; {_advice(placement)}", related)


def _advice(placement: Placement) -> str:
    pool = {
        "architecture": placement.architecture,
        "spot": "true" if placement.spot else None,
        "gpus": placement.gpus or None,
        "labels": "{" + ", ".join(f"{key}: {value}" for key, value in placement.labels.items()) + "}"
        if placement.labels
        else None,
    }
    written = ", ".join(f"{key}: {value}" for key, value in pool.items() if value)
    return f"add one to its 'nodePools', for example {{extra: {{{written}}}}}"
