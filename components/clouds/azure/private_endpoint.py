"""Access to an Azure service from inside the network and from authorized networks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_azure_native as azure

from components.clouds.azure.context import AzureClusterContext


def ip_rule(cidr: str) -> str:
    """Returns a network in the form of Azure's firewall rules, which write a single address without /32."""
    return cidr.removesuffix("/32")


@dataclass(frozen=True, kw_only=True)
class PrivateEndpointArgs:
    """The resource to connect to: `kind` is Azure's name of the subresource, `zone` a key of `private_zones`."""

    endpoint_name: str
    resource: pulumi.Input[str]
    kind: str
    zone: str
    tags: Mapping[str, str]


def private_endpoint(
    name: str, context: AzureClusterContext, args: PrivateEndpointArgs, opts: pulumi.ResourceOptions
) -> pulumi.Resource:
    """Creates an address in the network for a resource, under its usual host name. Returns the last resource created."""
    endpoint = azure.network.PrivateEndpoint(
        name,
        private_endpoint_name=args.endpoint_name,
        resource_group_name=context.resource_group,
        location=context.location,
        subnet=azure.network.SubnetArgs(id=context.network.endpoints),
        private_link_service_connections=[
            azure.network.PrivateLinkServiceConnectionArgs(
                name=args.kind, group_ids=[args.kind], private_link_service_id=args.resource
            )
        ],
        tags=dict(args.tags),
        opts=opts,
    )
    return azure.network.PrivateDnsZoneGroup(
        name,
        private_dns_zone_group_name="default",
        private_endpoint_name=endpoint.name,
        resource_group_name=context.resource_group,
        private_dns_zone_configs=[
            azure.network.PrivateDnsZoneConfigArgs(
                name=args.zone, private_dns_zone_id=context.network.private_zones[args.zone]
            )
        ],
        opts=opts,
    )
