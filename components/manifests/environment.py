"""The environment variables of a service: plain values and references to secrets."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi

from components.manifests import names
from slipway.settings.caches import server
from slipway.settings.limits import most
from slipway.settings.references import (
    Composed,
    EnvironmentValue,
    FromBucket,
    FromCache,
    FromCloudQueue,
    FromDatabase,
    FromDomain,
    FromFlag,
    FromPod,
    FromQueue,
    FromSecret,
    FromService,
    FromSlot,
    FromTopic,
    FromVersion,
    Placeholder,
    Plain,
    PodField,
)
from slipway.settings.services import SHARED, Generated, Service, supplied_by
from slipway.settings.stacks import DeployedSystem
from slipway.settings.store_names import supplied_secret
from slipway.settings.system import System

FLAGS: Mapping[str, Mapping[str, str]] = {
    "blue": {"FLAGD_HOST": "flagd", "FLAGD_PORT": "8013"},
    "green": {"FLAGD_HOST": "flagd", "FLAGD_PORT": "8023"},
}
"""Variables by which OpenFeature's providers find the feature flags of a slot, where slots have flags of their own."""


@dataclass(frozen=True)
class SecretKey:
    """One entry of a Kubernetes Secret."""

    secret: str
    key: str


@dataclass(frozen=True)
class ConfigKey:
    """One entry of a ConfigMap that other resources write."""

    config_map: str
    key: str


