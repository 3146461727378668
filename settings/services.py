"""What a system runs: services, their environment, their secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from typing import Literal as OneOf

from pydantic import Field

from settings.fields import (
    Count,
    Cpu,
    Date,
    Domain,
    Duration,
    Literal,
    Memory,
    Name,
    Percent,
    Port,
    Positive,
    Repository,
    Text,
    UrlPath,
    Variable,
    number_as_text,
)
from settings.problems import nearest_word
from settings.setting import OVERRIDABLE, Choice, Setting


class FromSecret(Setting):
    """A value that only the pod sees."""

    secret: Variable
    """A key of the system's `secrets`."""


class FromDatabase(Setting):
    """Where a database is and how to log in to it, as the application's role: `url` holds all of it."""

    database: str
    """A key of the system's `databases`."""
    part: OneOf["url", "host", "port", "name", "user", "password"] = "url"
    """Which part of the login; by default the whole address, since most libraries take that."""


class FromQueue(Setting):
    """The address of the system's broker, with user and password."""

    queue: OneOf["url"]
    """Always `url`: user, password, host and virtual host in one address."""


class FromBucket(Setting):
    """A bucket's name, or its region."""

    bucket: Name
    """A key of the system's `buckets`."""
    part: OneOf["name", "region"] = "name"
    """By default the name, since clients find the region by themselves on most clouds."""


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


class FromSlot(Setting):
    """What runs: `version` or the slot's `name`."""

    slot: OneOf["version", "name"]
    """`version` is the image tag, `name` is blue or green."""


class FromFlag(Setting):
    """`true` or `false`: whether a feature flag is enabled."""

    flag: Name
    """A key of the system's `flags`."""


_REFERENCES: dict[str, type[Setting]] = {
    "secret": FromSecret,
    "database": FromDatabase,
    "queue": FromQueue,
    "bucket": FromBucket,
    "domain": FromDomain,
    "service": FromService,
    "slot": FromSlot,
    "flag": FromFlag,
}


def _reference(value: dict[str, Any]) -> type[Setting]:
    for key, reference in _REFERENCES.items():
        if key in value:
            return reference
    near = next((word for key in value if (word := nearest_word(key, _REFERENCES))), None)
    hint = f"; did you mean '{near}'?" if near else ""
    raise ValueError(f"is no reference: that has one of the keys {', '.join(_REFERENCES)}{hint}")


def _text(value: Any) -> str:
    value = number_as_text(value)
    if not isinstance(value, str):
        raise ValueError("is neither text nor a reference such as {secret: JWT_SECRET}")
    return value


EnvironmentValue = Annotated[
    Literal | FromSecret | FromDatabase | FromQueue | FromBucket | FromDomain | FromService | FromSlot | FromFlag,
    Choice(_reference, _text),
]
"""Text, or a reference to something that the system has: `{secret: JWT_SECRET}`, `{database: fleet_db}`, …"""

Environment = dict[Variable, EnvironmentValue]


class Generated(Setting):
    """A random secret that Slipway makes and keeps."""

    generated: Positive
    """Random bytes: 24 or more for passwords, 32 for keys."""
    encoding: OneOf["base64", "hex"] = "base64"
    """How the bytes are written; base64 by default because it is shorter."""
    rotated: Date = Field(default="2026-01-01", json_schema_extra=OVERRIDABLE)
    """Another date makes another secret."""


class Supplied(Setting):
    """A secret that somebody else issues: Slipway makes the empty entry, its owner fills it."""

    supplied: Text
    """Who issues it and where to get it."""
    rotate_every: Duration = "90d"
    """How old it may become."""


def _kind_of_secret(value: dict[str, Any]) -> type[Setting]:
    if "generated" in value:
        return Generated
    if "supplied" in value:
        return Supplied
    raise ValueError("is no secret: that has one of the keys generated, supplied")


def _no_secret(_: Any) -> Any:
    raise ValueError("is not a mapping; a secret's value never stands here")


Secret = Annotated[
    Generated | Supplied,
    Choice(_kind_of_secret, _no_secret),
    Field(examples=[{"generated": 32}]),
]
"""`{generated: 32}`, or `{supplied: "the vendor's console"}`."""


def rotations(secrets: Mapping[str, Secret]) -> dict[str, str]:
    """How old each secret that somebody else issues may become: `{"CLERK_SECRET_KEY": "90d"}`."""
    return {name: secret.rotate_every for name, secret in secrets.items() if isinstance(secret, Supplied)}


