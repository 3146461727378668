"""Services of a system, their environment and their secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from typing import Literal as OneOf

from pydantic import AfterValidator, Field

from slipway.settings.fields import (
    Copies,
    Cpu,
    Date,
    Domain,
    Duration,
    Folder,
    Literal,
    Memory,
    Name,
    Port,
    PortName,
    Positive,
    RandomBytes,
    Repository,
    RoutePath,
    Share,
    Text,
    UrlPath,
    Variable,
    Version,
    distinct,
    number_as_text,
    printable,
)
from slipway.settings.images import Image
from slipway.settings.limits import most
from slipway.settings.problems import nearest_word
from slipway.settings.setting import OVERRIDABLE, Choice, Setting
from slipway.settings.versions import reaches

HTTP = "http"
"""Name of the port that `port` sets."""
LONGEST_VARIABLE = 128 + len("=")
"""Bytes reserved for name and `=` of a variable. Chosen: longer than any name."""


class FromSecret(Setting):
    """A value that only the pod sees."""

    secret: Variable
    """A key of the system's `secrets`."""


class FromDatabase(Setting):
    """Address and login of a database, for the application's role; `url` contains all of it."""

    database: str
    """A key of the system's `databases`."""
    field: OneOf["url", "host", "port", "name", "user", "password"] = "url"
    """Which part of the login; by default the whole URL, which most libraries accept."""


class FromQueue(Setting):
    """The address of the system's broker, with user and password."""

    queue: OneOf["url"]
    """Always `url`: user, password, host and virtual host."""


class FromBucket(Setting):
    """A bucket's name, or its region."""

    bucket: Name
    """A key of the system's `buckets`."""
    field: OneOf["name", "region"] = "name"
    """By default the name, because most clients find the region themselves."""


class FromDomain(Setting):
    """`https://` and one of the system's domains."""

    domain: Name
    """A key of the system's `domains`."""
    path: UrlPath | None = None
    """Appended to the address, such as `/api`."""


class FromService(Setting):
    """The address of another service of the same slot."""

    service: Name
    """A key of the system's `services`; the address is its Service in the same slot."""
    form: OneOf["url", "host", "address", "port"] = Field(default="url", alias="as")
    """`url` is `http://host:port`, `address` is `host:port`, which clients of gRPC and TCP take; by default the URL."""
    port: PortName | None = None
    """One of the service's `ports`, such as `admin`; by default its `port`."""


class FromSlot(Setting):
    """The running release: `version` or the slot's `name`."""

    slot: OneOf["version", "name"]
    """`version` is the image tag, `name` is blue or green."""


class FromFlag(Setting):
    """`true` or `false`: whether a feature flag is enabled."""

    flag: Name
    """A key of the system's `flags`."""


class FromVersion(Setting):
    """A value that depends on the slot's version."""

    since: dict[Version, Literal] = Field(min_length=1)
    """Values by the first version that uses them, such as `{1.0.0: a, 1.4.0: b}`: 1.5.2 has b."""

    def at(self, version: str) -> str | None:
        """Return the value of the newest entry that `version` reaches; none if all entries are newer."""
        found: str | None = None
        for first in self.since:
            if reaches(version, first) and (found is None or reaches(first, found)):
                found = first
        return None if found is None else self.since[found]


class Plain(Setting):
    """Text that looks like a secret but is public."""

    plain: Literal
    """The public value."""
    reason: Text
    """For people: why it is public; required if the name or the form looks like a secret."""


_REFERENCES: dict[str, type[Setting]] = {
    "plain": Plain,
    "secret": FromSecret,
    "database": FromDatabase,
    "queue": FromQueue,
    "bucket": FromBucket,
    "domain": FromDomain,
    "service": FromService,
    "slot": FromSlot,
    "flag": FromFlag,
    "since": FromVersion,
}


def _reference(value: dict[str, Any]) -> type[Setting]:
    for key, reference in _REFERENCES.items():
        if key in value:
            return reference
    near = next((word for key in value if (word := nearest_word(key, _REFERENCES))), None)
    hint = f"; did you mean '{near}'?" if near else ""
    raise ValueError(f"is not a reference: use one of {', '.join(_REFERENCES)}{hint}")


def _text(value: Any) -> str:
    value = number_as_text(value)
    if not isinstance(value, str):
        raise ValueError("is not a string or a reference such as {secret: JWT_SECRET}")
    if len(value.encode(errors="surrogatepass")) > most("environment variable") - LONGEST_VARIABLE:
        raise ValueError("is longer than an environment variable can be: put it into a file of the image")
    return printable(value)


