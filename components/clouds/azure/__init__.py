"""Azure: AKS, flexible servers, storage accounts, ACR."""

from __future__ import annotations

from components.clouds.azure.exported import controllers_of, referenced_access, referenced_context
from components.clouds.azure.foundation import (
    Foundation,
    FoundationArgs,
    access_to,
    context_of,
    facts_of,
    provider_of,
    stores_of,
)
from components.clouds.contract import ClusterFacts, record_writers
from components.clouds.exported import Exported
from slipway.settings.clouds.azure import AzureCluster
from slipway.settings.stacks import Stack, StackCluster


def foundation(cluster: StackCluster, stack: Stack) -> ClusterFacts:
    return Foundation(cluster.name, _args(cluster, stack)).facts


def referenced(cluster: StackCluster, stack: Stack, exported: Exported) -> ClusterFacts:
    name, args = cluster.name, _args(cluster, stack)
    own = context_of(args, provider_of(name, args.settings))
    context = referenced_context(own, args.settings, stores_of(cluster), exported)
    controllers = controllers_of(name, record_writers(args.settings), context, exported)
    return facts_of(name, args, context, controllers, access_to(name, context, referenced_access(context, exported)))


def _args(cluster: StackCluster, stack: Stack) -> FoundationArgs:
    assert isinstance(cluster.settings, AzureCluster)
    return FoundationArgs(cluster=cluster, settings=cluster.settings, stack=stack)
