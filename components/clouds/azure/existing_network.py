"""A network that exists, from the ids and ranges that the stack declares."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import pulumi

from components.clouds.azure.context import AzureContext, NetworkFacts
from components.clouds.azure.private_zones import PrivateZones, zone_names
from slipway.settings.clouds.azure_existing import AzureExistingNetwork, parts


@dataclass(frozen=True, kw_only=True)
class ExistingNetworkArgs:
    context: AzureContext
    network: AzureExistingNetwork
    stores: Collection[str]
    """Which of `caches` and `queues` a system of the cluster has."""


class ExistingNetwork(pulumi.ComponentResource):
    """The facts of a network that exists. Only private DNS zones that it lacks are created, outside it, and linked."""

    facts: NetworkFacts

    def __init__(self, name: str, args: ExistingNetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:azure:ExistingNetwork", name, opts=opts)
        context, network = args.context, args.network
        existing: dict[str, pulumi.Input[str]] = {
            service: id for service, id in network.private_zones.items() if service != "postgres"
        }
        zones = PrivateZones(name, context, network.id, pulumi.ResourceOptions(parent=self))
        missing = {service: domain for service, domain in zone_names(args.stores).items() if service not in existing}
        stated = network.private_zones.get("postgres")
        own = zones.postgres() if stated is None else None
        self.facts = NetworkFacts(
            id=network.id,
            name=network.name,
            resource_group=network.resource_group,
            nodes=network.subnet_id(network.nodes) if network.nodes else None,
            outbound_cidrs=network.outbound,
            outbound_type=network.outbound_type,
            postgres=network.subnet_id(network.postgres),
            postgres_cidr=network.postgres.cidr,
            postgres_zone=own.id if own else stated or "",
            postgres_zone_name=own.name if own else parts(stated or "")["name"],
            postgres_zone_group=context.resource_group if own else parts(stated or "")["group"],
            endpoints=network.subnet_id(network.endpoints),
            endpoints_cidr=network.endpoints.cidr,
            private_zones={**existing, **zones.of(missing)},
        )
        self.register_outputs({"network": network.id})