EnvironmentValue = Annotated[
    Literal
    | Plain
    | FromSecret
    | FromDatabase
    | FromQueue
    | FromBucket
    | FromDomain
    | FromService
    | FromSlot
    | FromFlag
    | FromVersion,
    Choice(_reference, _text),
]
"""Text, or a reference to something that the system has: `{secret: JWT_SECRET}`, `{database: fleet_db}`, …"""

Environment = dict[Variable, EnvironmentValue]


class Generated(Setting):
    """A random secret that Slipway generates and stores."""

    generated: RandomBytes
    """Random bytes: 24 or more for passwords, 32 for keys."""
    encoding: OneOf["base64", "hex"] = "base64"
    """How the bytes are written; base64 by default because it is shorter."""
    rotated: Date = Field(default="2026-01-01", json_schema_extra=OVERRIDABLE)
    """Date of the last rotation; a new date generates a new secret."""
    previous: Date | None = Field(default=None, json_schema_extra=OVERRIDABLE)
    """The `rotated` date of the previous secret, which services get as `<NAME>_PREVIOUS` until this key is removed."""
    existing: bool = Field(default=False, json_schema_extra=OVERRIDABLE)
    """Whether a secret is already in use, for old data and sessions. Its owner supplies it, and none is generated."""


class Supplied(Setting):
    """A secret issued by somebody else: Slipway creates the empty entry, the owner fills it."""

    supplied: Text
    """Who issues it and where to get it."""
    rotate_every: Duration = "90d"
    """Maximum age."""


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
    if isinstance(secret, Supplied):
        return secret.supplied
    return "The current operator: the value in use" if secret.existing else None


def rotations(secrets: Mapping[str, Secret]) -> dict[str, str]:
    """Return the maximum age of each supplied secret: `{"CLERK_SECRET_KEY": "90d"}`."""
    return {
        name: secret.rotate_every if isinstance(secret, Supplied) else EXISTING_ROTATION
        for name, secret in secrets.items()
        if supplied_by(secret) is not None
    }


class Timing(Setting):
    """When a probe asks, and what its answers come to."""

    delay_seconds: Positive | None = None
    """Seconds after the start of the container before the first question; by default none, because the start-up probe
    waits for the program."""
    period_seconds: Positive | None = None
    """Seconds between two questions; by default 5, and 10 for liveness."""
    timeout_seconds: Positive | None = None
    """Seconds for an answer; by default 3, since a probe asks for little."""
    failures: Positive | None = None
    """Failures in a row that count; by default 3 for readiness, 6 for liveness, and for start-up as many as fit into
    `startupSeconds`."""


class Health(Setting):
    """Health checks of a pod."""

    by: OneOf["http", "grpc", "tcp", "exec", "none"] = "http"
    """How it is asked: a path over HTTP, gRPC's health service, a connection, a command in the container, or not at all,
    with a `reason`. By default over HTTP."""
    path: UrlPath = "/health"
    """Path that returns 200 while the process works (liveness); for `http` only."""
    ready_path: UrlPath | None = None
    """Path that returns 200 while it can serve (readiness); by default the same."""
    port: Port | None = None
    """Port that is asked; by default the service's `port`."""
    command: list[Text] = Field(default_factory=list)
    """Command that ends with status 0 while the program works; for `exec` only, and required there."""
    reason: Text | None = None
    """Why nothing can be asked, such as that the program ends when it cannot work; required for `none`. Kubernetes then
    restarts what ends, and nothing else."""
    startup_seconds: Positive = 120
    """Maximum start-up time in seconds."""
    startup: Timing = Field(default_factory=Timing)
    """The start-up probe, before which the others do not ask."""
    readiness: Timing = Field(default_factory=Timing)
    """The readiness probe, without which a pod gets no requests."""
    liveness: Timing = Field(default_factory=Timing)
    """The liveness probe, without which a container is restarted."""


class Replicas(Setting):
    """Replicas; the autoscaler chooses between the bounds."""

    minimum: Copies = Field(default=2, json_schema_extra=OVERRIDABLE)
    """Minimum replicas. Two by default, so that one can fail or be evicted."""
    maximum: Copies = Field(default=6, json_schema_extra=OVERRIDABLE)
    """Maximum replicas: a limit for the load on databases and for the bill. Three times the minimum by default."""
    cpu_percent: Share = Field(default=70, json_schema_extra=OVERRIDABLE)
    """Average CPU usage, relative to the request, that adds a replica."""
    memory_percent: Share = Field(default=80, json_schema_extra=OVERRIDABLE)
    """Average memory usage, relative to the request, that adds a replica."""


class Resources(Setting):
    """Requests and limits of one replica."""

    cpu: Cpu = Field(default="100m", json_schema_extra=OVERRIDABLE)
    """CPU request; the base of `cpuPercent`."""
    memory: Memory = Field(default="256Mi", json_schema_extra=OVERRIDABLE)
    """Memory request; the base of `memoryPercent`."""
    cpu_limit: Cpu = Field(default="1", json_schema_extra=OVERRIDABLE)
    """CPU limit."""
    memory_limit: Memory = Field(default="512Mi", json_schema_extra=OVERRIDABLE)
    """Memory limit; a pod above it is killed and restarted."""


