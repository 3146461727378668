"""What a service calls outside its slot, and which other systems may call it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from slipway.settings.fields import Cidr, LabelValue, Name, Port, PortName, Text
from slipway.settings.setting import Choice, Setting


class Egress(Setting):
    """A service on the internet that this one calls."""

    host: Text
    """For people: host name; network policies open the port to the internet, not to private networks."""
    port: Port = 443
    """By default 443."""


class ToNetwork(Setting):
    """Servers in a private network, such as an existing database."""

    network: Cidr
    """Their addresses, as narrow as they are known: `10.30.5.4/32` is one server."""
    port: Port
    """The port that is opened."""
    host: Text | None = None
    """For people: their host name."""


class ToNamespace(Setting):
    """Pods in another namespace of the cluster, which no system of the stack has."""

    namespace: Name
    """Their namespace, whose own network policies must admit the call."""
    pods: dict[Text, LabelValue] = Field(default_factory=dict)
    """Their labels; by default all pods of the namespace."""
    port: Port
    """The port of the pods that is opened."""


class ToSystem(Setting):
    """A service of another system on the same cluster, which names this system among its `callers`."""

    system: Name
    """The other system."""
    service: Name
    """One of its services, in both slots."""
    port: PortName | None = None
    """One of the service's `ports`; by default its `port`."""


class Caller(Setting):
    """Another system that may call a service, if it says so itself in its `egress`."""

    system: Name
    """The other system, on the same cluster."""
    service: Name | None = None
    """One of its services; by default all of them."""


_KINDS: dict[str, type[Setting]] = {"network": ToNetwork, "namespace": ToNamespace, "system": ToSystem, "host": Egress}


def _kind(value: dict[str, Any]) -> type[Setting]:
    for key, kind in _KINDS.items():
        if key in value:
            return kind
    raise ValueError(f"names nothing that is called: use one of {', '.join(_KINDS)}")


def _no_word(_: Any) -> Any:
    raise ValueError("is not a mapping such as {host: api.example.com}")


AnyEgress = Annotated[
    Egress | ToNetwork | ToNamespace | ToSystem,
    Choice(_kind, _no_word),
    Field(examples=[{"host": "api.example.com"}]),
]
"""`{host: api.example.com}`, `{network: 10.30.5.4/32, port: 5432}`, `{namespace: legacy, port: 8080}`, or
`{system: billing, service: api}`."""
