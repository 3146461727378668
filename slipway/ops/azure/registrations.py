"""Resource providers of Azure that a subscription registers before their first resource."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from slipway.ops.azure.access import credential, translated_errors
from slipway.ops.azure.resource_manager import ResourceManager
from slipway.ops.registration import Registration
from slipway.rehearsal import Plan
from slipway.settings.clouds.azure import AzureCluster
from slipway.settings.stacks import StackCluster

API_VERSION = "2021-04-01"
PROVIDERS: Mapping[str, str] = {
    "cdn": "Microsoft.Cdn",
    "containerregistry": "Microsoft.ContainerRegistry",
    "containerservice": "Microsoft.ContainerService",
    "dataprotection": "Microsoft.DataProtection",
    "dbforpostgresql": "Microsoft.DBforPostgreSQL",
    "dns": "Microsoft.Network",
    "keyvault": "Microsoft.KeyVault",
    "managedidentity": "Microsoft.ManagedIdentity",
    "mongocluster": "Microsoft.DocumentDB",
    "monitor": "Microsoft.Insights",
    "network": "Microsoft.Network",
    "operationalinsights": "Microsoft.OperationalInsights",
    "privatedns": "Microsoft.Network",
    "redisenterprise": "Microsoft.Cache",
    "servicebus": "Microsoft.ServiceBus",
    "storage": "Microsoft.Storage",
    "trafficmanager": "Microsoft.Network",
}
"""Provider of the types in a module of Pulumi's. Azure registers Authorization, Consumption and Resources by itself
(https://learn.microsoft.com/azure/azure-resource-manager/management/resource-providers-and-types)."""
REGISTERED = "Registered"


def registrations(plan: Plan, clusters: Sequence[StackCluster]) -> Iterator[Registration]:
    """Yield each provider that the plan needs in each subscription of the clusters. Raises CloudFailure."""
    modules = {step.type.split(":")[1] for step in plan.steps if step.type.startswith("azure-native:")}
    needed = sorted({PROVIDERS[module] for module in modules if module in PROVIDERS})
    settings = {
        each.settings.subscription: each.settings for each in clusters if isinstance(each.settings, AzureCluster)
    }
    for subscription, one in settings.items():
        with translated_errors(f"providers of subscription {subscription}"):
            listed = list(
                ResourceManager(credential(one)).list(f"/subscriptions/{subscription}/providers", API_VERSION)
            )
        registered = {each["namespace"].lower() for each in listed if each["registrationState"] == REGISTERED}
        for name in needed:
            command = f"az provider register --namespace {name} --subscription {subscription}"
            yield Registration(name, name.lower() in registered, command)
