"""Azure: the keys of an AKS cluster, what Azure cannot do, and checks of Azure's limits."""

from __future__ import annotations

import re
from typing import Annotated
from typing import Literal as OneOf

from pydantic import Field

from slipway.settings.clouds import azure_cluster, azure_existing
from slipway.settings.clouds.azure_cluster import AzureKubernetes
from slipway.settings.clouds.azure_existing import AzureNetwork
from slipway.settings.clouds.base import CloudSettings
from slipway.settings.clouds.grants.azure import KINDS
from slipway.settings.clouds.shared_checks import (
    Forms,
    adopted,
    certificates,
    databases,
    existing_cluster,
    existing_network,
    second_region,
)
from slipway.settings.cluster_services import HomeOfScaler, Homes
from slipway.settings.cluster_settings import ManagedCluster
from slipway.settings.fields import Date, Identifier, Known, Matching, StorageContainer, seconds
from slipway.settings.finding import Finding, Found
from slipway.settings.inert import Inert
from slipway.settings.limits import most
from slipway.settings.pointers import Path
from slipway.settings.stacks import DeployedSystem, StackCluster

REGIONS = frozenset(
    [
        "australiacentral",
        "australiaeast",
        "australiasoutheast",
        "austriaeast",
        "belgiumcentral",
        "brazilsouth",
        "canadacentral",
        "canadaeast",
        "centralindia",
        "centralus",
        "chilecentral",
        "eastasia",
        "eastus",
        "eastus2",
        "francecentral",
        "germanywestcentral",
        "indonesiacentral",
        "israelcentral",
        "italynorth",
        "japaneast",
        "japanwest",
        "koreacentral",
        "koreasouth",
        "malaysiawest",
        "mexicocentral",
        "newzealandnorth",
        "northcentralus",
        "northeurope",
        "norwayeast",
        "polandcentral",
        "qatarcentral",
        "southafricanorth",
        "southcentralus",
        "southeastasia",
        "southindia",
        "spaincentral",
        "swedencentral",
        "switzerlandnorth",
        "uaenorth",
        "uksouth",
        "ukwest",
        "westcentralus",
        "westeurope",
        "westus",
        "westus2",
        "westus3",
    ]
)
"""Supported regions, so that a typo is found before the cloud is called. Add new ones here."""
WORKSPACE_RETENTION = (30, 730)
"""Retention of a Log Analytics workspace in days, lowest and highest. Source: Azure Monitor, data retention."""
_ARM = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/data/providers"


def _arm(kind: str) -> tuple[str, str]:
    form = rf"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/{re.escape(kind)}/[^/]+"
    return form, f"{_ARM}/{kind}/existing"


_ACCOUNT = _arm("Microsoft.Storage/storageAccounts")
IDS = Forms(
    postgres=_arm("Microsoft.DBforPostgreSQL/flexibleServers"),
    document_database=_arm("Microsoft.DocumentDB/mongoClusters"),
    bucket=(rf"[a-z0-9]{{3,24}}|{_ACCOUNT[0]}", _ACCOUNT[1]),
)
_ZONE = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/[^/]+/providers/Microsoft\.Network/dns[zZ]ones/(?P<zone>[^/]+)"
)
AzureRegion = Annotated[str, Known("a region of Azure", "eastus2", REGIONS)]


STORAGE_CLASSES = (
    "azureblob-fuse-premium", "azureblob-nfs-premium", "azurefile", "azurefile-csi", "azurefile-csi-premium",
    "azurefile-premium", "managed", "managed-csi", "managed-csi-premium", "managed-premium",
)  # fmt: skip
"""Classes of AKS. Source: https://learn.microsoft.com/azure/aks/concepts-storage#storage-classes."""


class AzureCluster(ManagedCluster):
    """An AKS cluster with its network, in one region of Azure."""

    cloud: OneOf["azure"]  # pyright: ignore[reportIncompatibleVariableOverride]
    """Always `azure`."""
    region: AzureRegion
    """Region of the cluster and its systems."""
    subscription: Identifier
    """Subscription that the stack may change."""
    tenant: Identifier
    """Entra tenant of its people and workloads."""
    network: AzureNetwork = Field(default_factory=AzureNetwork)  # pyright: ignore[reportIncompatibleVariableOverride]
    """The cluster's private network."""
    kubernetes: AzureKubernetes  # pyright: ignore[reportIncompatibleVariableOverride]
    """Control plane and nodes."""
    second_region: AzureRegion | None = None
    """Region for copies of buckets, and for read replicas that can be promoted; no copies without it. Copies of
    backups and secrets go to the region that Azure pairs with this one."""
    state_container: StorageContainer | None = None
    """Container with Pulumi's state, which is backed up with the databases."""
    budget_start: Date | None = None
    """First day of the month in which budgets are first created: Azure accepts no start date in a past month."""
    front_door: bool = False
    """Whether static sites are served by Azure Front Door. Changes of it take up to 45 minutes, so releases do not
    use it."""
    deployers: list[Identifier] = Field(min_length=1)
    """Object ids of the Entra groups or identities that administer the cluster, including the one that runs `pulumi
    up`."""

    @property
    def homes(self) -> Homes:
        """Return where the controllers run: KEDA is part of a cluster that Slipway creates."""
        homes = super().homes
        if self.controllers.scaling != "installed" or self.kubernetes.existing is not None:
            return homes
        return homes.model_copy(
            update={"scaling": HomeOfScaler(namespace="kube-system", pods={"app": "keda-operator"})}
        )


