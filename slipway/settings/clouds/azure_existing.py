"""Azure: a network that somebody else created, named by its id, and checks of it."""

from __future__ import annotations

import ipaddress
import re
from itertools import combinations
from typing import Annotated
from typing import Literal as OneOf

from pydantic import Field

from slipway.settings.cluster_settings import Network
from slipway.settings.fields import Cidr, Matching
from slipway.settings.finding import Finding, Found
from slipway.settings.pointers import Path
from slipway.settings.setting import Setting

_GROUP = r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)/providers"
_EXAMPLE = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/network/providers/Microsoft.Network"
_NETWORK = re.compile(rf"{_GROUP}/Microsoft\.Network/virtualNetworks/(?P<name>[^/]+)", re.IGNORECASE)
_ZONE = re.compile(rf"{_GROUP}/Microsoft\.Network/privateDnsZones/(?P<name>[^/]+)", re.IGNORECASE)
ZONE_NAMES = {
    "blob": "privatelink.blob.core.windows.net",
    "vault": "privatelink.vaultcore.azure.net",
    "documents": "privatelink.mongocluster.cosmos.azure.com",
    "caches": "privatelink.redis.azure.net",
    "queues": "privatelink.servicebus.windows.net",
}
"""Private DNS zones of services. Source: Azure Private Link, private DNS zone values."""
POSTGRES_ZONES = ".postgres.database.azure.com"
"""End of the names of zones of flexible servers. Source: Azure Database for PostgreSQL, private DNS."""

NetworkId = Annotated[
    str, Matching("the id of a virtual network", f"{_EXAMPLE}/virtualNetworks/hub", f"(?i:{_NETWORK.pattern})", 300)
]
ZoneId = Annotated[
    str,
    Matching(
        "the id of a private DNS zone",
        f"{_EXAMPLE}/privateDnsZones/{ZONE_NAMES['vault']}",
        f"(?i:{_ZONE.pattern})",
        300,
    ),
]
SubnetName = Annotated[str, Matching("the name of a subnet", "aks", r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9_])?", 80)]


class AzureSubnet(Setting):
    """A subnet that exists."""

    name: SubnetName
    """Its name in the network."""
    cidr: Cidr
    """Its address range, from which network policies are made without a question to the cloud."""


class AzureExistingNetwork(Setting):
    """A VNet that exists, and its subnets. Nothing is created in it but what runs there."""

    id: NetworkId
    """Id of the VNet, in the cluster's subscription and region."""
    nodes: AzureSubnet | None = None
    """Subnet of the nodes of a new cluster. Its security group admits visitors at 80 and 443, and it has a NAT gateway or
    a route out."""
    postgres: AzureSubnet
    """Subnet of PostgreSQL, delegated to Microsoft.DBforPostgreSQL/flexibleServers, with the endpoint Microsoft.Storage."""
    endpoints: AzureSubnet
    """Subnet of private endpoints: files, vaults, caches, queues and document databases."""
    outbound: list[Cidr] = Field(default_factory=list)
    """Public addresses from which the nodes of a new cluster call, which its API server admits."""
    outbound_type: OneOf["userAssignedNATGateway", "userDefinedRouting"] = "userAssignedNATGateway"
    """How nodes reach the internet: by the subnet's NAT gateway, or by its routes, to a firewall. By default the gateway,
    as in a new network."""
    private_zones: dict[OneOf["blob", "vault", "documents", "caches", "queues", "postgres"], ZoneId] = Field(
        default_factory=dict
    )
    """Private DNS zones that exist and are linked to the network, by service. Others are created and linked: a network
    has one zone of a name."""

    def subnet_id(self, subnet: AzureSubnet) -> str:
        return f"{self.id}/subnets/{subnet.name}"

    @property
    def subnets(self) -> dict[str, AzureSubnet]:
        found = {"nodes": self.nodes, "postgres": self.postgres, "endpoints": self.endpoints}
        return {layer: subnet for layer, subnet in found.items() if subnet is not None}

    @property
    def of_nodes(self) -> tuple[bool, bool, bool]:
        """Return whether the subnet of nodes, their addresses and how they leave are given."""
        return self.nodes is not None, bool(self.outbound), "outbound_type" in self.model_fields_set

    @property
    def name(self) -> str:
        return parts(self.id)["name"]

    @property
    def resource_group(self) -> str:
        return parts(self.id)["group"]


class AzureNetwork(Network):
    """The cluster's VNet: a new one, or one that exists."""

    existing: AzureExistingNetwork | None = None
    """A VNet that exists, in place of a new one; `cidr` is of a new one."""

    @property
    def subnet_cidrs(self) -> list[tuple[Path, str]]:
        if self.existing is None:
            return []
        return [(("existing", layer, "cidr"), subnet.cidr) for layer, subnet in self.existing.subnets.items()]

    @property
    def not_evaluated(self) -> str:
        if self.existing is None:
            return ""
        return f"the network {self.existing.name}: its routes, flow logs and the rules of its security groups"


def parts(id: str) -> dict[str, str]:
    """Return subscription, resource group and name in the id of a network or a private zone. Raises ValueError if it is
    neither."""
    found = _NETWORK.fullmatch(id) or _ZONE.fullmatch(id)
    if found is None:
        raise ValueError(f"{id} is not the id of a network or a private DNS zone")
    return found.groupdict()


def findings(path: Path, subscription: str, network: AzureNetwork) -> Found:
    """Check the network at a path of a cluster in a subscription."""
    existing = network.existing
    if existing is None:
        return
    where = (*path, "existing")
    if parts(existing.id)["subscription"].lower() != subscription:
        rule = "is in another subscription: the cluster's identity joins networks in its own subscription only"
        yield Finding((*where, "id"), rule, ((*path[:-1], "subscription"),))
    yield from _subnets(where, existing)
    for service, id in existing.private_zones.items():
        zone = parts(id)
        name, wanted = zone["name"].lower(), ZONE_NAMES.get(service, f"…{POSTGRES_ZONES}")
        if name != wanted and not (service == "postgres" and name.endswith(POSTGRES_ZONES)):
            yield Finding((*where, "privateZones", service), f"is the zone {zone['name']}, not {wanted}")
        elif service == "postgres" and network.second_cidr and zone["subscription"].lower() != subscription:
            rule = "is in another subscription, so the network of the second region cannot be linked to it"
            yield Finding((*where, "privateZones", service), rule, ((*path, "secondCidr"),))


def _subnets(where: Path, existing: AzureExistingNetwork) -> Found:
    """Check that each layer has a subnet of its own: Azure delegates a whole subnet."""
    for (first, one), (second, other) in combinations(existing.subnets.items(), 2):
        related = ((*where, first),)
        if one.name.lower() == other.name.lower():
            yield Finding((*where, second, "name"), f"is also the subnet of {first}: each needs its own", related)
        elif ipaddress.IPv4Network(one.cidr).overlaps(ipaddress.IPv4Network(other.cidr)):
            yield Finding((*where, second, "cidr"), f"overlaps {one.cidr} of subnet {one.name}", related)
