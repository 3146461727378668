"""Any Kubernetes cluster in the kubeconfig."""

from __future__ import annotations

import pulumi

from components.clouds.contract import ClusterAccess, ClusterFacts, ControllersFacts
from components.clouds.exported import Exported
from components.clouds.kubernetes_provider import kubernetes_provider
from components.clouds.local.cloud import LocalCloud
from components.clouds.local.context import LocalContext
from components.manifests.placement import NodePools
from slipway.settings.clouds.local import LocalCluster, inside
from slipway.settings.stacks import Stack, StackCluster


def referenced(cluster: StackCluster, stack: Stack, exported: Exported) -> ClusterFacts:
    """Returns the facts of a cluster that another stack has, of which settings say everything."""
    return foundation(cluster, stack)


def foundation(cluster: StackCluster, stack: Stack) -> ClusterFacts:
    """Returns the facts of an existing cluster; creates only its provider."""
    settings = cluster.settings
    assert isinstance(settings, LocalCluster)
    provider = kubernetes_provider(cluster.name, context=settings.context)
    return ClusterFacts(
        name=cluster.name,
        cluster_name=settings.context or stack.cluster_name(cluster.name),
        stack=stack.base,
        prefix=stack.prefix,
        environment=stack.environment,
        own_environment=stack.own_environment,
        access=ClusterAccess(
            provider=provider,
            server=pulumi.Output.from_input(settings.context or "current context"),
            context=settings.context,
        ),
        cloud=LocalCloud(context=LocalContext.of(settings)),
        registry=settings.registry,
        services=settings,
        protect=settings.protect,
        node_pools=NodePools(pools=settings.node_pools),
        controllers=ControllersFacts(keeps_secrets=False, engines_inside=inside(settings)),
        volume_class=settings.storage_class,
    )