class Route(Setting):
    """A route from outside to a service."""

    domain: Name
    """A key of the system's `domains`."""
    path: RoutePath = "/"
    """Path prefix of the requests."""
    stream: bool = False
    """Whether requests and responses may be long: WebSockets, server-sent events, gRPC, large files. Only
    `gateway.idleTimeout` applies, and there are no retries."""
    maximum_body: Memory | None = None
    """Maximum size of a request; by default `gateway.maximumBody`."""


class Egress(Setting):
    """A service outside the cluster that this one calls."""

    host: Text
    """For people: host name; network policies open the port to the internet, not to private networks."""
    port: Port = 443
    """By default 443."""


class Metrics(Setting):
    """The service's own metrics, in Prometheus' format."""

    path: UrlPath = "/metrics"
    """The path that Prometheus scrapes."""
    port: Port | None = None
    """By default the service's port."""


class Service(Setting):
    """One program of a system: a Deployment in each slot."""

    image: Image
    """Repository in the cluster's registry, whose tag is the slot's version; or the image of others as `{repository: …,
    tag: …, digest: …}`."""
    port: Port | None = Field(default=None, examples=[3000])
    """Port that its container listens on; pods find it in PORT. Without it the service is a worker: nothing calls it, and
    `health` says how it is asked."""
    ports: dict[PortName, Port] = Field(default_factory=dict)
    """Further ports by name, such as `{admin: 8081}`, that those who need the service may call; none by default. Routes
    lead to `port`."""
    service_port: Port | None = None
    """Port of its Service in the cluster; by default the same."""
    health: Health = Field(default_factory=Health)
    """Its probes; by default `/health` on its port."""
    replicas: Replicas = Field(default_factory=Replicas, json_schema_extra=OVERRIDABLE)
    """Number of replicas; by default 2 to 6."""
    singleton: Text | None = None
    """Why a slot must never run two of it, such as an exclusive lock. It then has one replica, without `replicas`, and an
    update stops it before it starts the next."""
    live_only: bool = False
    """Whether it works unasked, such as a consumer of a queue or a scheduler. Where the controller releases, it then runs
    in the active slot only, and without an autoscaler: with `replicas.minimum` pods."""
    resources: Resources = Field(default_factory=Resources, json_schema_extra=OVERRIDABLE)
    """Requests and limits of one replica; by default a tenth of a core and 256Mi."""
    needs: list[Name] = Field(default_factory=list)
    """Services of the same slot that must be ready before this one starts, and that it may call."""
    environment: Environment = Field(default_factory=dict, json_schema_extra=OVERRIDABLE)
    """Its own variables, in addition to the system's."""
    build: Environment = Field(default_factory=dict, json_schema_extra=OVERRIDABLE)
    """Public settings for building its image, such as NEXT_PUBLIC_API_URL. Pods do not get them; the image's build
    reads them from the stack's outputs."""
    routes: list[Route] = Field(default_factory=list)
    """Routes from outside; none by default, so that it is only reachable inside the cluster."""
    egress: list[Egress] = Field(default_factory=list)
    """Outside services that it calls; other traffic is denied."""
    metrics: Metrics | None = None
    """Its own metrics for Prometheus; without it only the gateway's exist."""
    command: list[Text] = Field(default_factory=list)
    """Overrides the image's entry point."""
    args: list[Text] = Field(default_factory=list)
    """Arguments of the entry point, in place of the image's; by default the image's own."""
    pre_stop: list[Text] = Field(default_factory=list)
    """Command that runs before the program is told to stop. It takes the place of the 10 s that a pod waits for gateways to
    notice, so it must last as long where there is a `port`; its time counts towards `drainSeconds` and those 10 s. None
    by default."""
    writable: Annotated[list[Folder], AfterValidator(distinct)] = Field(default_factory=lambda: ["/tmp"])
    """Writable folders; the rest of its file system is read-only."""
    user: Positive = 10001
    """User id that it runs as, never root."""
    drain_seconds: Positive = 20
    """Seconds that a terminating pod keeps serving, until gateways have stopped sending requests; of a worker, the seconds
    in which it finishes its work. Then it is killed: with a `port` 10 s more are its termination grace period."""

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
    """Path of the files in the artefact."""
    settings: dict[Variable, EnvironmentValue] = Field(default_factory=dict, json_schema_extra=OVERRIDABLE)
    """Public settings, served as /config.json."""
    schema_version: Text | None = None
    """Version of the data that the frontend expects; a change invalidates its caches."""


Domains = dict[Name, Domain]
