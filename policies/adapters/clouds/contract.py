"""The contract between rules and a cloud: one `Cloud` in each cloud's folder, so that rules need no cloud's types.

A rule on resources that every cloud has reads a table, such as `databases`. A cloud checks resources that only it has:
`rules` adds these checks to a rule by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from adapters.cluster_objects import Match
from adapters.image_names import Image
from adapters.openings import Opening
from adapters.safeguards import Safeguard
from framework import Absence, Property, Resource, Settings, Verdict

Evaluation = Callable[[Resource, Settings, Verdict], None]
Together = Callable[[Sequence[Resource], Settings, Verdict], None]
Problem = tuple[Property, str]
"""A property and its problem; the text is empty if the property is unknown and decides."""
Group = tuple[str, ...]
"""Logs of which one is enough."""
OF_CLUSTER = "kubernetes.logRetentionDays"
"""The cluster's setting for the retention of its cloud's logs."""


def nothing(*_: object) -> Iterator[Problem]:
    """Return no problems."""
    return iter(())


def each_of(listing: Property) -> Iterator[Property]:
    """Yield the elements of a list, or the list itself if it is unknown."""
    yield from [listing] if listing.unknown else listing.elements()


def listed(listing: Property) -> Iterator[Property]:
    """Yield the elements of a list, or the value itself if it is not a list."""
    yield from listing.elements() if listing.listing or listing.missing else [listing]


def missing(_: Resource) -> Property:
    """Return a missing property, for types without one."""
    return Property(Absence.MISSING)


def guarded(*safeguards: Safeguard) -> Evaluation:
    """Create a check of settings alone."""

    def evaluate(resource: Resource, _settings: Settings, verdict: Verdict) -> None:
        for each in safeguards:
            each.evaluate(resource, verdict)

    return evaluate


def several(*evaluations: Together) -> Together:
    """Combine several checks."""

    def evaluate(resources: Sequence[Resource], settings: Settings, verdict: Verdict) -> None:
        for each in evaluations:
            each(resources, settings, verdict)

    return evaluate


@dataclass(frozen=True, kw_only=True)
class Part:
    """A cloud's additions to a rule."""

    clauses: tuple[str, ...] = ()
    """The rule's clauses on this cloud."""
    alone: Mapping[str, Evaluation] = field(default_factory=dict)
    """Checks of one resource, by type; for a rule on one resource."""
    types: Collection[str] = ()
    """Types of resources for `together`; for a rule on the stack."""
    together: Together | None = None


def parts(
    clauses: Mapping[str, tuple[str, ...]],
    alone: Mapping[str, Mapping[str, Evaluation]],
    together: Mapping[str, tuple[Collection[str], Together | None]],
) -> Mapping[str, Part]:
    """Return a cloud's additions by rule."""
    found = {}
    for rule in {*clauses, *alone, *together}:
        types, evaluate = together.get(rule, ((), None))
        found[rule] = Part(clauses=clauses.get(rule, ()), alone=alone.get(rule, {}), types=types, together=evaluate)
    return found


@dataclass(frozen=True, kw_only=True)
class Database:
    """The properties of a database type, and of its backups."""

    retention: Callable[[Resource], Property]
    """Retention of backups in days, as a whole number."""
    copy: Callable[[Resource], Property] = missing
    """Set if it is a replica; backups are made of its source."""
    longest: int | None = 35
    """Maximum days of its own backups, if a vault of the cloud retains them longer."""
    copied: Safeguard | None = None
    """Setting that copies its backups to a second region; None if only a vault does."""
    kept: tuple[Safeguard, ...] = ()
    """Settings that protect it from deletion, and its data after one; empty if the cloud has locks."""
    private: Safeguard | None = None
    """Setting that keeps it off the internet; None if it can never be public."""


@dataclass(frozen=True)
class Lock:
    """The properties of a deletion lock."""

    scope: str
    """Property with the id of the locked resource."""
    level: str
    safe: tuple[str, ...]


Vaults = Callable[[Resource], Iterable[tuple[Property, Property]]]
"""Returns the region of a database and of each vault with a copy of its backups."""
Tests = Callable[[Resource], Iterable[tuple[Match, Property]]]
"""Returns whether each test restores a database, with the deciding property."""


class Purpose(Enum):
    """The purpose of a schedule."""

    BACKUP = "backupHours"
    COPY = "copyHours"
    """Copies stored backups."""
    TEST = "testHours"


@dataclass(frozen=True)
class Schedules:
    """The schedules of backups, copies or tests of a type; the most frequent one counts."""

    of: Callable[[Resource], list[Property]]
    purpose: Purpose = Purpose.BACKUP


