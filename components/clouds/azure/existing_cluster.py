"""A cluster that exists, from what the stack declares of it."""

from __future__ import annotations

from components.clouds.azure.context import ControlPlane
from slipway.settings.clouds.azure_cluster import AzureExistingCluster


def existing_cluster(cluster: AzureExistingCluster) -> ControlPlane:
    """Returns the facts of a cluster that its owner runs, in which the deployer has access already."""
    return ControlPlane(
        address=cluster.endpoint,
        certificate=cluster.certificate,
        issuer=cluster.issuer,
        kubelet=cluster.kubelet,
        workspace=cluster.workspace,
    )
