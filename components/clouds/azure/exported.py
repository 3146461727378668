"""What Azure decides of a cluster and systems in other stacks need: to export it, and to read it there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from typing import Any

from components.clouds.azure.context import (
    AzureClusterContext,
    AzureContext,
    ControlPlane,
    NetworkFacts,
    SecondRegion,
    VaultFacts,
)
from components.clouds.azure.network import subnet_cidrs
from components.clouds.azure.pod_identity import ControllerIdentity, ReferencedIdentity
from components.clouds.azure.private_zones import zone_names
from components.clouds.exported import Exported
from slipway.settings.clouds.azure import AzureCluster

NETWORK = ("id", "name", "resource_group", "postgres", "postgres_zone", "endpoints")
"""Facts of the network that Azure decides or that wait for it, by their field."""


def exported_facts(context: AzureClusterContext, controllers: Mapping[str, ControllerIdentity]) -> dict[str, Any]:
    """Returns the facts that `referenced_context` and `controllers_of` read."""
    network, second = context.network, context.second
    facts: dict[str, Any] = {
        "resourceGroup": context.resource_group,
        "network": {**{each: getattr(network, each) for each in NETWORK}, "zones": dict(network.private_zones)},
        "issuer": context.issuer,
        "workspace": context.workspace,
        "backupWriter": context.backup_writer,
        "vault": {"name": context.vault.name, "principal": context.vault.principal},
        "controllers": {name: each.principal for name, each in controllers.items()},
    }
    if second is not None:
        facts["second"] = {"subnet": second.subnet, "zone": second.zone}
    return facts


def referenced_context(
    context: AzureContext, settings: AzureCluster, stores: Collection[str], exported: Exported
) -> AzureClusterContext:
    """Returns the context of a cluster that another stack has; `stores` are those of its systems with private zones."""
    context = replace(context, resource_group=exported.text("resourceGroup"))
    return AzureClusterContext(
        **{each.name: getattr(context, each.name) for each in fields(context)},
        network=_network(settings, stores, exported),
        issuer=exported.text("issuer"),
        workspace=exported.text("workspace"),
        backup_writer=exported.text("backupWriter"),
        vault=VaultFacts(name=exported.text("vault", "name"), principal=exported.text("vault", "principal")),
        second=_second(context, settings, exported),
    )


def referenced_access(context: AzureClusterContext, exported: Exported) -> ControlPlane:
    return ControlPlane(
        address=exported.server("address"),
        certificate=exported.server("certificate"),
        issuer=context.issuer,
        workspace=context.workspace,
        kubelet="",
    )


def controllers_of(
    cluster: str, writers: Mapping[str, tuple[str, str]], context: AzureClusterContext, exported: Exported
) -> dict[str, ReferencedIdentity]:
    return {
        controller: ReferencedIdentity(
            name=f"{cluster}-{controller}",
            context=context,
            namespace=namespace,
            service_account=account,
            principal=exported.text("controllers", controller),
        )
        for controller, (namespace, account) in writers.items()
    }


def _network(settings: AzureCluster, stores: Collection[str], exported: Exported) -> NetworkFacts:
    """Returns the network as systems use it: its address ranges follow from settings."""
    existing = settings.network.existing
    cidrs = subnet_cidrs(settings.network.cidr)
    if existing is not None:
        cidrs = {layer: subnet.cidr for layer, subnet in existing.subnets.items()}
    services = {*zone_names(stores), *(existing.private_zones if existing is not None else ())} - {"postgres"}
    return NetworkFacts(
        **{each: exported.text("network", each) for each in NETWORK},
        nodes=None,
        outbound_cidrs=[],
        outbound_type="",
        postgres_cidr=cidrs["postgres"],
        postgres_zone_name="",
        postgres_zone_group="",
        endpoints_cidr=cidrs["endpoints"],
        private_zones={service: exported.text("network", "zones", service) for service in sorted(services)},
    )


def _second(context: AzureContext, settings: AzureCluster, exported: Exported) -> SecondRegion | None:
    if context.second_region is None or settings.network.second_cidr is None:
        return None
    return SecondRegion(
        location=context.second_region, subnet=exported.text("second", "subnet"), zone=exported.text("second", "zone")
    )
