"""Settings that all clusters share, whatever their cloud."""

from __future__ import annotations

from typing import Literal as OneOf

from pydantic import Field

from slipway.settings.cluster_services import ClusterServices
from slipway.settings.fields import (
    Cidr,
    Copies,
    Cores,
    Dollars,
    Domain,
    Email,
    KubernetesVersion,
    LogDays,
    MemoryGibibytes,
    PoolName,
    Tag,
    TagKey,
    Text,
    Zones,
)
from slipway.settings.placement import ExtraNodePool
from slipway.settings.pointers import Path
from slipway.settings.setting import Setting


class Network(Setting):
    """The cluster's private network."""

    cidr: Cidr = "10.20.0.0/16"
    """Address range of the network: /16 to /20, without overlap with other networks of the stack. By default a /16,
    which leaves every pod an address of its own."""
    second_cidr: Cidr | None = None
    """Address range of the network for replicas in the second region: /16 to /20, without overlap."""
    zones: Zones = 3
    """Number of availability zones. Three by default, so that the loss of one leaves a majority."""

    @property
    def subnet_cidrs(self) -> list[tuple[Path, str]]:
        """Return the ranges of an existing network's subnets, each with its path below the network; none of a new one."""
        return []

    @property
    def not_evaluated(self) -> str:
        """Return what no rule can judge of an existing network; empty for a new one."""
        return ""


class NodePool(Setting):
    """Nodes of the cluster."""

    minimum: Copies = 3
    """Minimum nodes; by default one per zone."""
    maximum: Copies = 9
    """Maximum nodes: a limit for the bill. Three times the minimum by default."""
    cpu: Cores = 4
    """Cores per node. 4 by default, enough for several pods beside those that every node runs."""
    memory: MemoryGibibytes = 16
    """GiB of memory per node. 16 by default, four for each core, as clouds sell them."""


class Kubernetes(Setting):
    """The cluster's control plane and nodes."""

    version: KubernetesVersion = "1.36"
    """Minor version of Kubernetes; by default the newest that both clouds offer."""
    authorized_networks: list[Cidr] = Field(min_length=1)
    """Networks that may reach the API server: offices and deployment runners."""
    nodes: NodePool = Field(default_factory=NodePool)
    """Nodes of the cluster."""
    log_retention_days: LogDays = 90
    """Retention of the control plane's logs, in days. 90 by default: an intrusion is often found weeks later."""

    @property
    def not_evaluated(self) -> str:
        """Return what no rule can judge of an existing cluster; empty for a new one."""
        return ""


class ClusterSettings(ClusterServices):
    """Settings of every cluster."""

    cloud: str
    """The cloud."""
    tags: dict[TagKey, Tag] = Field(default_factory=dict, max_length=40)
    """Tags of every cloud resource, for cost allocation."""
    protect: bool = True
    """Whether resources with data have Pulumi's protect option. On by default, so that no update deletes data; turn it
    off before a stack is destroyed."""
    node_pools: dict[PoolName, ExtraNodePool] = Field(default_factory=dict)
    """Node pools by name besides the usual nodes; none by default. Their nodes have the label and the taint
    `slipway.dev/node-pool=<name>`, spot nodes also `slipway.dev/spot=true`. On a cluster of your own its owner sets both."""


class ManagedCluster(ClusterSettings):
    """Settings of every cluster on a public cloud."""

    network: Network = Field(default_factory=Network)
    """The cluster's private network."""
    kubernetes: Kubernetes
    """Control plane and nodes."""
    vault_lock: OneOf["governance", "compliance"] = "governance"
    """Lock mode of backups: `governance` lets privileged users shorten the retention, `compliance` nobody.
    `compliance` cannot be undone, not even by the cloud's support. By default `governance`, because the other cannot
    be taken back."""
    dns_zones: dict[Domain, Text] = Field(default_factory=dict)
    """Existing DNS zones by domain, each with the cloud's id. A domain in none of them gets its own zone, to which
    its owner delegates."""
    second_region: str | None = None
    """Region for copies."""
    monthly_budget: Dollars | None = None
    """Monthly budget of the cluster in US dollars; no budget without it."""
    billing_contacts: list[Email] = Field(default_factory=list)
    """Addresses notified at 50, 80 and 100 percent of a budget, in addition to the system's owner."""

    @property
    def not_evaluated(self) -> list[str]:
        """Return what the cluster uses and somebody else created, which no rule can judge."""
        parts = (self.network.not_evaluated, self.kubernetes.not_evaluated)
        return [*(part for part in parts if part), *super().not_evaluated]
