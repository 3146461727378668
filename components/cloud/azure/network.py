"""The cluster's network: a VNet with subnets for nodes, databases and private endpoints, and one way out."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_azure_native as azure

from settings.stacks import Network as NetworkSettings

LAYERS = ("nodes", "postgres", "endpoints")
POSTGRES = "Microsoft.DBforPostgreSQL/flexibleServers"
ZONES = ("1", "2", "3")
PRIVATE_ZONES = {
    "blob": "privatelink.blob.core.windows.net",
    "vault": "privatelink.vaultcore.azure.net",
    "documents": "privatelink.mongocluster.cosmos.azure.com",
}
"""Where Azure's services have names inside the network."""
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
"""AKS opens a Service's ports in the group of its own at the nodes; it leaves that of a subnet it was given alone."""


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    cluster_name: str
    location: str
    resource_group: pulumi.Input[str]
    settings: NetworkSettings
    tags: Mapping[str, str]


def subnet_cidrs(cidr: str) -> dict[str, str]:
    """A quarter of the network for nodes, a sixteenth each for databases and endpoints."""
    network = ipaddress.IPv4Network(cidr)
    nodes, second, *_ = network.subnets(prefixlen_diff=2)
    postgres, endpoints, *_ = second.subnets(prefixlen_diff=2)
    return dict(zip(LAYERS, map(str, (nodes, postgres, endpoints)), strict=True))


class Network(pulumi.ComponentResource):
    """`nodes` and `postgres` are ids of subnets; `postgres_zone` is the private DNS zone of databases; `way_out` is the
    network that calls from the nodes come from."""

    id: pulumi.Output[str]
    nodes: pulumi.Output[str]
    way_out: pulumi.Output[str]
    postgres: pulumi.Output[str]
    postgres_zone: pulumi.Output[str]
    postgres_zone_name: pulumi.Output[str]
    postgres_cidr: str
    endpoints: pulumi.Output[str]
    endpoints_cidr: str
    private_zones: dict[str, pulumi.Output[str]]
    """Ids of the private DNS zones of Azure's services, by service."""

    def __init__(self, name: str, args: NetworkArgs, parent: pulumi.Resource) -> None:
        super().__init__("slipway:azure:Network", name, opts=pulumi.ResourceOptions(parent=parent))
        self._name, self._args = name, args
        self._opts = pulumi.ResourceOptions(parent=self)
        network = azure.network.VirtualNetwork(
            name,
            virtual_network_name=args.cluster_name,
            resource_group_name=args.resource_group,
            location=args.location,
            address_space=azure.network.AddressSpaceArgs(address_prefixes=[args.settings.cidr]),
            tags=dict(args.tags),
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
            # Servers write their log to Azure's storage.
            service_endpoints=[azure.network.ServiceEndpointPropertiesFormatArgs(service="Microsoft.Storage")],
            after=nodes,
        )
        endpoints = self._subnet(
            "endpoints", cidrs, network, private_endpoint_network_policies="Enabled", after=postgres
        )
        self.endpoints, self.endpoints_cidr = endpoints.id, cidrs["endpoints"]
        self.nodes, self.postgres = nodes.id, postgres.id
        self.way_out = pulumi.Output.concat(address.ip_address.apply(lambda ip: ip or ""), "/32")
        own = f"{args.cluster_name}.private.postgres.database.azure.com"
        self.id = network.id
        self.postgres_zone = self._zone("postgres", own, network)
        self.postgres_zone_name = self.postgres_zone.apply(lambda _: own)
        self.private_zones = {service: self._zone(service, zone, network) for service, zone in PRIVATE_ZONES.items()}
        self.postgres_cidr = cidrs["postgres"]
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
        """One after another: Azure changes one subnet of a network at a time. Besides `rules`, the network itself and
        Azure's load balancer come in, and nobody else."""
        args = self._args
        group = azure.network.NetworkSecurityGroup(
            f"{self._name}-{layer}",
            network_security_group_name=f"{args.cluster_name}-{layer}",
            resource_group_name=args.resource_group,
            location=args.location,
            security_rules=list(rules),
            tags=dict(args.tags),
            opts=self._opts,
        )
        return azure.network.Subnet(
            f"{self._name}-{layer}",
            subnet_name=layer,
            resource_group_name=args.resource_group,
            virtual_network_name=network.name,
            address_prefix=cidrs[layer],
            network_security_group=azure.network.NetworkSecurityGroupArgs(id=group.id),
            default_outbound_access=False,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[after] if after else []),
            **more,  # pyright: ignore[reportArgumentType]
        )

    def _address(self) -> azure.network.PublicIPAddress:
        args = self._args
        return azure.network.PublicIPAddress(
            f"{self._name}-nat",
            public_ip_address_name=f"{args.cluster_name}-nat",
            resource_group_name=args.resource_group,
            location=args.location,
            sku=azure.network.PublicIPAddressSkuArgs(name="Standard"),
            public_ip_allocation_method="Static",
            zones=list(ZONES[: args.settings.zones]),
            tags=dict(args.tags),
            opts=self._opts,
        )

    def _nat(self, address: azure.network.PublicIPAddress) -> azure.network.NatGateway:
        """Azure's NAT gateway stands in one zone, or in no zone in particular; its address is in all."""
        args = self._args
        return azure.network.NatGateway(
            f"{self._name}-nat",
            nat_gateway_name=f"{args.cluster_name}-nat",
            resource_group_name=args.resource_group,
            location=args.location,
            sku=azure.network.NatGatewaySkuArgs(name="Standard"),
            public_ip_addresses=[azure.network.SubResourceArgs(id=address.id)],
            idle_timeout_in_minutes=10,
            tags=dict(args.tags),
            opts=self._opts,
        )

    def _zone(self, part: str, domain: str, network: azure.network.VirtualNetwork) -> pulumi.Output[str]:
        args = self._args
        zone = azure.privatedns.PrivateZone(
            f"{self._name}-{part}",
            private_zone_name=domain,
            resource_group_name=args.resource_group,
            location="Global",
            tags=dict(args.tags),
            opts=self._opts,
        )
        link = azure.privatedns.VirtualNetworkLink(
            f"{self._name}-{part}",
            virtual_network_link_name=args.cluster_name,
            private_zone_name=zone.name,
            resource_group_name=args.resource_group,
            location="Global",
            virtual_network=azure.privatedns.SubResourceArgs(id=network.id),
            registration_enabled=False,
            tags=dict(args.tags),
            opts=self._opts,
        )
        # What stands in the zone cannot be made before it is linked to the network.
        return pulumi.Output.all(zone.id, link.id).apply(lambda ids: ids[0])
