"""The contract between the rest of the program and a cloud, which every cloud implements.

Arguments and facts are frozen values without resources. A value that has dependencies, or is used more than once, is a
protocol: `SecretStore`, `WorkloadIdentity`, `Site`, `Cloud` itself. The only resource among the values is the provider
in `ClusterAccess`, because it gives access to the cluster.

Every method takes options: their `parent` is the calling component, and objects that a cloud creates in the cluster
wait for their `depends_on`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import pulumi
import pulumi_kubernetes as kubernetes

from components.cluster.logs.manifests.snapshots import Snapshots
from components.manifests.environment import BucketFacts, QueueFacts
from components.manifests.network_policy import NetworkPeer
from components.manifests.placement import NodePools
from components.manifests.pod import Identity
from components.manifests.probes import Probe
from components.manifests.scope import Scope
from components.system.backups.manifests.rclone import Store
from slipway.settings.caches import Cache
from slipway.settings.cluster_services import ClusterServices
from slipway.settings.databases import Bucket, Database, Queue
from slipway.settings.grants import Grant as ResourceGrant
from slipway.settings.operations import Budget
from slipway.settings.queues import CloudQueue, QueueRight, Topic
from slipway.settings.scaled_services import cloud_queues
from slipway.settings.stacks import DeployedSystem
from slipway.settings.system import System


@dataclass(frozen=True, kw_only=True)
class Role:
    """A login of a database; the password is secret."""

    name: str
    password: pulumi.Output[str]


@dataclass(frozen=True, kw_only=True)
class Address:
    """Host and port of a server."""

    host: pulumi.Output[str]
    port: int = 5432


@dataclass(frozen=True, kw_only=True)
class NetworkPeers:
    """The peers that a network policy allows, so that pods reach a server: networks (CIDR), or pods of the same
    namespace."""

    networks: tuple[str, ...] = ()
    pods: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class DatabaseArgs:
    """A database that a system declares."""

    scope: Scope
    name: str
    settings: Database

    @property
    def system(self) -> str:
        return self.scope.system

    @property
    def logical(self) -> str:
        """Its resource name in Pulumi."""
        return self.scope.logical(self.name)


@dataclass(frozen=True, kw_only=True)
class PostgresEndpoint:
    """The endpoint of one database. Migrations, backups and advisory locks use `direct`, never a pooler.

    `admin` may create roles and is for the roles Job only; `owner` has DDL, `app` DML, `backup` reads, and `monitor`
    reads statistics and no data.
    """

    server: str
    """Name of the server in the cloud."""
    database: str
    direct: Address
    pooled: Address | None
    readers: tuple[Address, ...]
    admin: Role
    owner: Role
    app: Role
    backup: Role
    monitor: Role
    peers: NetworkPeers
    tls: str = "require"
    """PostgreSQL's `sslmode`."""


@dataclass(frozen=True, kw_only=True)
class DocumentDatabaseEndpoint:
    """The endpoint of a database with MongoDB's protocol; `app` reads, writes, and owns what it creates."""

    server: str
    """Name of the server in the cloud."""
    database: str
    address: Address
    app: Role
    options: str
    """Query string of the connection URL, such as `tls=true&replicaSet=rs0`."""
    peers: NetworkPeers


@dataclass(frozen=True, kw_only=True)
class BrokerArgs:
    """A message broker with managed hosting."""

    scope: Scope
    name: str
    settings: Queue


@dataclass(frozen=True, kw_only=True)
class BrokerEndpoint:
    """The endpoint of a managed broker, over TLS, and the login of services in the form that RabbitMQ's operator uses:
    `connection_string` and its parts."""

    server: str
    port: int
    peers: NetworkPeers
    login: Mapping[str, pulumi.Input[str]]


@dataclass(frozen=True, kw_only=True)
class CacheArgs:
    """The server of a cache, for one slot or for both; `callers` are the labels of the pods that may connect."""

    scope: Scope
    name: str
    settings: Cache
    callers: Sequence[Mapping[str, str]]

    @property
    def logical(self) -> str:
        """Its resource name in Pulumi."""
        return self.scope.logical(self.name)


