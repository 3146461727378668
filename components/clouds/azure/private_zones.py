"""Private DNS zones of a network, by which pods find servers and private endpoints under their usual names."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pulumi
import pulumi_azure_native as azure

from components.clouds.azure.context import AzureContext
from slipway.settings.clouds.azure_existing import POSTGRES_ZONES, ZONE_NAMES

OPTIONAL = ("caches", "queues")
"""Services with a zone only where a system of the cluster has them."""


@dataclass(frozen=True)
class PrivateZone:
    """Both are known once the zone is linked to the network: what uses it waits for that."""

    id: pulumi.Output[str]
    name: pulumi.Output[str]


@dataclass(frozen=True)
class PrivateZones:
    """Creates zones that are linked to the network `network`."""

    name: str
    context: AzureContext
    network: pulumi.Input[str]
    opts: pulumi.ResourceOptions

    def postgres(self) -> PrivateZone:
        """Creates the zone of flexible servers."""
        return self._zone("postgres", f"{self.context.cluster_name}.private{POSTGRES_ZONES}")

    def of(self, domains: Mapping[str, str]) -> dict[str, pulumi.Input[str]]:
        """Creates zones of services, and returns their ids."""
        return {service: self._zone(service, domain).id for service, domain in domains.items()}

    def _zone(self, part: str, domain: str) -> PrivateZone:
        context = self.context
        zone = azure.privatedns.PrivateZone(
            f"{self.name}-{part}",
            private_zone_name=domain,
            resource_group_name=context.resource_group,
            location="Global",
            tags=context.cluster_tags,
            opts=self.opts,
        )
        link = azure.privatedns.VirtualNetworkLink(
            f"{self.name}-{part}",
            virtual_network_link_name=context.cluster_name,
            private_zone_name=zone.name,
            resource_group_name=context.resource_group,
            location="Global",
            virtual_network=azure.privatedns.SubResourceArgs(id=self.network),
            registration_enabled=False,
            tags=context.cluster_tags,
            opts=self.opts,
        )
        linked = pulumi.Output.all(zone.id, link.id).apply(lambda ids: ids[0])
        return PrivateZone(linked, linked.apply(lambda _: domain))


def zone_names(stores: Collection[str]) -> dict[str, str]:
    """Returns the zones that a network needs by service: those of `OPTIONAL` only where `stores` names them."""
    return {service: name for service, name in ZONE_NAMES.items() if service not in OPTIONAL or service in stores}
