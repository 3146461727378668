"""Where systems run and at which version: the values of `Pulumi.<stack>.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from typing import Literal as OneOf

from pydantic import Field

from settings import regions
from settings.cluster_services import RECEIVERS, Certificates, ClusterServices
from settings.fields import (
    AwsAccount,
    AwsRole,
    BucketName,
    Cidr,
    Count,
    Date,
    Digest,
    Domain,
    Email,
    Identifier,
    Known,
    KubernetesVersion,
    Name,
    Percent,
    Positive,
    Sha256,
    StorageContainer,
    Text,
    Url,
    Version,
    Zones,
)
from settings.services import Supplied
from settings.setting import Setting
from settings.system import System

AwsRegion = Annotated[str, Known("a region of AWS", "us-east-1", regions.AWS)]
AzureRegion = Annotated[str, Known("a region of Azure", "eastus2", regions.AZURE)]


class Network(Setting):
    """The cluster's private network."""

    cidr: Cidr = "10.20.0.0/16"
    """Addresses of the network: /16 to /20, apart from every other network of the stack."""
    second_cidr: Cidr | None = None
    """Addresses of the network that copies stand in, in the second region: as large, and apart from every other."""
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


class _Cluster(ClusterServices):
    """What every cluster has."""

    tags: dict[str, Text] = Field(default_factory=dict)
    """Tags of every cloud resource, for bills and owners."""
    protect: bool = True
    """Whether Pulumi refuses to delete what holds data."""


class _Managed(_Cluster):
    """What every cluster on a public cloud has."""

    network: Network = Field(default_factory=Network)
    """The cluster's private network."""
    kubernetes: Kubernetes
    """Control plane and nodes."""
    vault_lock: OneOf["governance", "compliance"] = "governance"
    """Who may shorten the life of a backup: the few with that right, or, once and for all, nobody. `compliance` cannot
    be undone, not by the cloud's support either."""
    dns_zones: dict[Domain, Text] = Field(default_factory=dict)
    """Zones that exist already, by domain, with the cloud's id of each. A domain in none of them gets a zone of its
    own, which its owner delegates to."""
    monthly_budget: Positive | None = None
    """US dollars a month for everything in the cluster; no limit without it."""
    billing_contacts: list[Email] = Field(default_factory=list)
    """Who hears when a budget is used up by half, by 80 percent and in full, besides the system's owner."""


class AwsCluster(_Managed):
    """An EKS cluster with its network, in one region of AWS."""

    cloud: OneOf["aws"]
    """Always `aws`."""
    region: AwsRegion
    """The region that everything of the cluster and its systems stands in."""
    account: AwsAccount
    """Account that the stack may change; any other is refused by the provider."""
    second_region: AwsRegion | None = None
    """Where copies of backups, secrets and buckets go, and read replicas that can take over; none without it."""
    state_bucket: BucketName | None = None
    """The bucket of Pulumi's state, which is backed up with the databases."""
    deployers: list[AwsRole] = Field(min_length=1)
    """Roles that administer the cluster: the one that runs `pulumi up` among them."""


class AzureCluster(_Managed):
    """An AKS cluster with its network, in one region of Azure."""

    cloud: OneOf["azure"]
    """Always `azure`."""
    region: AzureRegion
    """The region that everything of the cluster and its systems stands in."""
    subscription: Identifier
    """Subscription that the stack may change."""
    tenant: Identifier
    """Entra tenant of its people and workloads."""
    second_region: AzureRegion | None = None
    """Where copies of buckets go, and read replicas that can take over; none without it. Copies of backups and secrets
    go to the region that Azure pairs with this one."""
    state_container: StorageContainer | None = None
    """The container of Pulumi's state, which is backed up with the databases."""
    budgets_from: Date | None = None
    """First day of the month in which budgets are first made: Azure makes none for a month that is past."""
    front_door: bool = False
    """Whether static sites stand behind Azure Front Door. A change of it takes up to 45 minutes: no lever of a
    release."""
    deployers: list[Identifier] = Field(min_length=1)
    """Object ids of the Entra groups or identities that administer the cluster: the one that runs `pulumi up` among
    them."""


class LocalCluster(_Cluster):
    """A Kubernetes cluster that exists already, named by the kubeconfig."""

    cloud: OneOf["local"]
    """Always `local`."""
    certificates: Certificates = Field(default_factory=lambda: Certificates(issuer="self-signed"))
    """Who signs the certificates of domains: here the cluster itself, for nobody outside could check a domain."""
    context: Text | None = None
    """Context of the kubeconfig; by default the current one."""
    registry: Text = "localhost:5000"
    """Where the cluster finds images."""
    storage_class: Text | None = None
    """Storage class of volumes; by default the cluster's own default."""
    postgres: OneOf["operator", "pod"] = "operator"
    """CloudNativePG, or for tests one plain pod: no standby, no backups but dumps."""
    object_store: Url | None = None
    """Address of the S3-compatible store that keeps buckets and backups, which network policies open. Address and keys
    are supplied in the Secret `object-store` of each namespace."""


CLUSTERS: dict[str, type[AwsCluster] | type[AzureCluster] | type[LocalCluster]] = {
    "aws": AwsCluster,
    "azure": AzureCluster,
    "local": LocalCluster,
}
"""The kinds of cluster by their `cloud`."""


class Artefact(Setting):
    """The built files of one version of a static site."""

    digest: Digest | None = None
    """Digest that its image must have; by default the registry's tag of the slot's version is taken at its word."""
    archive: Url | None = None
    """A tar.gz in place of an image, for frontends that are built elsewhere."""
    sha256: Sha256 | None = None
    """Digest that the archive must have."""


class Slot(Setting):
    """A whole copy of a system at one version."""

    version: Version | None = None
    """Image tag of every service. Without one the slot has its Services only."""
    weight: Percent | None = None
    """Share of visitors in percent; by default 100 for the active slot and 0 for the other."""
    artefacts: dict[Name, Artefact] = Field(default_factory=dict)
    """What static sites of this version are made from, by site, where it is not just the image with the slot's
    version."""


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


MONITORING = "monitoring"
"""Namespace of what evaluates and sends alerts."""


@dataclass(frozen=True)
class PlacedCluster:
    """A cluster of a stack and what runs on it."""

    name: str
    settings: AwsCluster | AzureCluster | LocalCluster
    systems: Mapping[str, PlacedSystem]

    @property
    def monitoring(self) -> PlacedSystem:
        """What stands for the receivers of alerts where secrets are kept, `monitoring-main`: no services, but the secrets
        that receivers need which are switched on."""
        alerting = self.settings.monitoring.alerting
        secrets = {
            name: Supplied(supplied=issuer, rotate_every="365d")
            for name, (setting, issuer) in RECEIVERS.items()
            if getattr(alerting, setting)
        }
        definition = System.model_construct(title="Monitoring", namespace=MONITORING, secrets=secrets)
        return PlacedSystem(f"{MONITORING}-{self.name}", definition, Placement())


@dataclass(frozen=True)
class Stack:
    """All that a stack says, checked."""

    name: str
    environment: str
    clusters: Mapping[str, PlacedCluster]
