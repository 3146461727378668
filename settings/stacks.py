"""Where systems run and at which version: the values of `Pulumi.<stack>.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from typing import Literal as OneOf

from pydantic import Field

from settings import regions
from settings.fields import (
    AwsAccount,
    AwsRole,
    Cidr,
    Count,
    Identifier,
    Known,
    KubernetesVersion,
    Percent,
    Positive,
    Text,
    Version,
    Zones,
)
from settings.setting import Setting
from settings.system import System

AwsRegion = Annotated[str, Known("a region of AWS", "us-east-1", regions.AWS)]
AzureRegion = Annotated[str, Known("a region of Azure", "eastus2", regions.AZURE)]


class Network(Setting):
    """The cluster's private network."""

    cidr: Cidr = "10.20.0.0/16"
    """Addresses of the network: /16 to /20, apart from every other network of the stack."""
    zones: Zones = 3
    """Availability zones to spread over."""
    nat: OneOf["shared", "zone"] = "shared"
    """One way out for all zones (cheaper), or one a zone (survives the loss of a zone)."""


class NodePool(Setting):
    """Machines that pods run on."""

    minimum: Count = 3
    """Fewest nodes: one a zone by default."""
    maximum: Count = 9
    """Most nodes: an upper bound of the bill."""
    cpu: Positive = 4
    """Cores a node."""
    memory: Positive = 16
    """GiB a node."""


class Kubernetes(Setting):
    """The cluster's control plane and nodes."""

    version: KubernetesVersion = "1.36"
    """Minor version of the control plane; by default the newest that both clouds offer."""
    api_allow: list[Cidr] = Field(min_length=1)
    """Networks that may reach the API server: offices, and the runner that deploys."""
    nodes: NodePool = Field(default_factory=NodePool)
    """The machines that pods run on."""
    log_retention_days: Positive = 90
    """Days that the control plane's logs are kept."""


class _Cluster(Setting):
    """What every cluster has."""

    tags: dict[str, Text] = Field(default_factory=dict)
    """Tags of every cloud resource, for bills and owners."""
    protect: bool = True
    """Whether Pulumi refuses to delete what holds data."""


class AwsCluster(_Cluster):
    """An EKS cluster with its network, in one region of AWS."""

    cloud: OneOf["aws"]
    """Always `aws`."""
    region: AwsRegion
    """The region that everything of the cluster and its systems stands in."""
    account: AwsAccount
    """Account that the stack may change; any other is refused by the provider."""
    network: Network = Field(default_factory=Network)
    """The cluster's private network."""
    kubernetes: Kubernetes
    """Control plane and nodes."""
    deployers: list[AwsRole] = Field(min_length=1)
    """Roles that administer the cluster: the one that runs `pulumi up` among them."""


class AzureCluster(_Cluster):
    """An AKS cluster with its network, in one region of Azure."""

    cloud: OneOf["azure"]
    """Always `azure`."""
    region: AzureRegion
    """The region that everything of the cluster and its systems stands in."""
    subscription: Identifier
    """Subscription that the stack may change."""
    tenant: Identifier
    """Entra tenant of its people and workloads."""
    network: Network = Field(default_factory=Network)
    """The cluster's private network."""
    kubernetes: Kubernetes
    """Control plane and nodes."""
    deployers: list[Identifier] = Field(min_length=1)
    """Object ids of the Entra groups or identities that administer the cluster: the one that runs `pulumi up` among
    them."""


class LocalCluster(_Cluster):
    """A Kubernetes cluster that exists already, named by the kubeconfig."""

    cloud: OneOf["local"]
    """Always `local`."""
    context: Text | None = None
    """Context of the kubeconfig; by default the current one."""
    registry: Text = "localhost:5000"
    """Where the cluster finds images."""
    storage_class: Text | None = None
    """Storage class of volumes; by default the cluster's own default."""


CLUSTERS: dict[str, type[AwsCluster] | type[AzureCluster] | type[LocalCluster]] = {
    "aws": AwsCluster,
    "azure": AzureCluster,
    "local": LocalCluster,
}
"""The kinds of cluster by their `cloud`."""


class Slot(Setting):
    """A whole copy of a system at one version."""

    version: Version | None = None
    """Image tag of every service. Without one the slot has its Services only."""
    weight: Percent | None = None
    """Share of visitors in percent; by default 100 for the active slot and 0 for the other."""


class Placement(Setting):
    """How a system stands in a stack."""

    active: OneOf["blue", "green"] = "blue"
    """The slot that a rollback returns to; it has the larger weight unless a release is open."""
    blue: Slot = Field(default_factory=Slot)
    """One copy of the system."""
    green: Slot = Field(default_factory=Slot)
    """The other copy: the next version while blue serves, and the other way round."""
    maintenance: bool = False
    """Whether users see the maintenance page."""
    attempt: Positive = 1
    """Raised to make a failed migration's backup and Job anew."""

    def slot(self, name: str) -> Slot:
        return self.blue if name == "blue" else self.green

    def weight(self, name: str) -> int:
        """Percent of visitors that slot `name` gets."""
        declared = self.slot(name).weight
        return declared if declared is not None else (100 if name == self.active else 0)


@dataclass(frozen=True)
class PlacedSystem:
    """A system as one cluster of one stack has it: the stack's overrides are merged into the definition."""

    name: str
    definition: System
    placement: Placement

    @property
    def namespace(self) -> str:
        return self.definition.namespace or self.name


@dataclass(frozen=True)
class PlacedCluster:
    """A cluster of a stack and what runs on it."""

    name: str
    settings: AwsCluster | AzureCluster | LocalCluster
    systems: Mapping[str, PlacedSystem]


@dataclass(frozen=True)
class Stack:
    """All that a stack says, checked."""

    name: str
    environment: str
    clusters: Mapping[str, PlacedCluster]
