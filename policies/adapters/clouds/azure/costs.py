"""Budgets and tags of Azure."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.budget_amounts import first
from adapters.clouds.contract import Budget
from framework import Property, Resource


def _notifies(budget: Resource) -> Property:
    ways = ("contactEmails", "contactGroups", "contactRoles")
    notifications = budget["notifications"]
    enabled = [notifications[key] for key in notifications.keys if notifications[key]["enabled"].value is not False]
    return first(each[way] for each in enabled for way in ways)


def _system(budget: Resource) -> Property:
    """Return the first value of its tag filter."""
    chosen = budget["filter"]
    values = chosen["tags"]["values"]
    return chosen if chosen.missing or chosen.unknown else next(values.elements(), values)


BUDGETS: Mapping[str, Budget] = {
    "azure-native:consumption:Budget": Budget(
        lambda budget: budget["amount"], lambda budget: budget["timeGrain"], _system, _notifies
    )
}
TAGGABLE = frozenset(
    {
        "azure-native:cdn:AFDEndpoint",
        "azure-native:cdn:Profile",
        "azure-native:containerregistry:Registry",
        "azure-native:containerservice:ManagedCluster",
        "azure-native:dataprotection:BackupInstance",
        "azure-native:dataprotection:BackupVault",
        "azure-native:dbforpostgresql:Server",
        "azure-native:dns:Zone",
        "azure-native:keyvault:Secret",
        "azure-native:keyvault:Vault",
        "azure-native:managedidentity:UserAssignedIdentity",
        "azure-native:mongocluster:MongoCluster",
        "azure-native:network:ApplicationGateway",
        "azure-native:network:LoadBalancer",
        "azure-native:network:NatGateway",
        "azure-native:network:NetworkSecurityGroup",
        "azure-native:network:PrivateEndpoint",
        "azure-native:network:PublicIPAddress",
        "azure-native:network:VirtualNetwork",
        "azure-native:operationalinsights:Workspace",
        "azure-native:privatedns:PrivateZone",
        "azure-native:privatedns:VirtualNetworkLink",
        "azure-native:redisenterprise:RedisEnterprise",
        "azure-native:resources:ResourceGroup",
        "azure-native:servicebus:Namespace",
        "azure-native:storage:StorageAccount",
        "azure-native:trafficmanager:Profile",
    }
)


def tag_name(tag: str) -> str:
    """Return a tag's name without `/`, which Azure does not allow."""
    return tag.replace("slipway.dev/", "slipway-").replace("/", "-")