@dataclass(frozen=True, kw_only=True)
class CacheEndpoint:
    """The endpoint of a cache, over TLS alone, and the password of the user `default`."""

    server: str
    """Name of the server in the cloud."""
    address: Address
    password: pulumi.Output[str]
    peers: NetworkPeers
    authority: str | None = None
    """Secret whose `ca.crt` verifies the server's certificate; None if a public authority signed it."""
    exporter: Mapping[str, str] | None = None
    """Labels of the pods from whose port `metrics` Prometheus reads its figures; None if the cloud watches it itself."""


@dataclass(frozen=True, kw_only=True)
class QueuesArgs:
    """The queues and topics of a system, by name."""

    scope: Scope
    source: str
    """Where the system declares them."""
    queues: Mapping[str, CloudQueue]
    topics: Mapping[str, Topic]

    @property
    def logical(self) -> str:
        """Their resource name in Pulumi."""
        return self.scope.logical("queues")


def watched_by_cloud(definition: System) -> bool:
    """Returns whether a system has what its cloud alone has figures of."""
    return bool(definition.queues or definition.caches)


@dataclass(frozen=True, kw_only=True)
class AlarmsArgs:
    """What a cloud watches of a system itself, because no Prometheus can ask it: queues and servers of caches, by name.
    Caches in the cluster have an exporter instead."""

    scope: Scope
    source: str
    contacts: Sequence[str]
    """Email addresses to notify."""
    queues: Mapping[str, CloudQueue]
    caches: Mapping[str, Cache]

    @property
    def logical(self) -> str:
        """Their resource name in Pulumi."""
        return self.scope.logical("alarms")


@dataclass(frozen=True, kw_only=True)
class QueuesFacts:
    """What services know of queues and topics, by name."""

    queues: Mapping[str, QueueFacts] = field(default_factory=dict)
    topics: Mapping[str, QueueFacts] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class QueueScalingArgs:
    """The queues of a system by which KEDA scales its services, by name."""

    scope: Scope
    source: str
    """Where the system declares them."""
    reader: tuple[str, str]
    """Namespace and service account of KEDA's operator."""
    queues: Mapping[str, QueueFacts]

    @property
    def logical(self) -> str:
        """Their resource name in Pulumi."""
        return self.scope.logical("scaling")


@dataclass(frozen=True, kw_only=True)
class QueueTrigger:
    """How a trigger of KEDA finds a queue; its thresholds are under other keys of the metadata in each type."""

    type: str
    metadata: Mapping[str, str]
    threshold: str
    activation: str


@dataclass(frozen=True, kw_only=True)
class QueueScalingFacts:
    """Triggers by the name of the queue, and the identity by which KEDA counts messages."""

    triggers: Mapping[str, QueueTrigger] = field(default_factory=dict)
    identity: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """`podIdentity` of a TriggerAuthentication."""


@dataclass(frozen=True, kw_only=True)
class BucketArgs:
    """A bucket that a system declares or, like the bucket of backups, that follows from another setting: `source`."""

    system: str
    name: str
    settings: Bucket
    source: str
    locked_days: int | None = None
    """Days during which nobody can delete or overwrite a file."""


@dataclass(frozen=True, kw_only=True)
class SecretStoreArgs:
    """The secret store of one system; only its namespace receives them as Secrets."""

    scope: Scope
    source: str
    rotations: Mapping[str, str] = field(default_factory=dict)
    """Maximum age of each supplied secret, such as `90d`."""


class SecretStore(Protocol):
    """Each method creates one Secret in the system's namespace and returns the resource to depend on."""

    def put(
        self, name: str, source: str, values: Mapping[str, pulumi.Input[str]], parent: pulumi.Resource
    ) -> pulumi.Resource:
        """Creates the Secret `name` with `values`, which are secret outputs or plain text."""
        ...

    def declare(self, name: str, source: str, keys: Sequence[str], parent: pulumi.Resource) -> pulumi.Resource:
        """Creates the Secret `name`, whose `keys` their owner fills with `slipway secrets set`."""
        ...

    def declare_login(self, name: str, source: str, key: str, parent: pulumi.Resource) -> pulumi.Resource:
        """Creates the Secret `name` with which nodes pull images; its owner fills `key` in the same way."""
        ...

    def declare_client_secret(self, name: str, source: str, key: str, parent: pulumi.Resource) -> pulumi.Resource:
        """Creates the Secret `name` with which the gateway logs visitors in; its owner fills `key` in the same way."""
        ...


