"""Settings that all clusters share, whatever their cloud."""

from __future__ import annotations

from typing import Literal as OneOf

from pydantic import Field

from slipway.settings.cluster_services import ClusterServices
from slipway.settings.fields import Cidr, Copies, Domain, Email, KubernetesVersion, Positive, Tag, TagKey, Text, Zones
from slipway.settings.setting import Setting


class Network(Setting):
    """The cluster's private network."""

    cidr: Cidr = "10.20.0.0/16"
    """Address range of the network: /16 to /20, without overlap with other networks of the stack."""
    second_cidr: Cidr | None = None
    """Address range of the network for replicas in the second region: /16 to /20, without overlap."""
    zones: Zones = 3
    """Number of availability zones."""
    nat: OneOf["shared", "zone"] = "shared"
    """One NAT gateway for all zones (cheaper), or one per zone (survives the loss of a zone)."""


class NodePool(Setting):
    """Nodes of the cluster."""

    minimum: Copies = 3
    """Minimum nodes; by default one per zone."""
    maximum: Copies = 9
    """Maximum nodes: a limit for the bill."""
    cpu: Positive = 4
    """Cores per node."""
    memory: Positive = 16
    """GiB of memory per node."""


class Kubernetes(Setting):
    """The cluster's control plane and nodes."""

    version: KubernetesVersion = "1.36"
    """Minor version of Kubernetes; by default the newest that both clouds offer."""
    authorized_networks: list[Cidr] = Field(min_length=1)
    """Networks that may reach the API server: offices and deployment runners."""
    nodes: NodePool = Field(default_factory=NodePool)
    """Nodes of the cluster."""
    log_retention_days: Positive = 90
    """Retention of the control plane's logs, in days."""


class ClusterSettings(ClusterServices):
    """Settings of every cluster."""

    cloud: str
    """The cloud."""
    tags: dict[TagKey, Tag] = Field(default_factory=dict, max_length=40)
    """Tags of every cloud resource, for cost allocation."""
    protect: bool = True
    """Whether resources with data have Pulumi's protect option."""


class ManagedCluster(ClusterSettings):
    """Settings of every cluster on a public cloud."""

    network: Network = Field(default_factory=Network)
    """The cluster's private network."""
    kubernetes: Kubernetes
    """Control plane and nodes."""
    vault_lock: OneOf["governance", "compliance"] = "governance"
    """Lock mode of backups: `governance` lets privileged users shorten the retention, `compliance` nobody.
    `compliance` cannot be undone, not even by the cloud's support."""
    dns_zones: dict[Domain, Text] = Field(default_factory=dict)
    """Existing DNS zones by domain, each with the cloud's id. A domain in none of them gets its own zone, to which
    its owner delegates."""
    second_region: str | None = None
    """Region for copies."""
    monthly_budget: Positive | None = None
    """Monthly budget of the cluster in US dollars; no budget without it."""
    billing_contacts: list[Email] = Field(default_factory=list)
    """Addresses notified at 50, 80 and 100 percent of a budget, in addition to the system's owner."""
