"""Addresses at which external monitoring, and DNS failover, check whether a system works."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from slipway.settings.hosts import is_wildcard
from slipway.settings.stacks import DeployedSystem
from slipway.settings.system import System


@dataclass(frozen=True)
class Probe:
    """A probe of `path` at the host of `domain`. If a service's health path has no route, one of its routes is probed
    instead, where only a server error counts as a failure: `strict` is false."""

    domain: str
    host: str
    path: str
    strict: bool = True

    @property
    def address(self) -> str:
        return f"https://{self.host}{self.path}"


def of_system(deployed: DeployedSystem) -> list[Probe]:
    """Returns a probe for each service and site at each of its domains with an address, if a prober's requests reach it."""
    definition = deployed.definition
    found = [_at(definition, site.domain, "/") for site in definition.sites.values()]
    for name, service in definition.services.items():
        for domain in dict.fromkeys(route.domain for route in service.routes if route.for_everybody):
            if not is_wildcard(definition.domains[domain]):
                found.append(_of_service(definition, name, domain))
    return list(dict.fromkeys(found))


def by_domain(deployed: DeployedSystem) -> Mapping[str, Probe]:
    """Returns one probe per domain: that of the service at `/` if there is one, else the first."""
    found: dict[str, Probe] = {}
    for probe in of_system(deployed):
        best = found.get(probe.domain)
        if best is None or _rank(deployed.definition, probe) < _rank(deployed.definition, best):
            found[probe.domain] = probe
    return found


def _rank(definition: System, probe: Probe) -> tuple[bool, bool]:
    root = _owner(definition, probe.domain, "/")
    return (not probe.strict, _owner(definition, probe.domain, probe.path) != root)


def _of_service(definition: System, name: str, domain: str) -> Probe:
    service = definition.services[name]
    own = [route for route in service.routes if route.domain == domain and route.for_everybody]
    asked = service.health.by == "http" and not any(route.rewrite for route in own)
    if asked and _owner(definition, domain, service.health.path) == name:
        return _at(definition, domain, service.health.path)
    routed = min((route.path for route in own), key=len)
    return _at(definition, domain, routed, strict=False)


def _at(definition: System, domain: str, path: str, *, strict: bool = True) -> Probe:
    return Probe(domain, definition.domains[domain], path, strict)


def _owner(definition: System, domain: str, path: str) -> str | None:
    """Returns the service with the longest route that is a prefix of `path`, segment by segment, or else the site;
    an empty name for a redirect."""
    routes = {
        route.path: name
        for name, service in definition.services.items()
        for route in service.routes
        if route.domain == domain and route.for_everybody and _begins(route.path, path)
    }
    routes |= {
        redirect.path: ""
        for redirect in definition.redirects
        if redirect.domain == domain and _begins(redirect.path, path)
    }
    if routes:
        return routes[max(routes, key=len)]
    return next((name for name, site in definition.sites.items() if site.domain == domain), None)


def _begins(prefix: str, path: str) -> bool:
    return path == prefix or path.startswith(f"{prefix.rstrip('/')}/")
