"""A service's variables: which are plain text, and which secret each of the others is read from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from builders import names
from settings.services import (
    EnvironmentValue,
    FromBucket,
    FromDatabase,
    FromDomain,
    FromFlag,
    FromQueue,
    FromSecret,
    FromService,
    FromSlot,
    Generated,
)
from settings.stacks import PlacedSystem

FLAGS = {"FLAGD_HOST": "flagd", "FLAGD_PORT": "8013"}
"""Where OpenFeature's providers find the server of feature flags."""


@dataclass(frozen=True)
class SecretKey:
    """One entry of a Kubernetes Secret."""

    secret: str
    key: str


@dataclass(frozen=True)
class Variables:
    """What a container finds in its environment."""

    plain: Mapping[str, str]
    secret: Mapping[str, SecretKey]

    @property
    def checksum(self) -> str:
        """Changes with every plain value, so that a pod's template changes with its ConfigMap."""
        return hashlib.sha256(json.dumps(self.plain, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class BucketFacts:
    """A bucket as programs are told of it; both are known before it exists."""

    name: str
    region: str


def variables(system: PlacedSystem, service: str, slot: str, buckets: Mapping[str, BucketFacts]) -> Variables:
    """The variables of `service` in `slot`: PORT and where flags are asked, then the system's, then its own, the later over the earlier."""
    definition = system.definition.services[service]
    declared = {**system.definition.environment, **definition.environment}
    plain = {"PORT": str(definition.port), **(FLAGS if system.definition.flags else {})}
    secret: dict[str, SecretKey] = {}
    for name, value in declared.items():
        plain.pop(name, None)
        key = _secret_key(system, value)
        if key is not None:
            secret[name] = key
        else:
            plain[name] = _text(system, slot, value, buckets)
    return Variables(plain, secret)


def public_settings(system: PlacedSystem, site: str, slot: str, buckets: Mapping[str, BucketFacts]) -> dict[str, str]:
    """What a static frontend finds in /config.json: its settings, and the version of the data that it expects."""
    definition = system.definition.sites[site]
    settings = {name: _text(system, slot, value, buckets) for name, value in definition.settings.items()}
    return settings | ({"SCHEMA_VERSION": definition.schema_version} if definition.schema_version else {})


def generated_secret(system: str) -> str:
    """The Secret of what Slipway makes."""
    return f"{system}-generated"


def supplied_secret(system: str) -> str:
    """The Secret that owners of vendor keys fill."""
    return f"{system}-supplied"


def pass_secret(system: str) -> str:
    """The Secret by which smoke tests reach a slot that visitors do not."""
    return f"{system}-pass"


def login_secret(database: str, role: str) -> str:
    """The Secret with a role's login to a database."""
    return f"{names.kubernetes_name(database)}-{role}"


def broker(system: str) -> str:
    """The system's RabbitMQ cluster."""
    return f"{system}-queue"


def broker_secret(system: str) -> str:
    """The Secret with the services' login to the broker."""
    return f"{broker(system)}-login"


def _secret_key(system: PlacedSystem, value: EnvironmentValue) -> SecretKey | None:
    if isinstance(value, FromSecret):
        generated = isinstance(system.definition.secrets[value.secret], Generated)
        return SecretKey((generated_secret if generated else supplied_secret)(system.name), value.secret)
    if isinstance(value, FromDatabase):
        return SecretKey(login_secret(value.database, "app"), value.part)
    if isinstance(value, FromQueue):
        return SecretKey(broker_secret(system.name), "connection_string")
    return None


def _text(system: PlacedSystem, slot: str, value: EnvironmentValue, buckets: Mapping[str, BucketFacts]) -> str:
    definition = system.definition
    match value:
        case FromBucket():
            return getattr(buckets[value.bucket], value.part)
        case FromDomain():
            return f"https://{definition.domains[value.domain]}{value.path or ''}"
        case FromService():
            port = definition.services[value.service].service_port or definition.services[value.service].port
            return f"http://{names.in_slot(value.service, slot)}:{port}"
        case FromSlot():
            return slot if value.slot == "name" else system.placement.slot(slot).version or ""
        case FromFlag():
            return str(definition.flags[value.flag].enabled).lower()
        case str():
            return value
    raise TypeError(f"no text for {type(value).__name__}")
