"""A network that exists, from the ids and ranges that the stack declares."""

from __future__ import annotations

from collections.abc import Sequence

from components.clouds.aws.context import NetworkFacts
from slipway.settings.clouds.aws_existing import AwsExistingNetwork


def existing_network(network: AwsExistingNetwork, pods: Sequence[str] = ()) -> NetworkFacts:
    """Returns the facts of a network in which nothing is created; `pods` are their networks beside the private subnets."""
    layers = {layer: list(network.layer(layer).values()) for layer in ("private", "database")}
    return NetworkFacts(
        vpc_id=network.vpc,
        balanced_subnets=tuple(network.public.values()),
        private_subnets=[subnet.id for subnet in layers["private"]],
        data_subnets=[subnet.id for subnet in layers["database"]],
        private_cidrs=(*(subnet.cidr for subnet in layers["private"]), *pods),
        data_cidrs=tuple(subnet.cidr for subnet in layers["database"]),
    )
