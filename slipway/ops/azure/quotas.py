"""Quotas of Azure subscriptions that a plan may exceed: what the plan has and what others have in a region, beside the usages
that Azure lists. Cores are those of the smallest number of nodes, and of PostgreSQL's servers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from slipway.ops.azure.access import credential, translated_errors
from slipway.ops.azure.resource_manager import ResourceManager
from slipway.ops.failure import CloudFailure
from slipway.ops.quota_status import QuotaStatus
from slipway.rehearsal import Plan, Step
from slipway.rehearsal.difference.before import READ
from slipway.settings.clouds.azure import AzureCluster
from slipway.settings.stacks import StackCluster

OWNER_TAG = "slipway-stack"
"""The tag that tells the resources of a stack from those of others."""
RESOURCES_VERSION = "2021-04-01"
SKUS_VERSION = "2021-07-01"
TOTAL = "cores"
"""The usage of all families of sizes together."""
CLUSTER, POOL = "azure-native:containerservice:ManagedCluster", "azure-native:containerservice:AgentPool"
SERVER = "azure-native:dbforpostgresql:Server"
OWN_CLUSTER, OWN_SERVER = "microsoft.containerservice/managedclusters", "microsoft.dbforpostgresql/flexibleservers"


@dataclass(frozen=True)
class Usages:
    """A list of usages by region. `raising` is what raises one, with its name, scope and number to fill in."""

    provider: str
    path: str
    api_version: str
    raising: str

    def read(self, manager: ResourceManager, subscription: str, region: str) -> Mapping[str, tuple[float, int]]:
        """Return limit and current value by name. Raises CloudFailure."""
        path = f"/subscriptions/{subscription}/providers/{self.provider}/{self.path.format(region)}"
        with translated_errors(f"usages of {self.provider} in {region}"):
            listed = list(manager.list(path, self.api_version))
        return {each["name"]["value"]: (each["limit"], each["currentValue"]) for each in listed}


_RAISING = "az quota update --resource-name {name} --scope {scope} --limit-object value={number}"
NETWORK = Usages("Microsoft.Network", "locations/{}/usages", "2024-05-01", _RAISING)
COMPUTE = Usages("Microsoft.Compute", "locations/{}/usages", "2024-07-01", _RAISING)
POSTGRES = Usages(
    "Microsoft.DBforPostgreSQL",
    "locations/{}/resourceType/flexibleServers/usages",
    "2024-08-01",
    "raise it on the portal's page Quotas, Azure Database for PostgreSQL, to {number}",
)
NETWORKS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "azure-native:network:VirtualNetwork": ("microsoft.network/virtualnetworks", ("VirtualNetworks",)),
    "azure-native:network:NetworkSecurityGroup": (
        "microsoft.network/networksecuritygroups",
        ("NetworkSecurityGroups",),
    ),
    "azure-native:network:PublicIPAddress": (
        "microsoft.network/publicipaddresses",
        ("IPv4StandardSkuPublicIpAddresses", "StandardSkuPublicIpAddresses"),
    ),
}
"""What a network's usages count, by the type in a plan: the type in Azure, and the names of its usage, of which Azure lists one."""

Read = TypeVar("Read")
Owned = Sequence[Mapping[str, Any]]
Sizes = Mapping[str, tuple[str, int]]
"""Family and cores of each size of machines."""


def statuses(plan: Plan, clusters: Sequence[StackCluster]) -> Iterator[QuotaStatus]:
    """Yield each quota that the plan needs something of, by subscription and region."""
    opened: dict[str, ResourceManager] = {}
    for cluster in clusters:
        assert isinstance(cluster.settings, AzureCluster)
        if cluster.settings.subscription not in opened:
            opened[cluster.settings.subscription] = ResourceManager(credential(cluster.settings))
    for subscription, manager in opened.items():
        for region, steps in sorted(_by_region(plan, subscription).items()):
            yield from _Region(manager, subscription, region, plan.stack, steps).statuses()


def _by_region(plan: Plan, subscription: str) -> Mapping[str, Sequence[Step]]:
    found: defaultdict[str, list[Step]] = defaultdict(list)
    for step in plan.steps:
        provider = plan.by_urn.get(step.provider.rpartition("::")[0])
        if step.type not in {*NETWORKS, CLUSTER, POOL, SERVER} or step.op in READ or provider is None:
            continue
        if provider.inputs.get("subscriptionId") == subscription and "location" in step.inputs:
            found[step.inputs["location"]].append(step)
    return found


