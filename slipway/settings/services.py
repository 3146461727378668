"""Services of a system, their environment and their secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from typing import Literal as OneOf

from pydantic import AfterValidator, Field

from slipway.settings.containers import Companion, Health, Init, Resources, Sidecar
from slipway.settings.egress import AnyEgress, Caller
from slipway.settings.fields import (
    Copies,
    Date,
    Duration,
    FewestCopies,
    Folder,
    Memory,
    Name,
    Port,
    PortName,
    RandomBytes,
    Repository,
    Seconds,
    SecretPath,
    Share,
    Text,
    UrlPath,
    UserId,
    Variable,
    distinct,
)
from slipway.settings.files import Files
from slipway.settings.grants import GRANTED, Grant
from slipway.settings.images import Image
from slipway.settings.placement import Placement, Priority
from slipway.settings.references import Environment, EnvironmentValue
from slipway.settings.routes import Route, TcpRoute, TlsRoute
from slipway.settings.setting import OVERRIDABLE, Choice, Setting, Shorthand, needs
from slipway.settings.triggers import Trigger
from slipway.settings.volumes import Volume

HTTP = "http"
"""Name of the port that `port` sets."""
SHARED = "shared"
"""In place of the name of a slot: a service that both slots use."""


class InSecret(Setting):
    """A value in a Kubernetes Secret of the cluster."""

    secret: SecretPath = Field(examples=["legacy/shop-env"])
    """Its namespace and name."""
    key: Text | None = None
    """The key in it; by default the name of the secret."""

    def key_of(self, name: str) -> str:
        """Return the key from which the secret `name` is read."""
        return self.key or name

    @property
    def place(self) -> str:
        return f"Secret {self.secret}{f', key {self.key}' if self.key else ''}"


class InStore(Setting):
    """A value in the cloud's store of secrets."""

    entry: Text = Field(examples=["shop/production"], json_schema_extra=needs("secrets"))
    """The entry, as the store of the cluster's cloud names it."""
    key: Text | None = None
    """The key, if the entry is a JSON object of several values; by default the entry is the value itself."""

    @property
    def place(self) -> str:
        return f"{self.entry}{f', key {self.key}' if self.key else ''}"


def _kind_of_origin(value: dict[str, Any]) -> type[Setting]:
    if ("secret" in value) == ("entry" in value):
        raise ValueError("must name one of secret, entry: where the value in use is")
    return InSecret if "secret" in value else InStore


def _no_origin(_: Any) -> Any:
    raise ValueError("is not a mapping such as {secret: legacy/shop-env, key: SESSION_SECRET}: never put a value here")


Origin = Annotated[
    InSecret | InStore,
    Choice(_kind_of_origin, _no_origin),
    Field(examples=[{"secret": "legacy/shop-env", "key": "SESSION_SECRET"}]),
]
"""`{secret: legacy/shop-env, key: SESSION_SECRET}`, or `{entry: shop/production, key: SESSION_SECRET}`."""


class Generated(Setting):
    """A random secret that Slipway generates and stores."""

    generated: RandomBytes
    """Random bytes: 24 or more for passwords, 32 for keys."""
    encoding: OneOf["base64", "hex"] = "base64"
    """How the bytes are written; base64 by default because it is shorter."""
    rotated: Date = Field(default="2026-01-01", json_schema_extra=OVERRIDABLE)
    """Date of the last rotation; a new date generates a new secret. By default a fixed day, so that nothing is rotated
    unless somebody wants it."""
    previous: Date | None = Field(default=None, json_schema_extra=OVERRIDABLE)
    """The `rotated` date of the previous secret, which services get as `<NAME>_PREVIOUS` until this key is removed."""
    existing: bool = Field(default=False, json_schema_extra=OVERRIDABLE)
    """Whether a secret is already in use, for old data and sessions. Its owner supplies it, and none is generated."""
    origin: Origin | None = Field(default=None, alias="from", json_schema_extra=OVERRIDABLE)
    """Where the value in use is, with `existing: true`: `slipway secrets import` copies it from there."""


class Supplied(Setting):
    """A secret issued by somebody else: Slipway creates the empty entry, the owner fills it."""

    supplied: Text
    """Who issues it and where to get it."""
    rotate_every: Duration = "90d"
    """Maximum age. 90d by default, as most standards ask."""
    origin: Origin | None = Field(default=None, alias="from", json_schema_extra=OVERRIDABLE)
    """Where its value is already, if somewhere: `slipway secrets import` copies it from there."""