def findings(path: Path, settings: AzureCluster, cluster: StackCluster) -> Found:
    low, high = WORKSPACE_RETENTION
    if not low <= settings.kubernetes.log_retention_days <= high:
        rule = f"is not a retention that Azure supports ({low}–{high} days)"
        yield Finding((*path, "kubernetes", "logRetentionDays"), rule)
    yield from second_region(path, settings)
    yield from existing_network((*path, "network"), settings.network, ("cidr",))
    yield from azure_existing.findings((*path, "network"), settings.subscription, settings.network)
    yield from existing_cluster(path, settings.kubernetes, settings.network)
    yield from azure_cluster.findings(path, settings.subscription, settings.kubernetes, settings.network)
    yield from _zones(path, settings)
    yield from adopted(path, cluster, IDS)
    for system, name, database in databases(cluster):
        if database.read_replicas > most("azure replicas"):
            rule = f"is more than Azure supports, {most('azure replicas')}"
            yield Finding((*path, "systems", system.name, "databases", name, "readReplicas"), rule)
    for system in cluster.systems.values():
        yield from _secrets_of_one_case((*path, "systems", system.name), system)
        yield from _locks((*path, "systems", system.name), system)
        if settings.front_door:
            yield from certificates((*path, "systems", system.name), system)
    budgets = [system.name for system in cluster.systems.values() if system.definition.budget is not None]
    if settings.budget_start is None and (budgets or settings.monthly_budget is not None):
        rule = 'is required with a budget, for example "2026-11-01"'
        yield Finding((*path, "budgetStart"), rule, tuple((*path, "systems", name) for name in budgets))
    elif settings.budget_start is not None and not settings.budget_start.endswith("-01"):
        yield Finding((*path, "budgetStart"), "is not the first day of a month")


def _zones(path: Path, settings: AzureCluster) -> Found:
    """Check the ids of DNS zones: records are written with the cluster's own provider, by the name and resource group
    in the id."""
    example = (
        f"/subscriptions/{settings.subscription}/resourceGroups/dns/providers/Microsoft.Network/dnsZones/example.com"
    )
    for domain, id in settings.dns_zones.items():
        where, found = (*path, "dnsZones", domain), _ZONE.fullmatch(id)
        if found is None:
            yield Finding(where, f"is not the id of a DNS zone, for example {example}")
        elif found["zone"].lower() != domain:
            yield Finding(where, f"is the id of the zone {found['zone']}, not of {domain}")
        elif found["subscription"].lower() != settings.subscription:
            rule = "is in another subscription: the cluster can write records in its own subscription only"
            yield Finding(where, rule, ((*path, "subscription"),))


def _secrets_of_one_case(path: Path, system: DeployedSystem) -> Found:
    """Check for secrets whose names differ in case only: names in Key Vault are case-insensitive."""
    first: dict[str, str] = {}
    for name in system.definition.secrets:
        if first.setdefault(name.lower(), name) != name:
            rule = f"has secrets '{first[name.lower()]}' and '{name}', which are the same name to Azure Key Vault"
            yield Finding(path, rule)


def _locks(path: Path, system: DeployedSystem) -> Found:
    """Check how long queues hide a received message."""
    for name, queue in system.definition.queues.items():
        if seconds(queue.lock) > most("azure queue lock"):
            longest = f"{most('azure queue lock') // 60} minutes"
            rule = f"has queues.{name}.lock {queue.lock}, but Service Bus locks a message for {longest} at most: set 5m or less"
            yield Finding(path, rule)


SECRET_ENTRY = Matching(
    "the address of a secret in Key Vault",
    "https://shop.vault.azure.net/secrets/production",
    r"https://[A-Za-z0-9-]+\.vault\.azure\.net/secrets/[A-Za-z0-9-]+",
)
_MONGODB = {"databases.NAME.engine": "mongodb"}
CLOUD = CloudSettings(
    secret_entry=SECRET_ENTRY,
    title="Azure",
    cluster=AzureCluster,
    findings=findings,
    grantable=KINDS,
    label_domains=("azure.com",),
    storage_classes=STORAGE_CLASSES,
    lacks={
        "broker": "azure has no managed RabbitMQ: set 'cluster'",
        "GPUs": "AKS nodes need NVIDIA's device plugin, which Slipway does not install",
        "edge": "changes of Front Door take up to 45 minutes; the gateway splits traffic",
    },
    own_inert=(
        Inert("queue.size", "brokers run in the cluster here, with requests of their own"),
        Inert("queues.NAME.alerts.oldest", "Service Bus tells no age of messages: set 'waiting'"),
        Inert("databases.NAME.restoreTest", "Azure restores no such database by itself: test it in a drill", _MONGODB),
        Inert("databases.NAME.slowQueryMs", "Azure sets no such limit of a document database", _MONGODB),
    ),
)
