"""What the rest of the program may ask of a cloud, and what every cloud answers: frozen values, no resources.

Only the providers are handles: they are the way to the cluster and to the cloud.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import pulumi
import pulumi_kubernetes as kubernetes

from builders.dumps.store import Store
from builders.environment import BucketFacts
from builders.network_policy import Target
from builders.pod import Identity
from builders.scope import Scope
from settings.cluster_services import ClusterServices
from settings.databases import Bucket, Database, Queue
from settings.operations import Budget
from settings.stacks import PlacedSystem


@dataclass(frozen=True, kw_only=True)
class Role:
    """A login of a database; the password is secret."""

    name: str
    password: pulumi.Output[str]


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where a server listens."""

    host: pulumi.Output[str]
    port: int = 5432


@dataclass(frozen=True, kw_only=True)
class Reach:
    """What a network policy opens so that pods reach a server: networks (CIDR), or pods of the same namespace."""

    networks: tuple[str, ...] = ()
    pods: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class DatabaseArgs:
    """A database that a system asks for. What stands in its namespace, on clouds that keep databases in the cluster,
    waits for `ready`."""

    scope: Scope
    name: str
    settings: Database
    ready: Sequence[pulumi.Resource] = ()

    @property
    def system(self) -> str:
        return self.scope.system


@dataclass(frozen=True, kw_only=True)
class PostgresEndpoint:
    """One database. Migrations, backups and advisory locks use `direct`, never a pooler.

    `admin` may create roles and is for the bootstrap Job only; `owner` has DDL, `app` DML, `backup` reads, and `monitor`
    sees statistics and no data.
    """

    server: str
    """The cloud's name of it."""
    database: str
    direct: Address
    pooled: Address | None
    readers: tuple[Address, ...]
    admin: Role
    owner: Role
    app: Role
    backup: Role
    monitor: Role
    reach: Reach
    tls: str = "require"
    """PostgreSQL's `sslmode`."""


@dataclass(frozen=True, kw_only=True)
class DocumentsEndpoint:
    """A database that speaks MongoDB's protocol; `app` reads and writes, and owns what it makes."""

    server: str
    """The cloud's name of it."""
    database: str
    address: Address
    app: Role
    options: str
    """The query of its address, such as `tls=true&replicaSet=rs0`."""
    reach: Reach


@dataclass(frozen=True, kw_only=True)
class BrokerArgs:
    """A message broker that the cloud is to run. Its login becomes the Secret `secret` with `connection_string`."""

    scope: Scope
    name: str
    settings: Queue
    secret: str
    store: SecretStore
    ready: Sequence[pulumi.Resource] = ()


@dataclass(frozen=True, kw_only=True)
class BrokerEndpoint:
    """Where a broker that the cloud runs listens, over TLS. It depends on `made` to be there."""

    server: str
    port: int
    reach: Reach
    made: pulumi.Resource


@dataclass(frozen=True, kw_only=True)
class BucketArgs:
    """A bucket that a system asks for, by its setting or, as that of backups, because of another one: `source`."""

    system: str
    name: str
    settings: Bucket
    source: str
    locked_days: int | None = None
    """Days in which nobody can delete or overwrite a file."""


@dataclass(frozen=True, kw_only=True)
class SecretStoreArgs:
    """Where a system's secrets are kept; its namespace gets them as Secrets, no other does."""

    scope: Scope
    source: str
    ready: Sequence[pulumi.Resource] = ()
    rotations: Mapping[str, str] = field(default_factory=dict)
    """How old each secret that others supply may become, such as `90d`."""


class SecretStore(Protocol):
    """Each call makes one Secret in the system's namespace, and returns what waits for it has to depend on."""

    def keep(
        self, name: str, source: str, values: Mapping[str, pulumi.Input[str]], parent: pulumi.Resource
    ) -> pulumi.Resource:
        """The Secret `name` with `values`, which are secret outputs or plain text beside them."""
        ...

    def expect(self, name: str, source: str, keys: Sequence[str], parent: pulumi.Resource) -> pulumi.Resource:
        """The Secret `name` whose `keys` their owner fills with `slipway secrets set`."""
        ...


@dataclass(frozen=True, kw_only=True)
class UseBucket:
    """To list, read, write and delete the files of a bucket, those below `prefix` when there is one."""

    bucket: BucketFacts
    prefix: str = ""


@dataclass(frozen=True, kw_only=True)
class WriteBackups:
    """To add and read files of a bucket of backups; never to delete one."""

    bucket: BucketFacts


Grant = UseBucket | WriteBackups


@dataclass(frozen=True, kw_only=True)
class IdentityArgs:
    """What the pods of the service account `name` may do in the cloud."""

    scope: Scope
    name: str
    source: str
    grants: Sequence[Grant]


@dataclass(frozen=True, kw_only=True)
class IdentityFacts:
    """How pods take on an identity: by `annotations` of their service account, and by what `pod` says."""

    annotations: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    pod: Identity = field(default_factory=Identity)
    targets: Sequence[Target] = ()
    """What pods call to take it on, and to use what it grants."""
    trusted: Sequence[pulumi.Resource] = ()
    """By which pods have the identity, whatever it grants."""
    made: Sequence[pulumi.Resource] = ()
    """What pods with this identity wait for: all of that, and the grants."""


@dataclass(frozen=True, kw_only=True)
class ZoneArgs:
    """A DNS zone of a system's own: the domain and everything below it."""

    system: str
    domain: str
    source: str