def _kind_of_secret(value: dict[str, Any]) -> type[Setting]:
    if "generated" in value:
        return Generated
    if "supplied" in value:
        return Supplied
    raise ValueError("is not a secret: use one of generated, supplied")


def _no_secret(_: Any) -> Any:
    raise ValueError("is not a mapping: never put a secret's value here")


Secret = Annotated[
    Generated | Supplied,
    Choice(_kind_of_secret, _no_secret),
    Field(examples=[{"generated": 32}]),
]
"""`{generated: 32}`, or `{supplied: "the vendor's console"}`."""


EXISTING_ROTATION = "365d"
"""Maximum age of an existing secret that Slipway would otherwise generate."""


def supplied_by(secret: Secret) -> str | None:
    """Return who supplies it, or None if Slipway generates it."""
    found = f", in {secret.origin.place}" if secret.origin else ""
    if isinstance(secret, Supplied):
        return f"{secret.supplied}{found}"
    return f"The current operator: the value in use{found}" if secret.existing else None


def rotations(secrets: Mapping[str, Secret]) -> dict[str, str]:
    """Return the maximum age of each supplied secret: `{"CLERK_SECRET_KEY": "90d"}`."""
    return {
        name: secret.rotate_every if isinstance(secret, Supplied) else EXISTING_ROTATION
        for name, secret in secrets.items()
        if supplied_by(secret) is not None
    }


class Replicas(Setting):
    """Replicas; the autoscaler chooses between the bounds, unless their number is fixed."""

    fixed: Copies | None = Field(default=None, json_schema_extra=OVERRIDABLE, examples=[3])
    """Their number where no autoscaler may change it, such as that of members which know each other; `replicas: 3` is
    short for it. By default none, since fixed replicas neither follow the load nor save at night."""
    minimum: FewestCopies = Field(default=2, json_schema_extra=OVERRIDABLE)
    """Minimum replicas. Two by default, so that one can fail or be evicted. 0 is for workers with `triggers`, which start the
    first one."""
    maximum: Copies = Field(default=6, json_schema_extra=OVERRIDABLE)
    """Maximum replicas: a limit for the load on databases and for the bill. Three times the minimum by default."""
    cpu_percent: Share = Field(default=70, json_schema_extra=OVERRIDABLE)
    """Average CPU usage, relative to the request, that adds a replica. 70 by default, which leaves room until the new
    one is ready."""
    memory_percent: Share = Field(default=80, json_schema_extra=OVERRIDABLE)
    """Average memory usage, relative to the request, that adds a replica. 80 by default, because memory grows more
    slowly than load."""
    triggers: list[Trigger] = Field(default_factory=list, json_schema_extra=OVERRIDABLE, max_length=10)
    """What adds replicas besides CPU and memory: messages in a queue, a metric, hours. The one that asks for most decides.
    KEDA looks at them; none by default."""
    polling_interval: Duration = Field(default="30s", json_schema_extra=OVERRIDABLE)
    """How often `triggers` are looked at while there is no replica. 30s by default, as KEDA does: a shorter one is more
    requests to the queue."""
    cooldown_period: Duration = Field(default="5m", json_schema_extra=OVERRIDABLE)
    """How long no trigger must ask for a replica until the last one ends, where the minimum is 0. Five minutes by default,
    as KEDA does; longer than a message takes, because one that a program works on is not always counted."""

    @property
    def fewest(self) -> int:
        """Return the replicas that there always are."""
        return self.minimum if self.fixed is None else self.fixed

    @property
    def most(self) -> int:
        """Return the replicas that there are at the most."""
        return self.fixed or self.maximum


class Metrics(Setting):
    """The service's own metrics, in Prometheus' format."""

    path: UrlPath = "/metrics"
    """The path that Prometheus scrapes. By default the path that Prometheus' libraries use."""
    port: Port | None = None
    """By default the service's port."""


