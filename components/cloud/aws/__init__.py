"""AWS: EKS in Auto Mode, RDS, S3, ECR."""

from __future__ import annotations

from components.cloud.aws.foundation import Foundation
from components.cloud.contract import ClusterFacts
from settings.stacks import AwsCluster, PlacedCluster, Stack


def foundation(cluster: PlacedCluster, stack: Stack) -> ClusterFacts:
    assert isinstance(cluster.settings, AwsCluster)
    return Foundation(cluster, cluster.settings, stack).facts