@dataclass(frozen=True, kw_only=True)
class UseBucket:
    """Permission to list, read, write and delete the files of a bucket, or only those below `prefix`."""

    bucket: BucketFacts
    prefix: str = ""


@dataclass(frozen=True, kw_only=True)
class WriteBackups:
    """Permission to add and read files in a bucket of backups, but not to delete them."""

    bucket: BucketFacts


@dataclass(frozen=True, kw_only=True)
class UseResource:
    """Permission to do on a resource of others what a system declares; `name` is the declaration's."""

    name: str
    settings: ResourceGrant


@dataclass(frozen=True, kw_only=True)
class UseQueue:
    """Permission to send to a queue of the system, to receive from it, or both."""

    name: str
    """Its name in the system."""
    queue: QueueFacts
    may: Sequence[QueueRight]


@dataclass(frozen=True, kw_only=True)
class UseTopic:
    """Permission to send to a topic of the system."""

    name: str
    topic: QueueFacts


Grant = UseBucket | WriteBackups | UseResource | UseQueue | UseTopic


@dataclass(frozen=True, kw_only=True)
class IdentityArgs:
    """The permissions of the pods of service account `name` in the cloud."""

    scope: Scope
    name: str
    source: str
    grants: Sequence[Grant]


@dataclass(frozen=True, kw_only=True)
class IdentityFacts:
    """How pods use an identity: the `annotations` of their service account and the settings in `pod`, which are the
    same for every grant."""

    annotations: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    pod: Identity = field(default_factory=Identity)
    peers: Sequence[NetworkPeer] = ()
    """Peers that pods call to use the identity and its grants."""


class WorkloadIdentity(Protocol):
    """An identity of pods, and its resources to depend on."""

    @property
    def facts(self) -> IdentityFacts: ...

    @property
    def bindings(self) -> Sequence[pulumi.Resource]:
        """The resources that bind the identity to its pods. A controller depends on these alone, because zones add
        grants later."""
        ...

    @property
    def grants(self) -> Sequence[pulumi.Resource]:
        """The resources that the pods of a system wait for: the bindings and all grants."""
        ...


@dataclass(frozen=True, kw_only=True)
class NoIdentity:
    """The identity if nothing is granted, or if the cloud has no identities."""

    facts: IdentityFacts = field(default_factory=IdentityFacts)
    bindings: Sequence[pulumi.Resource] = ()
    grants: Sequence[pulumi.Resource] = ()


@dataclass(frozen=True, kw_only=True)
class ZoneArgs:
    """A DNS zone of a system: the domain and everything below it."""

    system: str
    domain: str
    source: str


@dataclass(frozen=True, kw_only=True)
class ZoneFacts:
    """`servers` are the name servers to which the domain's owner delegates; None if the cloud has no DNS."""

    domain: str
    name: str = ""
    """The zone's own name: `domain`, or the name of an existing zone that contains it."""
    group: pulumi.Input[str] | None = None
    """The zone's resource group, on clouds that have them."""
    id: pulumi.Output[str] | None = None
    servers: pulumi.Output[Sequence[str]] | None = None


@dataclass(frozen=True, kw_only=True)
class SiteArgs:
    """A static frontend by slot: its system's settings, and the zones that may contain its domain.

    Slots with a version are published from the artefact before visitors reach them; `/config.json` comes from the
    ConfigMap named like the slot's.
    """

    scope: Scope
    deployed: DeployedSystem
    name: str
    stack: str
    registry: str
    buckets: Mapping[str, BucketFacts]
    zones: Sequence[ZoneFacts]
    bypass_digest: pulumi.Input[str] = ""
    """SHA-256 of the bypass token by which smoke tests choose a slot."""
    released: bool = False
    """Whether the controller of releases moves visitors, at the cloud's edge too."""


@dataclass(frozen=True, kw_only=True)
class SiteFacts:
    """`services` are the Services of each slot that a gateway splits visitors over; empty if the cloud splits them."""

    services: Mapping[str, str] = field(default_factory=dict)
    port: int = 80
    store: str | None = None
    """The key-value store with the state of the edge, if the cloud splits visitors."""


