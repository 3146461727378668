"""The items that Azure bills: an instance by the hour, storage by the GB, disks by their tier."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from slipway.cost import pod_requests
from slipway.cost.clouds import azure_others
from slipway.cost.quantity import Budget, Cloud, Context, Quantity, Rule, Unknown
from slipway.cost.resources import Resource
from slipway.cost.span import Span

Costs = Iterator[Quantity | Unknown]
GLOBAL = "global"
DISKS = {4: "E1", 8: "E2", 16: "E3", 32: "E4", 64: "E6", 128: "E10", 256: "E15", 512: "E20", 1024: "E30", 2048: "E40"}
"""Tiers of disks by GiB (https://learn.microsoft.com/azure/virtual-machines/disks-types)."""
CORES = {"2": 8, "4": 16, "8": 32, "16": 64, "32": 128}
"""GiB of memory by the number of cores in the name of a size of the D family."""


def _aks(cluster: Resource, context: Context) -> Costs:
    """Yield the control plane, and the nodes of each pool. Pods run on the pools that are not for the system."""
    if cluster.text("sku", "tier") != "Free":
        yield context.hours(f"kubernetes cluster {cluster.text('sku', 'tier').lower()}", "control plane")
    needed = pod_requests.requests(context.resources.of_cluster(cluster.cluster))
    for pool in cluster.entries("agentPoolProfiles"):
        yield from _pool(pool, needed, context)


def _pool(pool: Mapping[str, object], needed: pod_requests.Requests, context: Context) -> Costs:
    name, size = pool.get("name"), str(pool.get("vmSize") or "")
    cores = _cores(size)
    at_least, at_most = (_nodes(pool, key) for key in ("minCount", "maxCount"))
    count = Span(at_least, at_least)
    assumes: tuple[str, ...] = ("hours",)
    if pool.get("mode") != "System" and cores in CORES:
        assumes = ("hours", "node-cpu", "node-memory")
        count = pod_requests.nodes(
            needed,
            cpu=float(cores) - context.prices.assumed("node-cpu"),
            memory=(8 if size.startswith("Standard_E") else 4) * float(cores) - context.prices.assumed("node-memory"),
            minimum=at_least,
            maximum=at_most,
        )
    elif pool.get("mode") != "System":
        count = Span(at_least, at_most)
    hours = context.prices.assumed("hours")
    yield Quantity(f"node {size}", count * hours, f"nodes of pool {name}, {size}", assumes=assumes)
    if pool.get("osDiskType") != "Ephemeral":
        yield from _volumes(context, float(str(pool.get("osDiskSizeGB") or 128)), count)


def _agent_pool(pool: Resource, context: Context) -> Costs:
    """Yield the nodes that the pods of the pool need; without pods it has none."""
    name = pool.text("agentPoolName")
    if pool.text("scaleSetPriority") == "Spot":
        yield Unknown(f"spot nodes of pool {name}: their price changes by the hour, and is at most that of others")
        return
    of_pool = pod_requests.requests(context.resources.of_cluster(pool.cluster), name)
    yield from _pool({**pool.inputs, "name": name}, of_pool, context)


def _nodes(pool: Mapping[str, object], key: str) -> float:
    return float(str(next((pool[each] for each in (key, "count") if pool.get(each) is not None), 1)))


def _cores(size: str) -> str:
    """Return the number of cores in the name of a size: `4` of `Standard_D4pds_v5`."""
    found = re.match(r"Standard_[A-Z](\d+)", size)
    return found[1] if found else ""


def _registry(registry: Resource, context: Context) -> Costs:
    tier = registry.text("sku", "name", default="Basic").lower()
    yield Quantity(
        f"registry {tier}", Span.exactly(context.prices.assumed("days")), f"{tier} registry", assumes=("days",)
    )


def _database(server: Resource, context: Context) -> Costs:
    """Yield a server and its storage, both twice with a standby. Backups up to the size of the storage are included."""
    twice = server.text("highAvailability", "mode") not in ("", "Disabled")
    size, gigabytes = server.text("sku", "name"), server.number("storage", "storageSizeGB")
    count = 2 if twice else 1
    yield context.hours(f"postgres {size}", f"server, {size}{' with a standby' if twice else ''}", count)
    if gigabytes:
        yield context.month("database storage", f"storage, {gigabytes:.0f} GB", count * gigabytes)
    else:
        yield Unknown("storage, whose size is not known yet")
    if server.text("backup", "geoRedundantBackup") == "Enabled":
        yield context.assumed("database backup in two regions", "backups", "backups", gigabytes)


def _document_database(cluster: Resource, context: Context) -> Costs:
    tier = cluster.text("properties", "compute", "tier")
    standby = cluster.text("properties", "highAvailability", "targetMode", default="Disabled")
    size, count = cluster.number("properties", "storage", "sizeGb"), 1 if standby == "Disabled" else 2
    yield context.hours(f"document database {tier}", f"server, {tier}{' with a standby' if count > 1 else ''}", count)
    yield context.month("document database storage", f"storage, {size:.0f} GB", count * size)


def _cache(cache: Resource, context: Context) -> Costs:
    """Yield a server, twice with a standby."""
    size, alone = cache.text("sku", "name"), cache.text("highAvailability", default="Enabled") == "Disabled"
    yield context.hours(f"cache {size}", f"server, {size}{'' if alone else ' with a standby'}", 1 if alone else 2)


def _nat(_gateway: Resource, context: Context) -> Costs:
    yield context.hours("nat gateway", "gateway")
    yield context.assumed("nat data", "what goes through it", "nat")


def _address(_address: Resource, context: Context) -> Costs:
    yield context.hours("public address", "address")


def _endpoint(_endpoint: Resource, context: Context) -> Costs:
    yield context.hours("private endpoint", "endpoint")
    yield context.assumed("private endpoint data", "what goes through it", "endpoint")


def _peering(_peering: Resource, context: Context) -> Costs:
    yield context.assumed("peering data", "what goes through it", "peering")


def _private_zone(_zone: Resource, context: Context) -> Costs:
    yield context.month("private dns zone", "zone", region=GLOBAL)
    yield context.assumed("dns queries", "queries", "dns-queries", region=GLOBAL)


def _zone(_zone: Resource, context: Context) -> Costs:
    yield context.month("dns zone", "zone", region=GLOBAL)
    yield context.assumed("dns queries", "queries", "dns-queries", region=GLOBAL)


def _vault(_vault: Resource, context: Context) -> Costs:
    yield context.assumed("vault requests", "requests", "vault-requests")


def _logs(workspace: Resource, context: Context) -> Costs:
    """Yield the logs; the first month of retention is free."""
    yield context.assumed("logs ingested", "logs", "workspace")
    months = max(0.0, workspace.number("retentionInDays", default=30) / 30 - 1)
    if months:
        yield context.assumed("logs stored", f"kept for {months + 1:.0f} months", "workspace", months)


def _account(account: Resource, context: Context) -> Costs:
    kind = account.text("sku", "name").removeprefix("Standard_").lower()
    yield context.assumed(f"bucket storage {kind}", "storage", "bucket")
    yield context.assumed(f"bucket writes {kind}", "writes", "bucket-writes-10k")
    yield context.assumed("bucket reads", "reads", "bucket-reads-10k")
    if kind.startswith(("gzrs", "grs", "ragzrs", "ragrs")):
        yield context.assumed("bucket replication", "what is replicated", "bucket-changed")


def _backup(instance: Resource, context: Context) -> Costs:
    """Yield the backups: those in the account itself cost their storage there; those in a vault also cost a fee."""
    source = instance.text("properties", "dataSourceInfo", "datasourceType")
    if not source.startswith("Microsoft.Storage/"):
        yield Unknown(f"backups in the vault of {source or 'what is not known yet'}: a fee by its size, and storage")


def _front_door(profile: Resource, context: Context) -> Costs:
    tier = profile.text("sku", "name").partition("_")[0].lower()
    yield context.month(f"edge {tier}", f"{tier} profile", region=GLOBAL)
    yield context.assumed("edge data", "what visitors get", "site", region=GLOBAL)
    yield context.assumed("edge requests", "requests", "site-requests", region=GLOBAL)


def _messaging(server: Resource, context: Context) -> Costs:
    units = int(server.number("sku", "capacity", default=1))
    tier = server.text("sku", "tier")
    yield context.hours(f"messaging {tier}", f"{units} units, {tier}", units)


def _metric_alert(alert: Resource, context: Context) -> Costs:
    """Yield each time series that is watched."""
    yield context.month("metric alert", "time series", max(1, len(alert.entries("criteria", "allOf"))), region=GLOBAL)


def _traffic_manager(profile: Resource, context: Context) -> Costs:
    endpoints = profile.count("endpoints")
    yield context.assumed("traffic manager queries", "queries", "dns-queries", region=GLOBAL)
    yield context.month("traffic manager check", f"{endpoints} endpoints", endpoints, region=GLOBAL)


def _volumes(context: Context, size: float, count: Span) -> Costs:
    """Yield volumes of the default storage class of AKS, in the next tier that fits the size; zones require the
    zone-redundant kind."""
    tier = next((name for gibibytes, name in DISKS.items() if size <= gibibytes), None)
    if tier is None:
        yield Unknown(f"disks of {size:.0f} GB")
    else:
        yield context.month(f"disk {tier}", f"disks of {size:.0f} GB ({tier})", count)


def _entry(_service: Resource, context: Context) -> Costs:
    yield context.hours("load balancer", "load balancer")
    yield context.hours("public address", "address")
    yield context.assumed("load balancer data", "what goes through it", "internet")
    yield context.assumed("internet data", "what visitors get", "internet")


def _budget(budget: Resource) -> Budget:
    """Return the budget; that of a system has a filter by the system's tag."""
    values = budget.find("filter", "tags", "values")
    return Budget(budget, budget.number("amount"), str(values[0]) if isinstance(values, list) and values else "")


def _region(resource: Resource) -> str:
    """Return the resource's own region, or that of its provider."""
    own = resource.text("location").lower().replace(" ", "")
    return own if own and own != GLOBAL else str(resource.provider.get("location") or "")


RULES: Mapping[str, Rule] = {
    **azure_others.RULES,
    "azure-native:cdn:Profile": _front_door,
    "azure-native:containerregistry:Registry": _registry,
    "azure-native:containerservice:AgentPool": _agent_pool,
    "azure-native:containerservice:ManagedCluster": _aks,
    "azure-native:dataprotection:BackupInstance": _backup,
    "azure-native:dbforpostgresql:Server": _database,
    "azure-native:dns:Zone": _zone,
    "azure-native:keyvault:Vault": _vault,
    "azure-native:mongocluster:MongoCluster": _document_database,
    "azure-native:network:NatGateway": _nat,
    "azure-native:network:PrivateEndpoint": _endpoint,
    "azure-native:network:PublicIPAddress": _address,
    "azure-native:network:VirtualNetworkPeering": _peering,
    "azure-native:operationalinsights:Workspace": _logs,
    "azure-native:privatedns:PrivateZone": _private_zone,
    "azure-native:redisenterprise:RedisEnterprise": _cache,
    "azure-native:monitor:MetricAlert": _metric_alert,
    "azure-native:servicebus:Namespace": _messaging,
    "azure-native:storage:StorageAccount": _account,
    "azure-native:trafficmanager:Profile": _traffic_manager,
}
_PART = "it is billed with what it belongs to"
_RIGHTS = "rights cost nothing"
FREE: Mapping[str, str] = {
    **azure_others.FREE,
    "azure-native:authorization:ManagementLockByScope": _RIGHTS,
    "azure-native:authorization:RoleAssignment": _RIGHTS,
    "azure-native:authorization:RoleDefinition": _RIGHTS,
    "azure-native:cdn:AFDCustomDomain": _PART,
    "azure-native:cdn:AFDEndpoint": _PART,
    "azure-native:cdn:AFDOrigin": _PART,
    "azure-native:cdn:AFDOriginGroup": _PART,
    "azure-native:cdn:Route": _PART,
    "azure-native:consumption:Budget": "budgets cost nothing",
    "azure-native:dataprotection:BackupPolicy": _PART,
    "azure-native:dataprotection:BackupVault": "what is in it is billed with its backups",
    "azure-native:dbforpostgresql:Configuration": _PART,
    "azure-native:dbforpostgresql:FirewallRule": _RIGHTS,
    "azure-native:dns:RecordSet": "records are billed by query, with their zone",
    "azure-native:keyvault:Secret": "secrets are billed by request, with their vault",
    "azure-native:managedidentity:FederatedIdentityCredential": _RIGHTS,
    "azure-native:managedidentity:UserAssignedIdentity": _RIGHTS,
    "azure-native:mongocluster:FirewallRule": _RIGHTS,
    "azure-native:monitor:DiagnosticSetting": "what it sends is billed with its workspace",
    "azure-native:network:NetworkSecurityGroup": _RIGHTS,
    "azure-native:network:PrivateDnsZoneGroup": _PART,
    "azure-native:network:Subnet": "what goes through it is billed where it enters or leaves",
    "azure-native:network:VirtualNetwork": "what goes through it is billed where it enters or leaves",
    "azure-native:privatedns:VirtualNetworkLink": _PART,
    "azure-native:redisenterprise:Database": _PART,
    "azure-native:resources:ResourceGroup": "it is a folder",
    "azure-native:monitor:ActionGroup": "a thousand mails a month cost nothing (https://azure.microsoft.com/pricing/details/monitor/)",
    "azure-native:servicebus:Queue": _PART,
    "azure-native:servicebus:Subscription": _PART,
    "azure-native:servicebus:Topic": _PART,
    "azure-native:storage:BlobContainer": _PART,
    "azure-native:storage:BlobContainerImmutabilityPolicy": _PART,
    "azure-native:storage:BlobServiceProperties": "old versions are in the GB that an account is assumed to hold",
    "azure-native:storage:ManagementPolicy": _PART,
}
CLOUD = Cloud(RULES, FREE, _region, _volumes, "managed-csi", _entry, {"azure-native:consumption:Budget": _budget})
