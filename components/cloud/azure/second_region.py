"""The network that copies of databases stand in, in the second region."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_azure_native as azure

from components.cloud.azure.network import POSTGRES, subnet_cidrs


@dataclass(frozen=True, kw_only=True)
class SecondRegion:
    """Where copies stand, which can take over."""

    location: str
    subnet: pulumi.Input[str]
    zone: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class SecondNetworkArgs:
    """`cidr` is that of the cluster's own network: the two are never joined, one takes the place of the other."""

    cluster_name: str
    location: str
    resource_group: pulumi.Input[str]
    cidr: str
    tags: Mapping[str, str]


class SecondNetwork(pulumi.ComponentResource):
    """`facts` is where copies stand. Nobody may connect before a cluster is made there."""

    facts: SecondRegion

    def __init__(self, name: str, args: SecondNetworkArgs, parent: pulumi.Resource) -> None:
        super().__init__("slipway:azure:SecondNetwork", name, opts=pulumi.ResourceOptions(parent=parent))
        name, full_name = f"{name}-copies", f"{args.cluster_name}-copies"
        opts = pulumi.ResourceOptions(parent=self)
        network = azure.network.VirtualNetwork(
            name,
            virtual_network_name=full_name,
            resource_group_name=args.resource_group,
            location=args.location,
            address_space=azure.network.AddressSpaceArgs(address_prefixes=[args.cidr]),
            tags=dict(args.tags),
            opts=opts,
        )
        group = azure.network.NetworkSecurityGroup(
            name,
            network_security_group_name=full_name,
            resource_group_name=args.resource_group,
            location=args.location,
            tags=dict(args.tags),
            opts=opts,
        )
        subnet = azure.network.Subnet(
            name,
            subnet_name="postgres",
            resource_group_name=args.resource_group,
            virtual_network_name=network.name,
            address_prefix=subnet_cidrs(args.cidr)["postgres"],
            network_security_group=azure.network.NetworkSecurityGroupArgs(id=group.id),
            delegations=[azure.network.DelegationArgs(name="postgres", service_name=POSTGRES)],
            service_endpoints=[azure.network.ServiceEndpointPropertiesFormatArgs(service="Microsoft.Storage")],
            default_outbound_access=False,
            opts=opts,
        )
        zone = azure.privatedns.PrivateZone(
            name,
            private_zone_name=f"{full_name}.private.postgres.database.azure.com",
            resource_group_name=args.resource_group,
            location="Global",
            tags=dict(args.tags),
            opts=opts,
        )
        link = azure.privatedns.VirtualNetworkLink(
            name,
            virtual_network_link_name=full_name,
            private_zone_name=zone.name,
            resource_group_name=args.resource_group,
            location="Global",
            virtual_network=azure.privatedns.SubResourceArgs(id=network.id),
            registration_enabled=False,
            tags=dict(args.tags),
            opts=opts,
        )
        linked = pulumi.Output.all(zone.id, link.id).apply(lambda ids: ids[0])
        self.facts = SecondRegion(location=args.location, subnet=subnet.id, zone=linked)
        self.register_outputs({"network": network.id})
