"""A stack: its clusters, and on each of them its systems."""

from __future__ import annotations

from typing import Any

import pulumi

from components.cloud import foundation
from components.cluster import Cluster
from components.system import System
from settings.stacks import PlacedCluster, Stack


def build(stack: Stack) -> dict[str, Any]:
    """Declares everything that `stack` says and returns its outputs by cluster: names and addresses, nothing secret."""
    return {name: _cluster(cluster, stack) for name, cluster in stack.clusters.items()}


def _cluster(cluster: PlacedCluster, stack: Stack) -> dict[str, Any]:
    facts = Cluster(foundation(cluster, stack), cluster).facts
    systems = {name: System(facts, placed) for name, placed in cluster.systems.items()}
    return {
        "cluster": facts.cluster_name,
        "server": facts.access.server,
        "registry": facts.registry,
        "systems": {name: system.outputs for name, system in systems.items()},
    }


def export(outputs: dict[str, Any]) -> None:
    for name, value in outputs.items():
        pulumi.export(name, value)
