"""AWS: EKS in Auto Mode, RDS, S3, ECR."""

from __future__ import annotations

from components.clouds.aws.foundation import Foundation, FoundationArgs
from components.clouds.contract import ClusterFacts
from slipway.settings.clouds.aws import AwsCluster
from slipway.settings.stacks import Stack, StackCluster


def foundation(cluster: StackCluster, stack: Stack) -> ClusterFacts:
    assert isinstance(cluster.settings, AwsCluster)
    return Foundation(cluster.name, FoundationArgs(cluster=cluster, settings=cluster.settings, stack=stack)).facts