class Health(Setting):
    """How a pod is known to be well."""

    path: UrlPath = "/health"
    """Answers 200 while the process works (liveness)."""
    ready_path: UrlPath | None = None
    """Answers 200 while it can serve (readiness); by default the same."""
    startup_seconds: Positive = 120
    """Seconds until a slow start counts as failed."""


class Replicas(Setting):
    """How many copies run; the autoscaler chooses between the bounds."""

    minimum: Count = Field(default=2, json_schema_extra=OVERRIDABLE)
    """Fewest copies. Two by default, so that one may be lost or moved."""
    maximum: Count = Field(default=6, json_schema_extra=OVERRIDABLE)
    """Most copies: an upper bound of load on databases and of the bill. Three times the minimum by default."""
    cpu_percent: Percent = Field(default=70, json_schema_extra=OVERRIDABLE)
    """Average use of the requested CPU that adds a copy."""
    memory_percent: Percent = Field(default=80, json_schema_extra=OVERRIDABLE)
    """Average use of the requested memory that adds a copy."""


class Resources(Setting):
    """What one copy is given; requests, and limits no lower."""

    cpu: Cpu = Field(default="100m", json_schema_extra=OVERRIDABLE)
    """Cores that are kept free for one copy; the base of `cpuPercent`."""
    memory: Memory = Field(default="256Mi", json_schema_extra=OVERRIDABLE)
    """Memory that is kept free for one copy; the base of `memoryPercent`."""
    cpu_limit: Cpu = Field(default="1", json_schema_extra=OVERRIDABLE)
    """Cores that one copy may use at most."""
    memory_limit: Memory = Field(default="512Mi", json_schema_extra=OVERRIDABLE)
    """Memory at which one copy is ended and started anew."""


class Route(Setting):
    """Which requests from outside reach a service."""

    domain: Name
    """One of the system's domains, by its name there."""
    path: UrlPath = "/"
    """Requests whose path begins with this."""


class Egress(Setting):
    """A service outside the cluster that this one calls."""

    host: Text
    """For the reader: network policies open the port to the internet, not to private networks."""
    port: Port = 443
    """By default that of HTTPS, which vendors use."""


class Metrics(Setting):
    """The service's own metrics, in Prometheus' format."""

    path: UrlPath = "/metrics"
    """The path that Prometheus asks; by default the usual one."""
    port: Port | None = None
    """By default the service's port."""


class Service(Setting):
    """One program of a system: a Deployment in each slot."""

    image: Repository
    """Repository in the cluster's registry; the slot's version is the tag."""
    port: Port
    """Port that its container listens on; pods find it in PORT."""
    service_port: Port | None = None
    """Port of its Service in the cluster; by default the same."""
    health: Health = Field(default_factory=Health)
    """How its probes ask it; by default `/health` on its port."""
    replicas: Replicas = Field(default_factory=Replicas, json_schema_extra=OVERRIDABLE)
    """How many copies run; by default 2 to 6."""
    resources: Resources = Field(default_factory=Resources, json_schema_extra=OVERRIDABLE)
    """What one copy is given; by default a tenth of a core and 256Mi."""
    needs: list[Name] = Field(default_factory=list)
    """Services of the same slot that are ready before this one starts, and that it may call."""
    environment: Environment = Field(default_factory=dict, json_schema_extra=OVERRIDABLE)
    """Its own variables, besides the system's."""
    routes: list[Route] = Field(default_factory=list)
    """Requests from outside that reach it; none by default, so it is reached from inside only."""
    egress: list[Egress] = Field(default_factory=list)
    """What it calls outside the cluster; nothing else is let through."""
    metrics: Metrics | None = None
    """Where Prometheus finds its own metrics; without it only the gateway's count."""
    command: list[Text] = Field(default_factory=list)
    """In place of the image's entry point."""
    writable: list[UrlPath] = Field(default_factory=lambda: ["/tmp"])
    """Folders that the program writes to; all else of its file system is read-only."""
    user: Positive = 10001
    """User id that it runs as, never root."""
    drain_seconds: Positive = 20
    """Seconds that a pod goes on serving after it is told to stop, so that gateways learn of it first."""


class Site(Setting):
    """A static frontend, published per slot as an artefact."""

    artefact: Repository
    """Image that carries the built files and has `cp`; the slot's version is the tag."""
    domain: Name
    """The key in `domains` of the host name that it is served at."""
    folder: UrlPath = "/site"
    """Where the files stand in the artefact."""
    settings: dict[Variable, EnvironmentValue] = Field(default_factory=dict, json_schema_extra=OVERRIDABLE)
    """Public settings, served as /config.json."""
    schema_version: Text | None = None
    """Version of the data that the frontend expects; a change makes it drop its caches."""


Domains = dict[Name, Domain]