@dataclass(frozen=True)
class Variables:
    """The environment variables of a container."""

    plain: Mapping[str, str]
    secret: Mapping[str, SecretKey]
    pod: Mapping[str, PodField] = field(default_factory=dict)
    """What only the running pod knows."""
    configured: Mapping[str, ConfigKey] = field(default_factory=dict)
    """What is in ConfigMaps of others."""
    composed: Mapping[str, str] = field(default_factory=dict)
    """Texts that name others of these variables as `$(NAME)`, which Kubernetes replaces where the container starts."""
    reasoned: frozenset[str] = frozenset()
    """Names of plain variables that look like secrets and have a declared reason why they are not."""

    @property
    def checksum(self) -> str:
        """Returns a digest of all plain values, so that a pod's template changes with its ConfigMap."""
        return hashlib.sha256(json.dumps(self.plain, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class BucketFacts:
    """A bucket. Everything but its id is known before it exists."""

    bucket: str
    """The bucket's own name."""
    region: str
    account: str = ""
    """Account of the bucket, on clouds that have storage accounts."""
    id: pulumi.Input[str] = ""
    """Id on which rights are granted, if it differs from the name."""

    @property
    def name(self) -> str:
        """The name for programs, including the account if there is one."""
        return f"{self.account}/{self.bucket}" if self.account else self.bucket


@dataclass(frozen=True, kw_only=True)
class QueueFacts:
    """A queue or a topic of the cloud."""

    name: str
    """Its name in the cloud."""
    url: str
    """What clients send to."""
    host: str
    """Name of the server."""
    id: pulumi.Input[str]
    """Id on which rights are granted."""

    @property
    def forms(self) -> dict[str, str]:
        return {"url": self.url, "name": self.name, "host": self.host}


QUEUES = "queues"
"""ConfigMap of a system with the names and addresses of its queues and topics."""


def queue_key(kind: str, name: str, form: str) -> str:
    """Returns the key of a queue or a topic in that ConfigMap: `queue.orders.url`."""
    return f"{kind}.{name}.{form}"


def flags_of(definition: System, slot: str) -> Mapping[str, str]:
    """Returns the variables that find the flags of a slot; slots share the first one's if no flag depends on a version. If
    one does, what runs outside of both slots has none."""
    moved = any(each.since for each in definition.flags.values())
    if not definition.flags or (moved and slot == SHARED):
        return {}
    return FLAGS[slot if moved else "blue"]


def variables(system: DeployedSystem, service: str, slot: str, buckets: Mapping[str, BucketFacts]) -> Variables:
    """Returns the variables of `service` in `slot`: PORT and the address of the flags, then the system's, then the
    service's own; later ones override earlier ones."""
    definition = system.definition.services[service]
    declared = {**system.definition.environment, **definition.environment}
    port = {} if definition.port is None else {"PORT": str(definition.port)}
    collected = _Collected(system, slot, service, buckets)
    collected.plain.update({**port, **flags_of(system.definition, slot)})
    for name, value in declared.items():
        collected.add(name, value)
    return collected.variables


def variables_of(
    system: DeployedSystem,
    service: str,
    slot: str,
    declared: Mapping[str, EnvironmentValue],
    buckets: Mapping[str, BucketFacts],
) -> Variables:
    """Returns the variables of a container beside that of `service`: those that it declares, and no others."""
    collected = _Collected(system, slot, service, buckets)
    for name, value in declared.items():
        collected.add(name, value)
    return collected.variables


class _Collected:
    """The variables of a container, by where each value comes from."""

    def __init__(self, system: DeployedSystem, slot: str, service: str, buckets: Mapping[str, BucketFacts]) -> None:
        self._system, self._slot, self._service, self._buckets = system, slot, service, buckets
        self.plain: dict[str, str] = {}
        self._secret: dict[str, SecretKey] = {}
        self._pod: dict[str, PodField] = {}
        self._configured: dict[str, ConfigKey] = {}
        self._composed: dict[str, str] = {}
        self._reasoned: set[str] = set()

    @property
    def variables(self) -> Variables:
        return Variables(
            self.plain, self._secret, self._pod, self._configured, self._composed, frozenset(self._reasoned)
        )

    def add(self, name: str, value: EnvironmentValue) -> None:
        """Adds a variable, and the one with the previous value of its secret."""
        self.plain.pop(name, None)
        if isinstance(value, Plain):
            self._reasoned.add(name)
        if isinstance(value, Composed):
            self._compose(name, value)
        elif not self._defer(name, value):
            self.plain[name] = self._text(value)
        elif isinstance(value, FromSecret) and _has_previous(self._system, value.secret):
            self._secret[previous(name)] = SecretKey(self._secret[name].secret, previous(value.secret))

    def _defer(self, name: str, value: EnvironmentValue) -> bool:
        """Adds a value that is in a Secret, in a ConfigMap of others, or that only the pod knows; returns whether it is one."""
        if isinstance(value, FromPod):
            self._pod[name] = value.pod
            return True
        if isinstance(value, FromCloudQueue | FromTopic):
            self._configured[name] = ConfigKey(QUEUES, _queue_key(value))
            return True
        key = _secret_key(self._system, self._slot, value)
        if key is not None:
            self._secret[name] = key
        return key is not None

    def _compose(self, name: str, value: Composed) -> None:
        """Adds a text: as it is if all of it is known, or else with the names of variables in place of the rest. Their
        names have a dot, so no declared variable is called the same."""
        known: list[str] = []
        written: list[str] = []
        for piece in value.pieces:
            part = f"{name}.{len(written)}"
            if isinstance(piece, Placeholder) and self._defer(part, piece.reference):
                written.append(f"$({part})")
                continue
            text = piece if isinstance(piece, str) else self._text(piece.reference)
            known.append(text)
            written.append(unexpanded(text))
        if len(known) == len(written):
            self.plain[name] = "".join(known)
        else:
            self._composed[name] = "".join(written)

    def _text(self, value: EnvironmentValue) -> str:
        return _text(self._system, self._slot, value, self._buckets, self._service)


def file_text(
    system: DeployedSystem, service: str, slot: str, composed: Composed, buckets: Mapping[str, BucketFacts]
) -> str:
    """Returns the text of a file of a service in a slot, with what its placeholders stand for."""
    return _text(system, slot, composed, buckets, service)


def unexpanded(text: str) -> str:
    """Returns a text in which Kubernetes replaces no `$(NAME)`: to it, two dollar signs are one."""
    return text.replace("$", "$$")


def public_settings(system: DeployedSystem, site: str, slot: str, buckets: Mapping[str, BucketFacts]) -> dict[str, str]:
    """Returns the content of a static frontend's /config.json: its settings, and the schema version that it expects."""
    definition = system.definition.sites[site]
    settings = {name: _text(system, slot, value, buckets) for name, value in definition.settings.items()}
    return settings | ({"SCHEMA_VERSION": definition.schema_version} if definition.schema_version else {})


def build_settings(
    system: DeployedSystem, service: str, slot: str, buckets: Mapping[str, BucketFacts]
) -> dict[str, str]:
    """Returns the settings with which the image of `service` is built for the version of `slot`."""
    declared = system.definition.services[service].build
    return {name: _text(system, slot, value, buckets, service) for name, value in declared.items()}


def previous(name: str) -> str:
    """Returns the name of the previous value of a secret, and of its variable."""
    return f"{name}_PREVIOUS"


def _has_previous(system: DeployedSystem, name: str) -> bool:
    declared = system.definition.secrets[name]
    return isinstance(declared, Generated) and declared.previous is not None


def generated_secret(system: str) -> str:
    """Returns the Secret of generated values."""
    return f"{system}-generated"


def bypass_secret(system: str) -> str:
    """Returns the Secret with the bypass token, by which smoke tests reach a slot without visitors."""
    return f"{system}-pass"


def login_secret(database: str, role: str) -> str:
    """Returns the Secret with a role's login to a database."""
    return f"{names.kubernetes_name(database)}-{role}"


def broker(system: str) -> str:
    """Returns the name of the system's RabbitMQ cluster."""
    return names.shortened(f"{system}-queue", most("rabbitmq cluster"))


def broker_secret(system: str) -> str:
    """Returns the Secret with the services' login to the broker."""
    return f"{broker(system)}-login"


def cache_secret(server: str) -> str:
    """Returns the Secret with the services' login to the server of a cache."""
    return f"{server}-login"


def declared_secret(system: DeployedSystem, name: str) -> SecretKey:
    """Returns where the value of a declared secret is."""
    supplied = supplied_by(system.definition.secrets[name]) is not None
    return SecretKey(supplied_secret(system.name, name) if supplied else generated_secret(system.name), name)


def _secret_key(system: DeployedSystem, slot: str, value: EnvironmentValue) -> SecretKey | None:
    if isinstance(value, FromSecret):
        return declared_secret(system, value.secret)
    if isinstance(value, FromDatabase):
        return SecretKey(login_secret(value.database, "app"), value.field)
    if isinstance(value, FromCache):
        return SecretKey(cache_secret(server(value.cache, system.definition.caches[value.cache], slot)), value.form)
    if isinstance(value, FromQueue):
        return SecretKey(broker_secret(system.name), "connection_string")
    return None


def _queue_key(value: FromCloudQueue | FromTopic) -> str:
    if isinstance(value, FromTopic):
        return queue_key("topic", value.topic, value.form)
    return queue_key("queue", value.queue, value.form)


def _address(value: FromService, service: Service, host: str) -> str:
    """Returns how `service` is reached in the form that `value` asks for."""
    port = service.ports[value.port] if value.port else service.address_port
    forms = {"url": f"http://{host}:{port}", "host": host, "address": f"{host}:{port}", "port": str(port)}
    return forms[value.form]


def _text(
    system: DeployedSystem,
    slot: str,
    value: EnvironmentValue,
    buckets: Mapping[str, BucketFacts],
    service: str | None = None,
) -> str:
    """Returns the text of a value for a service, whose version may be its own, or for a site."""
    definition, declared = system.definition, system.deployment.slot(slot)
    version = (declared.version_of(service) if service else declared.version) or ""
    match value:
        case FromBucket():
            return getattr(buckets[value.bucket], value.field)
        case FromDomain():
            return f"https://{definition.domains[value.domain]}{value.path or ''}"
        case FromService():
            called = definition.services[value.service]
            return _address(value, called, names.in_slot(value.service, called.slot(slot)))
        case FromSlot():
            return slot if value.slot == "name" else version
        case FromVersion():
            return value.at(version) or ""
        case FromFlag():
            return str(definition.flags[value.flag].is_on(declared.version)).lower()
        case Plain():
            return value.plain
        case Composed():
            pieces = (each if isinstance(each, str) else each.reference for each in value.pieces)
            return "".join(_text(system, slot, each, buckets, service) for each in pieces)
        case str():
            return value
    raise TypeError(f"no text for {type(value).__name__}")
