"""Azure: AKS, flexible servers, storage accounts, ACR."""

from __future__ import annotations

from components.clouds.azure.foundation import Foundation, FoundationArgs
from components.clouds.contract import ClusterFacts
from slipway.settings.clouds.azure import AzureCluster
from slipway.settings.stacks import Stack, StackCluster


def foundation(cluster: StackCluster, stack: Stack) -> ClusterFacts:
    assert isinstance(cluster.settings, AzureCluster)
    return Foundation(cluster.name, FoundationArgs(cluster=cluster, settings=cluster.settings, stack=stack)).facts
