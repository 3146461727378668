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
    cluster_name: str
    location: str
    resource_group: pulumi.Input[str]
    cidr: str
    primary: pulumi.Input[str]
    """Id of the cluster's own network, from which copies are fed."""
    primary_name: str
    primary_zone: pulumi.Input[str]
    """Name of the private DNS zone in which the cluster's servers are found."""
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
        joined = self._join(name, args, network)
        linked = pulumi.Output.all(zone.id, link.id, *joined).apply(lambda ids: ids[0])
        self.facts = SecondRegion(location=args.location, subnet=subnet.id, zone=linked)
        self.register_outputs({"network": network.id})

    def _join(
        self, name: str, args: SecondNetworkArgs, network: azure.network.VirtualNetwork
    ) -> list[pulumi.Output[str]]:
        """Both ways, and each server is found by its name from the other side. Ids of all that a copy waits for."""
        opts = pulumi.ResourceOptions(parent=self)
        ways = {
            "to-primary": (network.name, args.primary),
            "to-copies": (pulumi.Output.all(args.primary, network.id).apply(lambda _: args.primary_name), network.id),
        }
        peerings = [
            azure.network.VirtualNetworkPeering(
                f"{name}-{way}",
                virtual_network_peering_name=way,
                virtual_network_name=near,
                resource_group_name=args.resource_group,
                remote_virtual_network=azure.network.SubResourceArgs(id=far),
                allow_virtual_network_access=True,
                opts=opts,
            )
            for way, (near, far) in ways.items()
        ]
        link = azure.privatedns.VirtualNetworkLink(
            f"{name}-primary",
            virtual_network_link_name=f"{args.cluster_name}-copies",
            private_zone_name=args.primary_zone,
            resource_group_name=args.resource_group,
            location="Global",
            virtual_network=azure.privatedns.SubResourceArgs(id=network.id),
            registration_enabled=False,
            tags=dict(args.tags),
            opts=opts,
        )
        return [*(peering.id for peering in peerings), link.id]