@dataclass(frozen=True)
class Place:
    """A location of data."""

    region: Property
    key: str = ""
    """The setting of the location, if it is a copy."""


Places = Callable[[Resource, Mapping[str, Resource]], Iterator[Place]]
"""Returns the locations of a resource's data, given the stack's providers by URN."""


@dataclass(frozen=True, kw_only=True)
class Rights:
    """The permissions that a type of resource grants."""

    wildcards: Callable[[Resource], Iterator[Problem]] = nothing
    """Permissions for everything."""
    escalations: Callable[[Resource], Iterator[Problem]] = nothing
    """Permissions that allow privilege escalation."""
    trust: Callable[[Resource, Collection[str]], Iterator[Problem]] = nothing
    """Trusted strangers; the second argument has the known accounts."""
    seen_later: bool = False
    """Whether it is built from unknown outputs, so that only the update can check it."""


@dataclass(frozen=True)
class AuthSetting:
    """The setting by which a type of service disables its own accounts or keys."""

    setting: Callable[[Resource], Property]
    closed: object
    """Its value when they are disabled."""
    closed_by_default: bool = False


@dataclass(frozen=True)
class Firewall:
    """The properties with the first and the last address of a database's firewall rule."""

    first: tuple[str, ...] = ("startIpAddress",)
    last: tuple[str, ...] = ("endIpAddress",)


@dataclass(frozen=True)
class RuleGroup:
    """The properties by which separate rules refer to their group."""

    id: str
    """Property of the group."""
    rules: Mapping[str, str]
    """Property of each type of rule."""


@dataclass(frozen=True)
class IngressListeners:
    """The listeners of a load balancer that is created for an Ingress."""

    ports: Sequence[Property]
    plain: bool
    """Whether one of them serves plain HTTP."""


def _no_listeners(_: Property) -> IngressListeners | None:
    return None


def _no_account(*_: str) -> str | None:
    return None


@dataclass(frozen=True)
class Budget:
    """The amount, scope and contacts of a budget type."""

    amount: Callable[[Resource], Property]
    """In US dollars."""
    period: Callable[[Resource], Property]
    """Period of the amount."""
    system: Callable[[Resource], Property]
    """The budget's system; missing if it applies to all."""
    notifies: Callable[[Resource], Property]
    """Set if it notifies somebody of actual spending."""


@dataclass(frozen=True)
class LogStore:
    """The retention of a log store type."""

    retentions: Callable[[Resource], Iterator[Property]]
    setting: str
    """The setting, as users know it."""
    key: str = ""
    """Its key below the resource's cluster."""


@dataclass(frozen=True)
class Exports:
    """Logs that a resource exports itself."""

    property: str
    needed: tuple[Group, ...]


@dataclass(frozen=True)
class Carrier:
    """Another resource that exports a resource's logs."""

    type: str
    link: str
    """Property with the id of the resource whose logs it exports."""
    sent: Callable[[Resource], list[Property]]
    """Names of the exported logs."""
    needed: tuple[Group, ...]


@dataclass(frozen=True)
class Registry:
    """The tag mutability of a registry type, or of a repository in one."""

    name: Callable[[Resource], str]
    """Its name; empty if unknown."""
    name_of: Callable[[Image], str]
    """Its name if it contained the image; empty if it cannot."""
    mutability: Callable[[Resource], Property]
    """`IMMUTABLE` if tags never move."""


