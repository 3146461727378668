"""A cloud that makes nothing: every answer is a value."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
from components.clouds.memory.cloud import MemoryCloud, asked  # pyright: ignore[reportMissingImports]

from components.clouds.contract import ClusterAccess, ClusterFacts

__all__ = ["asked", "foundation"]


def foundation(cluster: Any, stack: Any) -> ClusterFacts:
    return ClusterFacts(
        name=cluster.name,
        cluster_name="memory",
        stack=stack.name,
        environment=stack.environment,
        access=ClusterAccess(
            provider=kubernetes.Provider(cluster.name, context="memory"),
            server=pulumi.Output.from_input("https://memory.example.com"),
            context="memory",
        ),
        cloud=MemoryCloud(),
        registry=cluster.settings.registry,
        services=cluster.settings,
    )
