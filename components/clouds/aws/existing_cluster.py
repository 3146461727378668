"""A cluster that exists, from what the stack declares of it."""

from __future__ import annotations

from components.clouds.aws.context import ClusterAccessFacts, ControlPlane
from slipway.settings.clouds.aws_cluster import AwsExistingCluster


def existing_cluster(cluster: AwsExistingCluster) -> ClusterAccessFacts:
    """Returns the facts of a cluster that its owner runs, in which the deployer has access already."""
    return ClusterAccessFacts(
        facts=ControlPlane(name=cluster.name, issuer=cluster.issuer, issuer_arn=cluster.oidc_provider),
        endpoint=cluster.endpoint,
        certificate=cluster.certificate,
    )
