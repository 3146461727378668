"""The environment variables of a service: plain values and references to secrets."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.manifests import names
from slipway.settings.limits import most
from slipway.settings.services import (
    EnvironmentValue,
    FromBucket,
    FromDatabase,
    FromDomain,
    FromFlag,
    FromQueue,
    FromSecret,
    FromService,
    FromSlot,
    FromVersion,
    Generated,
    Plain,
    Service,
    supplied_by,
)
from slipway.settings.stacks import DeployedSystem
from slipway.settings.store_names import supplied_secret

FLAGS = {"FLAGD_HOST": "flagd", "FLAGD_PORT": "8013"}
"""Variables by which OpenFeature's providers find the server of feature flags."""


@dataclass(frozen=True)
class SecretKey:
    """One entry of a Kubernetes Secret."""

    secret: str
    key: str


@dataclass(frozen=True)
class Variables:
    """The environment variables of a container."""

    plain: Mapping[str, str]
    secret: Mapping[str, SecretKey]
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


def variables(system: DeployedSystem, service: str, slot: str, buckets: Mapping[str, BucketFacts]) -> Variables:
    """Returns the variables of `service` in `slot`: PORT and the address of the flags, then the system's, then the
    service's own; later ones override earlier ones."""
    definition = system.definition.services[service]
    declared = {**system.definition.environment, **definition.environment}
    port = {} if definition.port is None else {"PORT": str(definition.port)}
    plain = {**port, **(FLAGS if system.definition.flags else {})}
    secret: dict[str, SecretKey] = {}
    for name, value in declared.items():
        plain.pop(name, None)
        key = _secret_key(system, value)
        if key is not None:
            secret[name] = key
            if isinstance(value, FromSecret) and _has_previous(system, value.secret):
                secret[previous(name)] = SecretKey(key.secret, previous(value.secret))
        else:
            plain[name] = _text(system, slot, value, buckets, service)
    reasoned = frozenset(name for name, value in declared.items() if isinstance(value, Plain))
    return Variables(plain, secret, reasoned)


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


def declared_secret(system: DeployedSystem, name: str) -> SecretKey:
    """Returns where the value of a declared secret is."""
    supplied = supplied_by(system.definition.secrets[name]) is not None
    return SecretKey(supplied_secret(system.name, name) if supplied else generated_secret(system.name), name)


def _secret_key(system: DeployedSystem, value: EnvironmentValue) -> SecretKey | None:
    if isinstance(value, FromSecret):
        return declared_secret(system, value.secret)
    if isinstance(value, FromDatabase):
        return SecretKey(login_secret(value.database, "app"), value.field)
    if isinstance(value, FromQueue):
        return SecretKey(broker_secret(system.name), "connection_string")
    return None


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
            return _address(value, definition.services[value.service], names.in_slot(value.service, slot))
        case FromSlot():
            return slot if value.slot == "name" else version
        case FromVersion():
            return value.at(version) or ""
        case FromFlag():
            return str(definition.flags[value.flag].enabled).lower()
        case Plain():
            return value.plain
        case str():
            return value
    raise TypeError(f"no text for {type(value).__name__}")
