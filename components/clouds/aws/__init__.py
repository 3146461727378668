"""AWS: EKS in Auto Mode, RDS, S3, ECR."""

from __future__ import annotations

from components.clouds.aws.cloud import AwsCloud
from components.clouds.aws.exported import controllers_of, referenced_access, referenced_context
from components.clouds.aws.foundation import Foundation, FoundationArgs, access_to, context_of, definitions_of, facts_of
from components.clouds.aws.zone import KEDA, RELEASES
from components.clouds.cluster_images import released_repositories
from components.clouds.contract import ClusterFacts, queue_reader, record_writers
from components.clouds.exported import Exported
from slipway.settings.clouds.aws import AwsCluster
from slipway.settings.stacks import Stack, StackCluster


def foundation(cluster: StackCluster, stack: Stack) -> ClusterFacts:
    return Foundation(cluster.name, _args(cluster, stack)).facts


def referenced(cluster: StackCluster, stack: Stack, exported: Exported) -> ClusterFacts:
    args = _args(cluster, stack)
    context = referenced_context(context_of(cluster.name, args), args.settings, exported)
    scaled = queue_reader(args.settings, definitions_of(cluster)) is not None
    names = [
        *record_writers(args.settings),
        *([RELEASES] if released_repositories(cluster) else []),
        *([KEDA] if scaled else []),
    ]
    controllers = controllers_of(names, exported)
    cloud = AwsCloud(context=context, dns_zones=args.settings.dns_zones, controllers=controllers)
    access = access_to(cluster.name, context, referenced_access(context, exported))
    return facts_of(cluster.name, args, context, cloud, access)


def _args(cluster: StackCluster, stack: Stack) -> FoundationArgs:
    assert isinstance(cluster.settings, AwsCluster)
    return FoundationArgs(cluster=cluster, settings=cluster.settings, stack=stack)
