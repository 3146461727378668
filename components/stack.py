"""A stack: its clusters, and the systems on each."""

from __future__ import annotations

from typing import Any

import pulumi

from components.clouds import foundation, referenced
from components.clouds.contract import ClusterFacts
from components.clouds.exported import Reference, exported
from components.cluster.cluster import Cluster, ClusterArgs, ReferencedCluster
from components.extensions import Extensions
from components.system.system import System, SystemArgs
from slipway.settings.stacks import Stack, StackCluster


def build(stack: Stack) -> dict[str, Any]:
    """Creates everything that `stack` declares and returns its outputs by cluster: names and addresses, without
    secrets."""
    extensions = Extensions.of(stack.extensions)
    clusters = _clusters(stack)
    outputs = {name: _systems(stack.clusters[name], facts, stack, extensions) for name, facts in clusters.items()}
    return {**outputs, **(exported(stack, clusters) if stack.shared else {})}


def _clusters(stack: Stack) -> dict[str, ClusterFacts]:
    """Creates the clusters, or refers to those of another stack."""
    if stack.foundation is None:
        return {
            name: Cluster(name, ClusterArgs(facts=foundation(cluster, stack), cluster=cluster)).facts
            for name, cluster in stack.clusters.items()
        }
    reference = Reference(stack)
    return {
        name: ReferencedCluster(
            name, ClusterArgs(facts=referenced(cluster, stack, reference.cluster(cluster)), cluster=cluster)
        ).facts
        for name, cluster in stack.clusters.items()
    }


def _systems(cluster: StackCluster, facts: ClusterFacts, stack: Stack, extensions: Extensions) -> dict[str, Any]:
    systems = {
        name: System(name, SystemArgs(facts=facts, system=deployed)) for name, deployed in cluster.systems.items()
    }
    if stack.foundation is None:
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
