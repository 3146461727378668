"""The cluster's network: a VNet with subnets for nodes, databases and private endpoints, and one NAT gateway for
egress."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_azure_native as azure

from components.clouds.azure.context import AzureContext, NetworkFacts
from components.clouds.azure.private_zones import PrivateZones, zone_names
from slipway.settings.cluster_settings import Network as NetworkSettings

LAYERS = ("nodes", "postgres", "endpoints")
POSTGRES = "Microsoft.DBforPostgreSQL/flexibleServers"
ZONES = ("1", "2", "3")
GATEWAY = azure.network.SecurityRuleArgs(
    name="gateway",
    description="Visitors to the load balancer, whose packets still carry its public address",
    priority=100,
    direction="Inbound",
    access="Allow",
    protocol="Tcp",
    source_address_prefix="Internet",
    source_port_range="*",
    destination_address_prefix="*",
    destination_port_ranges=["80", "443"],
)
"""AKS opens a Service's ports in its own security group of the nodes, but not in that of a subnet provided to it."""


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    context: AzureContext
    settings: NetworkSettings
    stores: Collection[str] = ()
    """Which of `caches` and `queues` a system of the cluster has."""


def subnet_cidrs(cidr: str) -> dict[str, str]:
    """Returns the address ranges: a quarter of the network for nodes, a sixteenth each for databases and endpoints."""
    network = ipaddress.IPv4Network(cidr)
    nodes, second, *_ = network.subnets(prefixlen_diff=2)
    postgres, endpoints, *_ = second.subnets(prefixlen_diff=2)
    return dict(zip(LAYERS, map(str, (nodes, postgres, endpoints)), strict=True))


class Network(pulumi.ComponentResource):
    """The VNet, its subnets and the private DNS zones."""

    facts: NetworkFacts

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:azure:Network", name, opts=opts)
        self._name, self._args, self._context = name, args, args.context
        context = args.context
        self._opts = pulumi.ResourceOptions(parent=self)
        network = azure.network.VirtualNetwork(
            name,
            virtual_network_name=context.cluster_name,
            resource_group_name=context.resource_group,
            location=context.location,
            address_space=azure.network.AddressSpaceArgs(address_prefixes=[args.settings.cidr]),
            tags=context.cluster_tags,
            opts=self._opts,
        )
        cidrs = subnet_cidrs(args.settings.cidr)
        address = self._address()
        nat = self._nat(address)
        nodes = self._subnet(
            "nodes", cidrs, network, rules=[GATEWAY], nat_gateway=azure.network.SubResourceArgs(id=nat.id)
        )
        postgres = self._subnet(
            "postgres",
            cidrs,
            network,
            delegations=[azure.network.DelegationArgs(name="postgres", service_name=POSTGRES)],
            # Servers write their log to Azure Storage.
            service_endpoints=[azure.network.ServiceEndpointPropertiesFormatArgs(service="Microsoft.Storage")],
            after=nodes,
        )
        endpoints = self._subnet(
            "endpoints", cidrs, network, private_endpoint_network_policies="Enabled", after=postgres
        )
        zones = PrivateZones(name, context, network.id, self._opts)
        own = zones.postgres()
        self.facts = NetworkFacts(
            id=network.id,
            name=pulumi.Output.all(network.id).apply(lambda _: context.cluster_name),
            resource_group=context.resource_group,
            nodes=nodes.id,
            outbound_cidrs=[pulumi.Output.concat(address.ip_address.apply(lambda ip: ip or ""), "/32")],
            outbound_type="userAssignedNATGateway",
            postgres=postgres.id,
            postgres_cidr=cidrs["postgres"],
            postgres_zone=own.id,
            postgres_zone_name=own.name,
            postgres_zone_group=context.resource_group,
            endpoints=endpoints.id,
            endpoints_cidr=cidrs["endpoints"],
            private_zones=zones.of(zone_names(args.stores)),
        )
        self.register_outputs({"network": network.id})

    def _subnet(
        self,
        layer: str,
        cidrs: Mapping[str, str],
        network: azure.network.VirtualNetwork,
        *,
        rules: Sequence[azure.network.SecurityRuleArgs] = (),
        after: pulumi.Resource | None = None,
        **more: object,
    ) -> azure.network.Subnet:
        """Creates a subnet after the previous one, because Azure changes one subnet of a network at a time. Besides
        `rules`, only the network itself and Azure's load balancer have access."""
        context = self._context
        group = azure.network.NetworkSecurityGroup(
            f"{self._name}-{layer}",
            network_security_group_name=f"{context.cluster_name}-{layer}",
            resource_group_name=context.resource_group,
            location=context.location,
            security_rules=list(rules),
            tags=context.cluster_tags,
            opts=self._opts,
        )
        return azure.network.Subnet(
            f"{self._name}-{layer}",
            subnet_name=layer,
            resource_group_name=context.resource_group,
            virtual_network_name=network.name,
            address_prefix=cidrs[layer],
            network_security_group=azure.network.NetworkSecurityGroupArgs(id=group.id),
            default_outbound_access=False,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[after] if after else []),
            **more,  # pyright: ignore[reportArgumentType]
        )

    def _address(self) -> azure.network.PublicIPAddress:
        context = self._context
        return azure.network.PublicIPAddress(
            f"{self._name}-nat",
            public_ip_address_name=f"{context.cluster_name}-nat",
            resource_group_name=context.resource_group,
            location=context.location,
            sku=azure.network.PublicIPAddressSkuArgs(name="Standard"),
            public_ip_allocation_method="Static",
            zones=list(ZONES[: self._args.settings.zones]),
            tags=context.cluster_tags,
            opts=self._opts,
        )

    def _nat(self, address: azure.network.PublicIPAddress) -> azure.network.NatGateway:
        """Creates the NAT gateway, which Azure places in one zone or in none in particular; its address is in all
        zones."""
        context = self._context
        return azure.network.NatGateway(
            f"{self._name}-nat",
            nat_gateway_name=f"{context.cluster_name}-nat",
            resource_group_name=context.resource_group,
            location=context.location,
            sku=azure.network.NatGatewaySkuArgs(name="Standard"),
            public_ip_addresses=[azure.network.SubResourceArgs(id=address.id)],
            idle_timeout_in_minutes=10,
            tags=context.cluster_tags,
            opts=self._opts,
        )