@dataclass(frozen=True, kw_only=True)
class Provider:
    """The allowed settings of the cloud's provider."""

    identity: tuple[str, ...]
    """Required settings, which bind it to one account."""
    others: tuple[str, ...]
    """Other allowed settings."""
    settings: Mapping[str, str]
    """The cluster's setting that each key must equal."""


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """A cloud for rules. It does not have what it omits."""

    name: str
    """The value of a cluster's key `cloud`."""
    package: str
    """The package of its Pulumi provider, which prefixes its types."""
    provider: Provider
    rules: Mapping[str, Part] = field(default_factory=dict)
    """Its additions to rules, by name."""

    # Data
    databases: Mapping[str, Database] = field(default_factory=dict)
    instances: Mapping[str, Safeguard] = field(default_factory=dict)
    """Settings that keep individual servers of a cluster, caches and queues off the internet."""
    firewalls: Mapping[str, Firewall] = field(default_factory=dict)
    watched: tuple[str, ...] = ()
    """PostgreSQL servers that Prometheus monitors."""
    locks: Mapping[str, Lock] = field(default_factory=dict)
    vault_types: tuple[str, ...] = ()
    """Types that `vaults` reads."""
    vaults: Callable[[Sequence[Resource]], Vaults] | None = None
    test_types: tuple[str, ...] = ()
    """Types that `tests` reads."""
    tests: Callable[[Sequence[Resource]], Tests] | None = None
    schedules: Mapping[str, Schedules] = field(default_factory=dict)
    guards: Mapping[str, Sequence[Safeguard]] = field(default_factory=dict)
    """Settings that protect data."""
    kept_days: Mapping[str, Sequence[tuple[tuple[str, ...], int]]] = field(default_factory=dict)
    """Minimum retention in days; an unset one has the cloud's default, which is not shorter."""
    protected: tuple[str, ...] = ()
    """Types that need Pulumi's `protect`."""
    holds_data: tuple[str, ...] = ()
    """Further types that lose data when replaced."""
    places: Mapping[str, Places] = field(default_factory=dict)
    provisioners: Mapping[str, Safeguard] = field(default_factory=dict)
    """Required settings of provisioners that do not encrypt by default."""
    disk_classes: tuple[str, ...] = ()
    """StorageClasses that its clusters have from the start, whose disks it encrypts."""

    # People, programs and network access
    rights: Mapping[str, Rights] = field(default_factory=dict)
    reached: Mapping[str, Callable[[Resource], Iterator[tuple[Property, str]]]] = field(default_factory=dict)
    """The accounts in which a type of resource gives rights, each with its property; empty text for many."""
    account: str = ""
    """The provider's setting with its own account."""
    account_of: Callable[[str, str], str | None] = _no_account
    """Returns the account of the role that a value of a Kubernetes object names, by its key and text; empty if the text
    names no account, None if it is no role."""
    identity_keys: Mapping[str, str] = field(default_factory=dict)
    """Annotations and variables that name an identity by an id, which tells no account, with the output of identities that it equals."""
    identities: tuple[str, ...] = ()
    """Types of those identities."""
    clusters: tuple[str, ...] = ()
    """Managed clusters, whose pods use cloud identities."""
    key_variables: str = ""
    """Pattern of variables with the cloud's keys."""
    auth: Mapping[str, Sequence[AuthSetting]] = field(default_factory=dict)
    logins: tuple[str, ...] = ()
    """Keys and passwords of users, whose mere presence is a violation."""
    own_objects: tuple[str, ...] = ()
    """Objects in Kubernetes' own namespaces that tell the cloud's part of a cluster what to do: `kube-system/name`."""
    metadata: tuple[str, ...] = ()
    """Further addresses of its metadata service than that which all clouds have."""
    ingress: Mapping[str, Callable[[Resource], Iterator[Opening]]] = field(default_factory=dict)
    rule_groups: Mapping[str, RuleGroup] = field(default_factory=dict)
    """Firewalls with separate rules, by type."""
    internal: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Annotations, with values, that make Services and gateways internal."""
    source_ranges: tuple[str, ...] = ()
    """Annotations with a load balancer's allowed sources."""
    ingress_listeners: Callable[[Property], IngressListeners | None] = _no_listeners
    """Returns the load balancer that annotations of an Ingress describe."""

    # Secrets
    secret_values: tuple[str, ...] = ()
    """Types that store secrets."""
    secret_entries: tuple[str, ...] = ()
    """Entries that people fill, unless a resource of `filled_by` does."""
    filled_by: tuple[str, ...] = ()
    rotated_after: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The setting, in days, of types that rotate secrets."""

    # Costs, logs, images, routes
    budgets: Mapping[str, Budget] = field(default_factory=dict)
    taggable: frozenset[str] = frozenset()
    """Types with a mapping `tags`."""
    tag_name: Callable[[str], str] = str
    """Converts a tag's name to the cloud's form."""
    log_stores: Mapping[str, LogStore] = field(default_factory=dict)
    exports: Mapping[str, Exports] = field(default_factory=dict)
    carriers: Mapping[str, Carrier] = field(default_factory=dict)
    registries: Mapping[str, Registry] = field(default_factory=dict)
    shares: Mapping[str, Callable[[Resource], Iterator[Sequence[Property]]]] = field(default_factory=dict)
    """How an edge splits visitors between slots."""
    spot_nodes: Mapping[str, str] = field(default_factory=dict)
    """Labels and taints of nodes that the cloud may take back, by key."""
    ignorable: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Inputs that other tools manage, so that Pulumi may ignore them."""
