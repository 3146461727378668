"""Weights of static sites in CloudFront KeyValueStores, as a stack has them."""

from __future__ import annotations

from slipway.ops.aws.access import session
from slipway.ops.aws.key_value_store import arn_of, read
from slipway.ops.site_weights import EdgeState
from slipway.settings import store_names
from slipway.settings.clouds.aws import AwsCluster
from slipway.settings.stacks import Stack, StackCluster


def in_force(stack: Stack, cluster: StackCluster, system: str) -> dict[str, EdgeState | None]:
    """Return the state of each static site of `system`, by site."""
    assert isinstance(cluster.settings, AwsCluster)
    opened = session(cluster.settings)
    cloudfront, store = opened.client("cloudfront"), opened.client("cloudfront-keyvaluestore")
    cluster_name = stack.cluster_name(cluster.name)
    sites = cluster.systems[system].definition.sites
    return {site: read(store, arn_of(cloudfront, store_names.site(cluster_name, system, site))) for site in sites}
