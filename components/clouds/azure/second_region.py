"""The network of database replicas in the second region."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_azure_native as azure

from components.clouds.azure.context import AzureContext, NetworkFacts, SecondRegion
from components.clouds.azure.network import POSTGRES, subnet_cidrs


@dataclass(frozen=True, kw_only=True)
class SecondNetworkArgs:
    context: AzureContext
    location: str
    cidr: str
    primary: NetworkFacts
    """The cluster's own network, from which replicas receive changes."""


class SecondNetwork(pulumi.ComponentResource):
    """A network for replicas, described by `facts`. It admits no connections until a cluster is created there."""

    facts: SecondRegion

    def __init__(self, name: str, args: SecondNetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:azure:SecondNetwork", name, opts=opts)
        context = args.context
        name, full_name = f"{name}-copies", f"{context.cluster_name}-copies"
        own = pulumi.ResourceOptions(parent=self)
        network = azure.network.VirtualNetwork(
            name,
            virtual_network_name=full_name,
            resource_group_name=context.resource_group,
            location=args.location,
            address_space=azure.network.AddressSpaceArgs(address_prefixes=[args.cidr]),
            tags=context.cluster_tags,
            opts=own,
        )
        group = azure.network.NetworkSecurityGroup(
            name,
            network_security_group_name=full_name,
            resource_group_name=context.resource_group,
            location=args.location,
            tags=context.cluster_tags,
            opts=own,
        )
        subnet = azure.network.Subnet(
            name,
            subnet_name="postgres",
            resource_group_name=context.resource_group,
            virtual_network_name=network.name,
            address_prefix=subnet_cidrs(args.cidr)["postgres"],
            network_security_group=azure.network.NetworkSecurityGroupArgs(id=group.id),
            delegations=[azure.network.DelegationArgs(name="postgres", service_name=POSTGRES)],
            service_endpoints=[azure.network.ServiceEndpointPropertiesFormatArgs(service="Microsoft.Storage")],
            default_outbound_access=False,
            opts=own,
        )
        zone = azure.privatedns.PrivateZone(
            name,
            private_zone_name=f"{full_name}.private.postgres.database.azure.com",
            resource_group_name=context.resource_group,
            location="Global",
            tags=context.cluster_tags,
            opts=own,
        )
        link = azure.privatedns.VirtualNetworkLink(
            name,
            virtual_network_link_name=full_name,
            private_zone_name=zone.name,
            resource_group_name=context.resource_group,
            location="Global",
            virtual_network=azure.privatedns.SubResourceArgs(id=network.id),
            registration_enabled=False,
            tags=context.cluster_tags,
            opts=own,
        )
        joined = self._join(name, args, network)
        linked = pulumi.Output.all(zone.id, link.id, *joined).apply(lambda ids: ids[0])
        self.facts = SecondRegion(location=args.location, subnet=subnet.id, zone=linked)
        self.register_outputs({"network": network.id})

    def _join(
        self, name: str, args: SecondNetworkArgs, network: azure.network.VirtualNetwork
    ) -> list[pulumi.Output[str]]:
        """Peers both networks and links the private DNS zone, so that each server's name resolves on either side. Returns
        the ids that a replica waits for."""
        context, opts = args.context, pulumi.ResourceOptions(parent=self)
        ways = {
            "to-primary": (network.name, context.resource_group, args.primary.id),
            "to-copies": (args.primary.name, args.primary.resource_group, network.id),
        }
        peerings = [
            azure.network.VirtualNetworkPeering(
                f"{name}-{way}",
                virtual_network_peering_name=way,
                virtual_network_name=near,
                resource_group_name=group,
                remote_virtual_network=azure.network.SubResourceArgs(id=far),
                allow_virtual_network_access=True,
                opts=opts,
            )
            for way, (near, group, far) in ways.items()
        ]
        link = azure.privatedns.VirtualNetworkLink(
            f"{name}-primary",
            virtual_network_link_name=f"{context.cluster_name}-copies",
            private_zone_name=args.primary.postgres_zone_name,
            resource_group_name=args.primary.postgres_zone_group,
            location="Global",
            virtual_network=azure.privatedns.SubResourceArgs(id=network.id),
            registration_enabled=False,
            tags=context.cluster_tags,
            opts=opts,
        )
        return [*(peering.id for peering in peerings), link.id]
