"""Azure: AKS, flexible servers, storage accounts, ACR."""

from __future__ import annotations

from components.cloud.azure.foundation import Foundation
from components.cloud.contract import ClusterFacts
from settings.stacks import AzureCluster, PlacedCluster, Stack


def foundation(cluster: PlacedCluster, stack: Stack) -> ClusterFacts:
    assert isinstance(cluster.settings, AzureCluster)
    return Foundation(cluster, cluster.settings, stack).facts