@dataclass(frozen=True)
class _Region:
    """What a plan has in a region of a subscription."""

    manager: ResourceManager
    subscription: str
    region: str
    stack: str
    steps: Sequence[Step]

    def statuses(self) -> Iterator[QuotaStatus]:
        """Yield each quota; together with a list of Azure's that cannot be read, nothing of it is known."""
        owned, problem = self._read(self._owned)
        yield from self._networks(owned, problem)
        nodes = _nodes(self.steps)
        servers = Counter(step.inputs["sku"]["name"] for step in self.steps if step.type == SERVER)
        sizes: Sizes | None = None
        if nodes or servers:
            sizes, unread = self._read(self._sizes)
            problem = problem or unread
        # What nodes of its own a cluster has by now is not listed by their owner.
        own_nodes = None if owned is None or any(_type(each) == OWN_CLUSTER for each in owned) else Counter[str]()
        yield from self._cores(COMPUTE, nodes, own_nodes, sizes, problem)
        own_servers = None if owned is None else Counter(_size(each) for each in owned if _type(each) == OWN_SERVER)
        yield from self._cores(POSTGRES, servers, own_servers, sizes, problem)

    def _networks(self, owned: Owned | None, problem: str) -> Iterator[QuotaStatus]:
        planned = Counter(step.type for step in self.steps if step.type in NETWORKS)
        usages, unread = (
            self._read(lambda: NETWORK.read(self.manager, self.subscription, self.region)) if planned else ({}, "")
        )
        for type_, count in sorted(planned.items()):
            own_type, names = NETWORKS[type_]
            own = sum(_type(each) == own_type for each in owned or ())
            name = next((each for each in names if each in (usages or {})), names[0])
            yield self._status(NETWORK, name, count, own, usages, problem or unread)

    def _cores(
        self, usages: Usages, planned: Counter[str], own: Counter[str] | None, sizes: Sizes | None, problem: str
    ) -> Iterator[QuotaStatus]:
        """Yield the quota of each family of sizes, and of all together."""
        if not planned:
            return
        if sizes is None:
            yield QuotaStatus(f"{usages.provider} {TOTAL} in {self.region}", sum(planned.values()), problem=problem)
            return
        listed, unread = self._read(lambda: usages.read(self.manager, self.subscription, self.region))
        for size in sorted(planned.keys() - sizes.keys()):
            lacking = f"{self.region} has no size {size} for this subscription"
            yield QuotaStatus(f"{usages.provider} {size} in {self.region}", planned[size], problem=lacking)
        needed, had = _by_family(planned, sizes), None if own is None else _by_family(own, sizes)
        for family, count in sorted(needed.items()):
            yield self._status(usages, family, count, None if had is None else had[family], listed, problem or unread)

    def _status(
        self,
        usages: Usages,
        name: str,
        planned: int,
        own: int | None,
        listed: Mapping[str, tuple[float, int]] | None,
        problem: str,
    ) -> QuotaStatus:
        limit, current = (listed or {}).get(name, (None, 0))
        others = None if own is None else max(current - own, 0)
        if limit is None or problem:
            limit, problem = None, problem or f"Azure lists no usage of {name}"
        scope = f"/subscriptions/{self.subscription}/providers/{usages.provider}/locations/{self.region}"
        remedy = usages.raising.format(name=name, scope=scope, number=planned + (others or 0))
        return QuotaStatus(f"{usages.provider} {name} in {self.region}", planned, others, limit, problem, remedy)

    def _read(self, reading: Callable[[], Read]) -> tuple[Read | None, str]:
        try:
            return reading(), ""
        except CloudFailure as failure:
            return None, str(failure)

    def _owned(self) -> Owned:
        """Return the resources of the stack in the region."""
        with translated_errors(f"resources of subscription {self.subscription}"):
            condition = f"tagName eq '{OWNER_TAG}' and tagValue eq '{self.stack}'"
            path = f"/subscriptions/{self.subscription}/resources"
            return [
                each
                for each in self.manager.list(path, RESOURCES_VERSION, condition)
                if each.get("location") == self.region
            ]

    def _sizes(self) -> Sizes:
        with translated_errors(f"sizes of machines in {self.region}"):
            path = f"/subscriptions/{self.subscription}/providers/Microsoft.Compute/skus"
            listed = list(self.manager.list(path, SKUS_VERSION, f"location eq '{self.region}'"))
        return {
            each["name"]: (each["family"], int(cores))
            for each in listed
            for cores in [one["value"] for one in each.get("capabilities") or () if one["name"] == "vCPUs"]
            if each.get("resourceType") == "virtualMachines"
        }


def _nodes(steps: Sequence[Step]) -> Counter[str]:
    """Return the number of nodes that clusters and pools have at the least, by their size."""
    found = Counter[str]()
    for step in steps:
        pools = step.inputs.get("agentPoolProfiles") or () if step.type == CLUSTER else ()
        for pool in (*pools, *([step.inputs] if step.type == POOL else ())):
            found[pool["vmSize"]] += int(pool.get("minCount") or pool.get("count") or 0)
    return +found


def _by_family(sizes_planned: Counter[str], sizes: Sizes) -> Counter[str]:
    """Return the cores of machines by family, and of all together."""
    found = Counter[str]()
    for size, number in sizes_planned.items():
        if size in sizes:
            family, cores = sizes[size]
            found[family] += number * cores
            found[TOTAL] += number * cores
    return found


def _type(resource: Mapping[str, Any]) -> str:
    return str(resource["type"]).lower()


def _size(resource: Mapping[str, Any]) -> str:
    return (resource.get("sku") or {}).get("name", "")
