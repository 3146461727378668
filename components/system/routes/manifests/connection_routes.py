"""TLSRoutes and TCPRoutes: they decide which slot of a service has a new connection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from components.manifests import names
from slipway.release.objects import SLOTS
from slipway.settings.routes import TlsRoute
from slipway.settings.services import Service
from slipway.settings.stacks import DeployedSystem

RULE = "by-weight"
"""Name of a route's only rule, by which the controller of releases finds the weights."""
PUBLISHED_HOST = "external-dns.alpha.kubernetes.io/hostname"
"""Annotation from which external-dns makes the record of a TCPRoute, which has no host."""
_HALF = {"blue": 50, "green": 50}


@dataclass(frozen=True, kw_only=True)
class Connection:
    """A port of the gateway at which connections lead to a service: at one host if it is of TLS, else at all of them."""

    kind: Literal["TLSRoute", "TCPRoute"]
    service: str
    domain: str
    """Key of the domain."""
    host: str
    listener: int
    """Port of the gateway."""
    port: int
    """Port of the Services."""
    allow: Sequence[str]
    """Networks whose clients may connect; all if empty."""
    source: str

    @property
    def is_tls(self) -> bool:
        return self.kind == "TLSRoute"

    @property
    def route(self) -> str:
        """Returns the route's name; no other kind of route has one of this form."""
        return (
            f"{self.service}-{self.domain}.tls-{self.listener}"
            if self.is_tls
            else f"{self.service}.tcp-{self.listener}"
        )

    @property
    def section(self) -> str:
        """Returns the name of its listener; no other listener's name contains a dot."""
        return f"{self.domain}.tls-{self.listener}" if self.is_tls else f"tcp.{self.listener}"

    @property
    def annotations(self) -> dict[str, str]:
        return {} if self.is_tls else {PUBLISHED_HOST: self.host}


def of_services(deployed: DeployedSystem) -> list[Connection]:
    """Returns the connections of services, in the order of the definition."""
    definition = deployed.definition
    return [
        connection
        for name, service in definition.services.items()
        for connection in _of_service(name, service, definition.domains)
    ]


def _of_service(name: str, service: Service, domains: Mapping[str, str]) -> Iterator[Connection]:
    for route in service.connections:
        yield Connection(
            kind="TLSRoute" if isinstance(route, TlsRoute) else "TCPRoute",
            service=name,
            domain=route.domain,
            host=domains[route.domain],
            listener=route.listener,
            port=service.address_port if route.port is None else service.ports[route.port],
            allow=route.allow,
            source=service.source,
        )


def listeners(connections: Sequence[Connection]) -> list[dict[str, Any]]:
    """Returns the Gateway's listeners. Routes of the system's own namespace alone can attach to them."""
    return [
        {
            "name": each.section,
            "port": each.listener,
            "allowedRoutes": {"namespaces": {"from": "Same"}},
            **(
                {"protocol": "TLS", "hostname": each.host, "tls": {"mode": "Passthrough"}}
                if each.is_tls
                else {"protocol": "TCP"}
            ),
        }
        for each in connections
    ]


def open_route(system: str, connection: Connection, weights: Mapping[str, int]) -> dict[str, Any]:
    """Returns the spec that leads new connections to slots by weight. Without any weight the gateway closes them at once:
    Envoy Gateway leaves backends of weight 0 out."""
    hosts = {"hostnames": [connection.host]} if connection.is_tls else {}
    backends = [
        {"name": names.in_slot(connection.service, slot), "port": connection.port, "weight": weights.get(slot, 0)}
        for slot in SLOTS
    ]
    return {
        "parentRefs": [{"name": system, "sectionName": connection.section}],
        **hosts,
        "rules": [{"name": RULE, "backendRefs": backends}],
    }


def released_routes(system: str, connection: Connection) -> dict[str, dict[str, Any]]:
    """Returns the spec in each state, for the controller of releases."""
    whole = {slot: open_route(system, connection, {slot: 100}) for slot in SLOTS}
    return {**whole, "split": open_route(system, connection, _HALF), "closed": open_route(system, connection, {})}
