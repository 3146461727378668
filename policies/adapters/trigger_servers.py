"""Servers that KEDA's triggers ask: where they are, and whether by TLS and with a login."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address

from framework import Property, Resource

SCALED_JOB = "kubernetes:keda.sh/v1alpha1:ScaledJob"
FROM_ENV = "FromEnv"
"""End of the keys whose value is the name of a variable of the pods."""
_ASKING = re.compile(
    r"activemq|apache-kafka|arangodb|artemis-queue|beanstalkd|cassandra|couchdb|elasticsearch|etcd|external(-push)?|graphite|ibmmq"
    r"|influxdb|kafka|loki|metrics-api|mongodb|mssql|mysql|nats-jetstream|nsq|postgresql|prometheus|pulsar|rabbitmq"
    r"|redis(-.+)?|selenium-grid|solace-.+|solr|splunk.*|stan|temporal"
)
"""Types of triggers that ask a server, rather than Kubernetes or a cloud by its own API. Source: KEDA, scalers."""
_PLACES = re.compile(r"(?i).*(host|server|address|endpoint|url|uri|broker)(e?s)?")
"""Keys with an address, or several."""
_ADDRESS = re.compile(r"(?:([a-z][a-z0-9+.-]*)://)?(?:[^/@]*@)?(\[[^\]]+\]|[^:/?#\s\[\]]+)(?::\d+)?(?:[/?#].*)?", re.I)
_INSIDE = re.compile(r"(?!0x|\d+$)[\w-]+|[\w-]+\.[\w-]+\.svc(\.cluster\.local)?\.?", re.I)
"""Names of Services, in the namespace or with it."""
_TLS_SCHEMES = re.compile(r"https|amqps|rediss|mqtts|wss|ssl|tls|ldaps|grpcs|mongodb\+srv|.+\+(ssl|tls)", re.I)
_TLS_QUERY = re.compile(r"[?&](tls|ssl)=true\b|[?&]sslmode=(require|verify-ca|verify-full)\b", re.I)
_SWITCHES = re.compile(r"(?i)(enable|use)?(tls|ssl|https)(mode)?")
_ON = ("true", "1", "t", "enable", "enabled", "require", "verify-ca", "verify-full")
_UNCHECKED = re.compile(r"(?i)unsafe_?ssl|.*insecure_?skip_?(tls_?)?verify|(tls_?)?skip_?verify|insecure")


@dataclass(frozen=True)
class Address:
    """An address in a trigger, of a server outside the cluster."""

    place: Property
    text: str
    scheme: str

    @property
    def has_tls(self) -> bool | None:
        """Whether it tells of TLS; None if it does not say."""
        if not self.scheme:
            return None
        return bool(_TLS_SCHEMES.fullmatch(self.scheme) or _TLS_QUERY.search(self.text))


@dataclass(frozen=True)
class Trigger:
    """A trigger of an autoscaler."""

    fields: Property

    @property
    def unknown(self) -> Property | None:
        """What is not known of the server that it asks."""
        kind, metadata = self.fields["type"], self.fields["metadata"]
        if metadata.unknown:
            return metadata
        asks = kind.unknown or _ASKING.fullmatch(kind.text or "")
        relevant = (metadata[key] for key in metadata.keys if asks and (_PLACES.fullmatch(key) or _is_switch(key)))
        return next((each for each in relevant if each.unknown), None)

    def addresses(self) -> Iterator[Address]:
        """Return the addresses that are none of the cluster's own Services."""
        metadata = self.fields["metadata"]
        for key in metadata.keys:
            text = metadata[key].text or ""
            if "://" in text or _PLACES.fullmatch(key):
                for part in text.split(","):
                    found = _ADDRESS.fullmatch(part.strip())
                    if found and not _is_inside(found[2]):
                        yield Address(metadata[key], part.strip(), found[1] or "")

    @property
    def unchecked(self) -> Property | None:
        """The setting by which it trusts any certificate."""
        metadata = self.fields["metadata"]
        found = (metadata[key] for key in metadata.keys if _UNCHECKED.fullmatch(key))
        return next((each for each in found if _written(each) in _ON), None)

    @property
    def has_tls(self) -> bool | None:
        """Whether its own settings ask for TLS; None if they do not say."""
        metadata = self.fields["metadata"]
        said = [text for key in metadata.keys if _SWITCHES.fullmatch(key) and (text := _written(metadata[key]))]
        return all(each in _ON for each in said) if said else None

    @property
    def has_login(self) -> bool:
        """Whether it takes a login from where secrets are."""
        named = self.fields["authenticationRef"]["name"]
        return named.unknown or bool(named.text) or any(key.endswith(FROM_ENV) for key in self.fields["metadata"].keys)


def triggers_of(scaler: Resource) -> Iterator[Trigger]:
    """Return the triggers of an autoscaler, or one that is not known."""
    triggers = scaler["spec"]["triggers"]
    yield from map(Trigger, [triggers] if triggers.unknown else triggers.elements())


def _is_switch(key: str) -> bool:
    return bool(_SWITCHES.fullmatch(key) or _UNCHECKED.fullmatch(key))


def _written(value: Property) -> str:
    return str(value.value).strip().lower() if isinstance(value.value, str | bool) else ""


def _is_inside(host: str) -> bool:
    """Return whether it is a Service of the cluster, or KEDA's own pod."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return bool(_INSIDE.fullmatch(host))
