"""A stack: its clusters, and the systems on each."""

from __future__ import annotations

from typing import Any

import pulumi

from components.clouds import foundation
from components.cluster.cluster import Cluster, ClusterArgs
from components.extensions import Extensions
from components.system.system import System, SystemArgs
from slipway.settings.stacks import Stack, StackCluster


def build(stack: Stack) -> dict[str, Any]:
    """Creates everything that `stack` declares and returns its outputs by cluster: names and addresses, without
    secrets."""
    extensions = Extensions.of(stack.extensions)
    return {name: _cluster(cluster, stack, extensions) for name, cluster in stack.clusters.items()}


def _cluster(cluster: StackCluster, stack: Stack, extensions: Extensions) -> dict[str, Any]:
    facts = Cluster(cluster.name, ClusterArgs(facts=foundation(cluster, stack), cluster=cluster)).facts
    systems = {
        name: System(name, SystemArgs(facts=facts, system=deployed)) for name, deployed in cluster.systems.items()
    }
    extensions.extend_cluster(facts)
    for system in systems.values():
        extensions.extend_system(facts, system, system.extensible)
    return {
        "cluster": facts.cluster_name,
        "server": facts.access.server,
        "registry": facts.registry,
        "systems": {name: system.outputs for name, system in systems.items()},
    }


def export(outputs: dict[str, Any]) -> None:
    for name, value in outputs.items():
        pulumi.export(name, value)
