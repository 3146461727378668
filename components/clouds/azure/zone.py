"""DNS: the zones of systems, and the controllers that may write to them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_azure_native import dns

from components.clouds import contract
from components.clouds.azure.context import AzureClusterContext, AzureContext
from components.clouds.azure.pod_identity import ControllerIdentity, PodIdentity, PodIdentityArgs
from components.clouds.contract import ControllersFacts, ZoneFacts
from components.manifests.domains import nearest_zone


@dataclass(frozen=True, kw_only=True)
class ControllersArgs:
    context: AzureClusterContext
    writers: Mapping[str, tuple[str, str]]
    """Namespace and service account of the controllers that write records, by name."""


class Controllers(pulumi.ComponentResource):
    """The identities of external-dns and cert-manager. Each zone grants them access to its own records only."""

    identities: Mapping[str, PodIdentity]

    def __init__(self, name: str, args: ControllersArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:azure:Controllers", name, opts=opts)
        self.identities = {
            controller: PodIdentity(
                f"{name}-{controller}",
                PodIdentityArgs(
                    context=args.context,
                    namespace=namespace,
                    service_account=account,
                    tags=args.context.cluster_tags,
                ),
                pulumi.ResourceOptions(parent=self),
            )
            for controller, (namespace, account) in args.writers.items()
        }
        self.register_outputs({})


def controllers_facts(controllers: Controllers, context: AzureContext, existing: Mapping[str, str]) -> ControllersFacts:
    """Returns the settings of external-dns and cert-manager for the zones of the cluster's resource group, and for
    existing zones in any group."""
    zones = {domain: ExistingZone.of(id) for domain, id in existing.items()}
    solvers: list[dict[str, Any]] = []
    if "cert-manager" in controllers.identities:
        client = controllers.identities["cert-manager"].client
        solvers = [
            _solver(client, context.subscription, context.cluster_name),
            *(
                {"selector": {"dnsZones": [domain]}, **_solver(client, zone.subscription, zone.group)}
                for domain, zone in zones.items()
            ),
        ]
    return ControllersFacts(
        dns=_records(context, context.cluster_name),
        dns_elsewhere={
            zone.name: _records(context, zone.group)
            for zone in zones.values()
            if zone.group.lower() != context.cluster_name.lower()
        },
        solvers=solvers,
    )


@dataclass(frozen=True)
class ExistingZone:
    """The parts of a zone's id."""

    subscription: str
    group: str
    name: str

    @classmethod
    def of(cls, id: str) -> ExistingZone:
        """Parses an id of the form `/subscriptions/…/resourceGroups/…/providers/Microsoft.Network/dnsZones/…`, which
        settings have validated."""
        parts = id.split("/")
        return cls(parts[2], parts[4], parts[8])


def _records(context: AzureContext, group: str) -> dict[str, Any]:
    """Returns chart values of an external-dns for one resource group, the only one that it reads."""
    configuration = {
        "tenantId": context.tenant,
        "subscriptionId": context.subscription,
        "resourceGroup": group,
        "useWorkloadIdentityExtension": True,
    }
    secret = {
        "enabled": True,
        "mountPath": "/etc/kubernetes",
        "data": {"azure.json": json.dumps(configuration, sort_keys=True)},
    }
    return {"provider": {"name": "azure"}, "secretConfiguration": secret}


def _solver(client: pulumi.Input[str], subscription: str, resource_group: str) -> dict[str, Any]:
    azure = {
        "subscriptionID": subscription,
        "resourceGroupName": resource_group,
        "environment": "AzurePublicCloud",
        "managedIdentity": {"clientID": client},
    }
    return {"dns01": {"azureDNS": azure}}


@dataclass(frozen=True, kw_only=True)
class ZoneArgs:
    context: AzureContext
    asked: contract.ZoneArgs
    existing: Mapping[str, str]
    """Ids of existing zones by domain."""
    controllers: Sequence[ControllerIdentity]
    """Controllers that may write records."""


class Zone(pulumi.ComponentResource):
    """A zone of the system, or an existing zone."""

    facts: ZoneFacts

    def __init__(self, name: str, args: ZoneArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:azure:Zone", name, opts=opts)
        context, asked = args.context, args.asked
        nearest = nearest_zone(asked.domain, args.existing)
        if nearest is not None:
            existing = args.existing[nearest]
            known = ExistingZone.of(existing)
            self.facts = ZoneFacts(
                domain=asked.domain, name=known.name, group=known.group, id=pulumi.Output.from_input(existing)
            )
        else:
            created = dns.Zone(
                name,
                zone_name=asked.domain,
                zone_type=dns.ZoneType.PUBLIC,
                resource_group_name=context.resource_group,
                location="global",
                tags=context.tagged(asked.source, system=asked.system),
                opts=pulumi.ResourceOptions(parent=self, protect=context.protect),
            )
            self.facts = ZoneFacts(
                domain=asked.domain,
                name=asked.domain,
                group=context.resource_group,
                id=created.id,
                servers=created.name_servers,
            )
        for controller in args.controllers:
            controller.may_of(self, f"zone-{asked.domain}", "DNS Zone Contributor", self.facts.id or "")
        self.register_outputs({"domain": asked.domain})