@dataclass(frozen=True, kw_only=True)
class ZoneFacts:
    """`servers` are the name servers that the domain's owner delegates to; none where the cloud has no DNS."""

    domain: str
    id: pulumi.Output[str] | None = None
    servers: pulumi.Output[Sequence[str]] | None = None


@dataclass(frozen=True, kw_only=True)
class SiteArgs:
    """A static frontend by slot: what its system says of it, and the zones that its domain may lie in.

    Slots that have a version are published from the artefact before they may be visited; they find `/config.json` in
    the ConfigMap named like the slot's. Everything waits for `ready`.
    """

    scope: Scope
    placed: PlacedSystem
    name: str
    stack: str
    registry: str
    buckets: Mapping[str, BucketFacts]
    zones: Sequence[ZoneFacts]
    pass_digest: pulumi.Input[str] = ""
    """SHA-256 of the secret by which smoke tests choose a slot."""
    ready: Sequence[pulumi.Resource] = ()


@dataclass(frozen=True, kw_only=True)
class SiteFacts:
    """`services` are the Services of each slot that a gateway splits visitors over; empty where the cloud does."""

    services: Mapping[str, str] = field(default_factory=dict)
    port: int = 80


@dataclass(frozen=True, kw_only=True)
class FailoverArgs:
    """Public host names of a system that promises to work again after its region is lost. `origin.<domain>` is this
    cluster's own name of each, and answers on `path` while the region is there."""

    system: str
    domains: Mapping[str, str]
    """Host names by what they serve."""
    path: str
    zones: Sequence[ZoneFacts]
    source: str


@dataclass(frozen=True, kw_only=True)
class FailoverFacts:
    """What external-dns has to be told of each domain, as annotations of its route."""

    annotations: Mapping[str, Mapping[str, pulumi.Input[str]]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class BudgetArgs:
    """What a system may cost a month; `contacts` hear of it at 50, 80 and 100 percent."""

    system: str
    settings: Budget
    contacts: Sequence[str]


class Cloud(Protocol):
    """What a system may ask of the cloud that it stands on. `parent` is the component that asks."""

    def postgres(self, args: DatabaseArgs, parent: pulumi.Resource) -> PostgresEndpoint: ...

    def documents(self, args: DatabaseArgs, parent: pulumi.Resource) -> DocumentsEndpoint: ...

    def broker(self, args: BrokerArgs, parent: pulumi.Resource) -> BrokerEndpoint: ...

    def bucket(self, args: BucketArgs, parent: pulumi.Resource) -> BucketFacts: ...

    def store(self, bucket: BucketFacts) -> Store:
        """The bucket as programs of pods find it."""
        ...

    def secret_store(self, args: SecretStoreArgs, parent: pulumi.Resource) -> SecretStore: ...

    def identity(self, args: IdentityArgs, parent: pulumi.Resource) -> IdentityFacts: ...

    def zone(self, args: ZoneArgs, parent: pulumi.Resource) -> ZoneFacts: ...

    def site(self, args: SiteArgs, parent: pulumi.Resource) -> SiteFacts: ...

    def fail_over(self, args: FailoverArgs, parent: pulumi.Resource) -> FailoverFacts: ...

    def budget(self, args: BudgetArgs, parent: pulumi.Resource) -> None: ...


@dataclass(frozen=True, kw_only=True)
class ControllersFacts:
    """How what runs in a cluster finds its cloud."""

    identities: Mapping[str, IdentityFacts] = field(default_factory=dict)
    """Of `external-dns` and `cert-manager`, where the cloud has DNS."""
    dns: Mapping[str, Any] | None = None
    """Values of external-dns' chart; none without DNS."""
    solvers: Sequence[Mapping[str, Any]] = ()
    """How cert-manager proves that a domain is the stack's: DNS-01 solvers of its issuer."""
    load_balancer: Mapping[str, str] = field(default_factory=dict)
    """Annotations of the gateway's Service."""
    load_balancer_class: str | None = None
    keeps_secrets: bool = True
    """Whether secrets are kept outside the cluster, from where External Secrets brings them in."""
    engines_inside: frozenset[str] = frozenset()
    """Kinds of databases that stand in the cluster, looked after by an operator."""
    measures_pods: bool = True
    """Whether the cloud's cluster knows what pods use, which autoscalers ask; otherwise a metrics server is installed."""
    storage_class: str | None = None
    """Of volumes; by default the cluster's own default."""


@dataclass(frozen=True, kw_only=True)
class ClusterAccess:
    """The way to a cluster's API. Whatever is made with `provider` waits until the deployer has access."""

    provider: kubernetes.Provider
    server: pulumi.Output[str]
    """Address of the API server."""
    kubeconfig: pulumi.Input[str] | None = None
    context: str | None = None


@dataclass(frozen=True, kw_only=True)
class ClusterFacts:
    """All that a system needs to know of the cluster that it stands on."""

    name: str
    """Name in the stack."""
    cluster_name: str
    """Name in the cloud."""
    stack: str
    environment: str
    access: ClusterAccess
    cloud: Cloud
    registry: str
    """Images are `<registry>/<repository>:<version>`."""
    services: ClusterServices = field(default_factory=ClusterServices)
    """What the stack says of gateway, metrics and logs."""
    controllers: ControllersFacts = field(default_factory=ControllersFacts)
    billing_contacts: tuple[str, ...] = ()
    """Who hears of budgets, besides a system's owner."""