class Site(Protocol):
    """A static frontend in two steps: it can be closed before anything behind it changes, and is published after the
    services that it calls."""

    facts: SiteFacts
    closed: Sequence[pulumi.Resource]
    """Resources that block visitors at the cloud's edge during maintenance; empty if the gateway blocks them."""

    def publish(self, depends_on: Sequence[pulumi.Resource]) -> pulumi.Resource:
        """Publishes the site after `depends_on`; returns the resource to depend on."""
        ...


@dataclass(frozen=True, kw_only=True)
class FailoverArgs:
    """Public host names of a system that must survive the loss of its region. `origin.<domain>` is this cluster's own
    name of each; it answers its probe while the region is available, also during maintenance."""

    system: str
    probes: Mapping[str, Probe]
    """The probe of each host."""
    zones: Sequence[ZoneFacts]
    source: str


@dataclass(frozen=True, kw_only=True)
class FailoverFacts:
    """Annotations for external-dns on the routes of each domain."""

    annotations: Mapping[str, Mapping[str, pulumi.Input[str]]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class BudgetArgs:
    """The monthly budget of a system; `contacts` are notified at 50, 80 and 100 percent."""

    system: str
    settings: Budget
    contacts: Sequence[str]


class Cloud(Protocol):
    """The interface of a cloud to its systems."""

    @property
    def controllers(self) -> Mapping[str, WorkloadIdentity]:
        """Identities of `external-dns` and `cert-manager`, if the cloud has DNS, of `releases`, if that is installed, and of
        `keda`, if a cloud gives it one for all systems."""
        ...

    def postgres(self, args: DatabaseArgs, opts: pulumi.ResourceOptions) -> PostgresEndpoint: ...

    def document_database(self, args: DatabaseArgs, opts: pulumi.ResourceOptions) -> DocumentDatabaseEndpoint: ...

    def broker(self, args: BrokerArgs, opts: pulumi.ResourceOptions) -> BrokerEndpoint: ...

    def cache(self, args: CacheArgs, opts: pulumi.ResourceOptions) -> CacheEndpoint: ...

    def queues(self, args: QueuesArgs, opts: pulumi.ResourceOptions) -> QueuesFacts: ...

    def queue_scaling(self, args: QueueScalingArgs, opts: pulumi.ResourceOptions) -> QueueScalingFacts: ...

    def bucket(self, args: BucketArgs, opts: pulumi.ResourceOptions) -> BucketFacts: ...

    def store(self, bucket: BucketFacts) -> Store:
        """Returns rclone's settings for the bucket."""
        ...

    def snapshots(self, bucket: BucketFacts) -> Snapshots | None:
        """Returns Elasticsearch's settings for the bucket; None if it would need a key to use it."""
        ...

    def secret_store(self, args: SecretStoreArgs, opts: pulumi.ResourceOptions) -> SecretStore: ...

    def identity(self, args: IdentityArgs, opts: pulumi.ResourceOptions) -> WorkloadIdentity: ...

    def zone(self, args: ZoneArgs, opts: pulumi.ResourceOptions) -> ZoneFacts: ...

    def site(self, args: SiteArgs, opts: pulumi.ResourceOptions) -> Site: ...

    def fail_over(self, args: FailoverArgs, opts: pulumi.ResourceOptions) -> FailoverFacts: ...

    def budget(self, args: BudgetArgs, opts: pulumi.ResourceOptions) -> None: ...

    def alarms(self, args: AlarmsArgs, opts: pulumi.ResourceOptions) -> None: ...


def record_writers(services: ClusterServices) -> dict[str, tuple[str, str]]:
    """Returns namespace and service account of the controllers that write DNS records and that somebody runs and needs,
    by the names of their identities."""
    homes = services.homes
    found = {"external-dns": homes.dns if homes.gateway is not None else None, "cert-manager": homes.certificates}
    return {name: (home.namespace, home.account or name) for name, home in found.items() if home is not None}


KEDA_ACCOUNT = "keda-operator"
"""Service account of KEDA's operator, in its chart and where a cloud runs it. Source: values.yaml of kedacore/charts."""


def queue_reader(services: ClusterServices, systems: Iterable[System]) -> tuple[str, str] | None:
    """Returns namespace and service account of KEDA's operator if somebody runs it and a system scales by a queue of the
    cloud."""
    home = services.homes.scaling
    if home is None or not any(cloud_queues(each) for each in systems):
        return None
    return home.namespace, home.account or KEDA_ACCOUNT


@dataclass(frozen=True, kw_only=True)
class ControllersFacts:
    """Cloud-specific settings of the controllers in a cluster."""

    dns: Mapping[str, Any] | None = None
    """Values of external-dns' chart; None without DNS."""
    dns_elsewhere: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Values of further releases of external-dns by zone name, for existing zones that the first one does not read."""
    solvers: Sequence[Mapping[str, Any]] = ()
    """DNS-01 solvers of cert-manager's issuer, which prove control of a domain."""
    load_balancer: Mapping[str, str] = field(default_factory=dict)
    """Annotations of the gateway's Service."""
    load_balancer_class: str | None = None
    keeps_secrets: bool = True
    """Whether a store outside the cluster contains the secrets, which External Secrets then copies into it."""
    engines_inside: frozenset[str] = frozenset()
    """Database engines that an operator runs in the cluster."""
    measures_pods: bool = True
    """Whether the cloud's cluster provides the pod metrics that autoscalers read; otherwise a metrics server is
    installed."""
    scales_pods: bool = False
    """Whether the cloud runs KEDA as part of its cluster; otherwise its chart is installed."""
    keda: Mapping[str, Any] = field(default_factory=dict)
    """Values of KEDA's chart by which its operator uses identities of the cloud."""
    storage_class: str | None = None
    """Storage class of volumes; by default the cluster's default."""


@dataclass(frozen=True, kw_only=True)
class ClusterAccess:
    """The access to a cluster's API. Resources created with `provider` wait until the deployer has access."""

    provider: kubernetes.Provider
    server: pulumi.Output[str]
    """Address of the API server."""
    kubeconfig: pulumi.Input[str] | None = None
    context: str | None = None


def _untagged(source: str, **more: str) -> dict[str, str]:
    return {}


@dataclass(frozen=True, kw_only=True)
class CloudPlace:
    """Where a cluster is in its cloud, for what a stack adds by a module of its own."""

    cloud: str
    region: str | None = None
    account: str | None = None
    provider: pulumi.ProviderResource | None = None
    tagged: Callable[..., Mapping[str, str]] = _untagged
    """Returns the tags of a resource by its source."""


@dataclass(frozen=True, kw_only=True)
class ClusterFacts:
    """All facts that a system needs about its cluster."""

    name: str
    """Name in the stack."""
    cluster_name: str
    """Name in the cloud, or what begins the names of all that is created for a cluster that exists."""
    prefix: str = "slipway"
    """What begins the names of the stack's clusters in the cloud."""
    stack: str
    environment: str
    """The environment whose rules hold."""
    access: ClusterAccess
    cloud: Cloud
    registry: str
    """Images are `<registry>/<repository>:<version>`."""
    services: ClusterServices = field(default_factory=ClusterServices)
    """The stack's settings of gateway, metrics and logs."""
    controllers: ControllersFacts = field(default_factory=ControllersFacts)
    volume_class: str | None = None
    """StorageClass of services' volumes, whose disks are encrypted and can grow; None for the cluster's default, of which
    only its owner knows."""
    node_pools: NodePools = field(default_factory=NodePools)
    """Nodes for services whose placement asks for them."""
    billing_contacts: tuple[str, ...] = ()
    """Email addresses notified of budgets, in addition to a system's owner."""
    protect: bool = True
    """Whether resources with data have Pulumi's protect option."""
    nodes: int = 10
    """Most nodes of the cluster, each with a pod of every DaemonSet. Chosen, where the stack does not say."""
    place: CloudPlace = field(default_factory=lambda: CloudPlace(cloud="local"))
    """Where it is in its cloud."""
    own_environment: str = ""
    """Name of the environment, if it has one of its own."""
    immutable_images: Sequence[str] = ()
    """Repositories of images whose tags nobody can move, with the registry."""
    exported: Mapping[str, Any] = field(default_factory=dict)
    """What the cloud decided of it and systems in other stacks need, without secrets."""
    exported_access: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """Address and certificate authority of its API server, for the same stacks."""
