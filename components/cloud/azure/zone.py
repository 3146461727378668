"""DNS: the zones of systems, and who in the cluster may write to them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_azure_native import dns

from builders.domains import within
from components.cloud.azure.place import Place
from components.cloud.azure.pod_identity import PodIdentity
from components.cloud.contract import ControllersFacts, ZoneArgs, ZoneFacts

CONTROLLERS = {"external-dns": ("external-dns", "external-dns"), "cert-manager": ("cert-manager", "cert-manager")}
"""What writes records: namespace and service account of each, by name."""


class Controllers(pulumi.ComponentResource):
    """The identities of external-dns and cert-manager. Each zone grants them its own records and no others."""

    identities: Mapping[str, PodIdentity]

    def __init__(
        self,
        name: str,
        place: Place,
        tags: Mapping[str, str],
        parent: pulumi.Resource,
        provider: pulumi.ProviderResource,
    ) -> None:
        super().__init__("slipway:azure:Controllers", name, opts=pulumi.ResourceOptions(parent=parent))
        self.identities = {
            controller: PodIdentity(f"{name}-{controller}", namespace, account, place, tags, self, provider)
            for controller, (namespace, account) in CONTROLLERS.items()
        }
        self.register_outputs({})


def controllers_facts(controllers: Controllers, place: Place, existing: Mapping[str, str]) -> ControllersFacts:
    """external-dns and cert-manager write to the zones of the cluster's resource group; cert-manager also to those that
    exist already, wherever they are."""
    client = controllers.identities["cert-manager"].client
    configuration = {
        "tenantId": place.tenant,
        "subscriptionId": place.subscription,
        "resourceGroup": place.cluster_name,
        "useWorkloadIdentityExtension": True,
    }
    secret = {
        "enabled": True,
        "mountPath": "/etc/kubernetes",
        "data": {"azure.json": json.dumps(configuration, sort_keys=True)},
    }
    elsewhere = [
        {"selector": {"dnsZones": [domain]}, **_solver(client, zone.split("/")[2], zone.split("/")[4])}
        for domain, zone in existing.items()
    ]
    return ControllersFacts(
        identities={name: identity.facts for name, identity in controllers.identities.items()},
        dns={"provider": {"name": "azure"}, "secretConfiguration": secret},
        solvers=[_solver(client, place.subscription, place.cluster_name), *elsewhere],
    )


def _solver(client: pulumi.Input[str], subscription: str, resource_group: str) -> dict[str, Any]:
    azure = {
        "subscriptionID": subscription,
        "resourceGroupName": resource_group,
        "environment": "AzurePublicCloud",
        "managedIdentity": {"clientID": client},
    }
    return {"dns01": {"azureDNS": azure}}


@dataclass(frozen=True, kw_only=True)
class ZoneSurroundings:
    existing: Mapping[str, str]
    """Ids of zones that are there already, by domain."""
    controllers: Sequence[PodIdentity]


class Zone(pulumi.ComponentResource):
    """A zone of the system's own, or a part of one that exists."""

    facts: ZoneFacts

    def __init__(
        self,
        args: ZoneArgs,
        around: ZoneSurroundings,
        place: Place,
        parent: pulumi.Resource,
        provider: pulumi.ProviderResource,
    ) -> None:
        name = f"{args.system}/{args.domain}"
        super().__init__("slipway:azure:Zone", name, opts=pulumi.ResourceOptions(parent=parent, providers=[provider]))
        holding = [zone for zone in around.existing if within(args.domain, zone)]
        if holding:
            existing = around.existing[max(holding, key=len)]
            self.facts = ZoneFacts(domain=args.domain, id=pulumi.Output.from_input(existing))
        else:
            created = dns.Zone(
                name,
                zone_name=args.domain,
                zone_type=dns.ZoneType.PUBLIC,
                resource_group_name=place.resource_group,
                location="global",
                tags=place.tagged(args.source, system=args.system),
                opts=pulumi.ResourceOptions(parent=self, protect=place.protect),
            )
            self.facts = ZoneFacts(domain=args.domain, id=created.id, servers=created.name_servers)
        for controller in around.controllers:
            controller.may(f"zone-{args.domain}", "DNS Zone Contributor", self.facts.id or "")
        self.register_outputs({"domain": args.domain})
