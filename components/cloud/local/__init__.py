"""Any Kubernetes cluster that the kubeconfig names."""

from __future__ import annotations

import pulumi
import pulumi_kubernetes as kubernetes

from builders import names
from components.cloud.contract import ClusterAccess, ClusterFacts, ControllersFacts
from components.cloud.local.cloud import LocalCloud
from settings.stacks import LocalCluster, PlacedCluster, Stack


def foundation(cluster: PlacedCluster, stack: Stack) -> ClusterFacts:
    """Nothing is made but the way there."""
    settings = cluster.settings
    assert isinstance(settings, LocalCluster)
    provider = kubernetes.Provider(cluster.name, context=settings.context)
    return ClusterFacts(
        name=cluster.name,
        cluster_name=settings.context or names.cluster(stack.name, cluster.name),
        stack=stack.name,
        environment=stack.environment,
        access=ClusterAccess(
            provider=provider,
            server=pulumi.Output.from_input(settings.context or "current context"),
            context=settings.context,
        ),
        cloud=LocalCloud(settings=settings),
        registry=settings.registry,
        services=settings,
        controllers=ControllersFacts(keeps_secrets=False, engines_inside=_engines(settings)),
    )


def _engines(settings: LocalCluster) -> frozenset[str]:
    """A plain pod needs no operator."""
    return frozenset({"documents"} if settings.postgres == "pod" else {"documents", "postgres"})