class Service(Setting):
    """One program of a system: a Deployment in each slot, or with `volumes` a StatefulSet."""

    image: Image
    """Repository in the cluster's registry, whose tag is the slot's version; or the image of others as `{repository: …,
    tag: …, digest: …}`."""
    port: Port | None = Field(default=None, examples=[3000])
    """Port that its container listens on; pods find it in PORT. Without it the service is a worker: nothing calls it, and
    `health` says how it is asked."""
    ports: dict[PortName, Port] = Field(default_factory=dict)
    """Further ports by name, such as `{admin: 8081}`, for all that may call the service; none by default. `routes`
    lead to `port`."""
    service_port: Port | None = None
    """Port of its Service in the cluster; by default the same."""
    protocol: OneOf["http", "grpc"] = "http"
    """What `port` speaks: `grpc` is HTTP/2 without TLS, as the gateway then calls it. By default HTTP/1.1."""
    health: Health = Field(default_factory=Health)
    """Its probes; by default `/health` on its port."""
    replicas: Annotated[Replicas, Shorthand("fixed", Copies)] = Field(
        default_factory=Replicas, json_schema_extra=OVERRIDABLE, examples=[3]
    )
    """Number of replicas; by default an autoscaler chooses 2 to 6. A number, such as `3`, is fixed."""
    singleton: Text | None = None
    """Why a slot must never run two of it, such as an exclusive lock. It then has one replica, without `replicas`, and an
    update stops it before it starts the next."""
    placement: Placement | None = None
    """What its pods ask of their nodes: an architecture, spot, GPUs, labels. By default nothing, so that they run on the
    nodes that every cluster has."""
    priority: Priority = Field(default="serving", json_schema_extra=OVERRIDABLE)
    """What goes first when a node is full: `data` is what other services wait for, such as a search engine, `serving` what
    answers visitors, and `background` can wait. By default `serving`."""
    live_only: bool = False
    """Whether it works unasked, such as a consumer of a queue or a scheduler. Where the controller releases, it then runs
    in the active slot only, and without an autoscaler: with `replicas.minimum` pods, or `replicas.fixed`. With
    `replicas.triggers` it has one there, which is paused in the other slot."""
    resources: Resources = Field(default_factory=Resources, json_schema_extra=OVERRIDABLE)
    """Requests and limits of one replica; by default a tenth of a core and 256Mi."""
    needs: list[Name] = Field(default_factory=list)
    """Services of the same slot that must be ready before this one starts; none by default. It is the order alone: what
    it may call is what its variables refer to, and `calls`."""
    calls: list[Name] = Field(default_factory=list)
    """Services of the same slot that it may call though no variable refers to them; none by default. Two may call each
    other, and its own name lets its replicas call each other."""
    environment: Environment = Field(default_factory=dict, json_schema_extra=OVERRIDABLE)
    """Its own variables, in addition to the system's."""
    build: Environment = Field(default_factory=dict, json_schema_extra=OVERRIDABLE)
    """Public settings for building its image, such as NEXT_PUBLIC_API_URL. Pods do not get them; the image's build
    reads them from the stack's outputs."""
    init: dict[Name, Init] = Field(default_factory=dict)
    """Programs that must end before its container starts, one after the other in this order; none by default. Each runs
    in every new pod, so it must be able to run again and beside itself; a change of data is a migration."""
    sidecars: dict[Name, Sidecar] = Field(default_factory=dict)
    """Programs that run beside its container, such as a proxy; none by default. They start before `init`."""
    routes: list[Route] = Field(default_factory=list)
    """Routes from outside; none by default, so that it is only reachable inside the cluster."""
    tls_routes: list[TlsRoute] = Field(default_factory=list)
    """Routes for TLS connections that it decrypts itself; none by default."""
    tcp_routes: list[TcpRoute] = Field(default_factory=list)
    """Routes for TCP connections, such as of MQTT; none by default."""
    egress: list[AnyEgress] = Field(default_factory=list)
    """What it calls outside its slot; other traffic is denied."""
    grants: Annotated[dict[Name, Grant], Field(max_length=20)] = Field(default_factory=dict, json_schema_extra=GRANTED)
    """Rights on resources of the cloud that others own, by a name of your choice; none by default. Buckets and secrets of
    the system need none. 20 at most."""
    callers: list[Caller] = Field(default_factory=list)
    """Other systems that may call it; none by default. They say so too, in their `egress`."""
    metrics: Metrics | None = None
    """Its own metrics for Prometheus; without it only the gateway's exist."""
    command: list[Text] = Field(default_factory=list)
    """Overrides the image's entry point."""
    args: list[Text] = Field(default_factory=list)
    """Arguments of the entry point, in place of the image's; by default the image's own."""
    post_start: list[Text] = Field(default_factory=list)
    """Command that runs in its container as soon as that has started, beside the program, such as one that fills a cache.
    Until it has ended the container is not ready; if it fails, Kubernetes restarts the container, so it must be able to
    run again. It must end within `health.startupSeconds`. None by default: what must come first is `init`."""
    pre_stop: list[Text] = Field(default_factory=list)
    """Command that runs before the program is told to stop. It takes the place of the 10 s that a pod waits for gateways to
    notice, so it must last as long where there is a `port`; its time counts towards `drainSeconds` and those 10 s. None
    by default."""
    writable: Annotated[list[Folder], AfterValidator(distinct)] = Field(default_factory=lambda: ["/tmp"])
    """Writable folders; the rest of its file system is read-only."""
    writable_size: Memory = Field(default="256Mi", json_schema_extra=OVERRIDABLE)
    """Most that each writable folder may contain, on the node's disk; a pod with more is evicted. 256Mi by default: room
    for temporary files, and not for a node's disk to be full."""
    volumes: dict[Name, Volume] = Field(default_factory=dict)
    """Persistent volumes by name; none by default. The service is then one pod, and an update stops it before it starts the
    next, because its disk has one user at a time."""
    slots: OneOf["shared", "own"] | None = None
    """Only with `volumes`. `shared`: one pod outside the slots, with the version of the active slot, updated in place and
    called by both. `own`: a pod and volumes in each slot, whose data stays behind in a release. By default `shared`, because
    visitors who change slots must find their data."""
    files: Files = Field(default_factory=dict)
    """Files by whole path: content, `{file: files/app.toml}` of the system's folder, or `{secret: TLS_KEY}`; none by
    default. A change restarts the pods."""
    user: UserId = 10001
    """User id that it runs as, never root. 10001 by default, above the ids that images use themselves."""
    drain_seconds: Seconds = 20
    """Seconds that a terminating pod keeps serving, until gateways have stopped sending requests; of a worker, the
    seconds in which it finishes its work. Then it is killed: with a `port` 10 s more are its termination grace period.
    20 by default, longer than the default requests take and than gateways need to notice."""

    @property
    def is_shared(self) -> bool:
        """Return whether it runs once, outside the slots."""
        return bool(self.volumes) and self.slots != "own"

    @property
    def runs_commands(self) -> bool:
        """Return whether commands run once in pods like its own: a volume has one pod at a time."""
        return not self.volumes

    def slot(self, slot: str) -> str:
        """Return in which slot the pods are that serve `slot`."""
        return SHARED if self.is_shared else slot

    @property
    def connections(self) -> list[TlsRoute | TcpRoute]:
        """Return its routes for connections of which the gateway reads no request."""
        return [*self.tls_routes, *self.tcp_routes]

    @property
    def is_routed(self) -> bool:
        """Return whether it is reached from outside."""
        return bool(self.routes or self.connections)

    @property
    def routed_ports(self) -> list[int]:
        """Return the ports of its container to which routes lead."""
        led = [*([HTTP] if self.routes else []), *(each.port or HTTP for each in self.connections)]
        return list(dict.fromkeys(self.exposed[name] for name in led))

    @property
    def companions(self) -> dict[str, Companion]:
        """Return the other containers of its pod in the order in which they start."""
        return {**self.sidecars, **self.init}

    @property
    def images(self) -> list[Image]:
        """Return the images of its containers, its own first."""
        return [self.image, *(each.image for each in self.companions.values() if each.image is not None)]

    @property
    def exposed(self) -> dict[str, int]:
        """Return the ports that other pods may call, by name."""
        return {**({HTTP: self.port} if self.port is not None else {}), **self.ports}

    @property
    def address_port(self) -> int:
        """Return the port of its Service in the cluster. Raises ValueError for a service without a port."""
        found = self.service_port or self.port
        if found is None:
            raise ValueError("a service without a port has no address")
        return found


class Site(Setting):
    """A static site, published per slot as an artefact."""

    artefact: Repository
    """Image that contains the built files and `cp`; the slot's version is the tag."""
    domain: Name
    """The key in `domains` of its host name."""
    folder: Folder = "/site"
    """Path of the files in the artefact. By default /site."""
    settings: dict[Variable, EnvironmentValue] = Field(default_factory=dict, json_schema_extra=OVERRIDABLE)
    """Public settings, served as /config.json."""
    schema_version: Text | None = None
    """Version of the data that the frontend expects; a change invalidates its caches."""
