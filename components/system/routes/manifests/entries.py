"""The entry points of a system: one for each service or static site at each of its domains; several if paths have
different terms, or if there are many paths."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from components.cluster.gateway.manifests.numbers import NEVER, time
from components.manifests import names
from components.sites.manifests.edge import parent_domain
from components.system.routes.manifests.http_routes import SLOTS, Entry, Split, Terms, paths_of_one_route
from slipway.settings.hosts import bare
from slipway.settings.routes import Login, Route, left_methods
from slipway.settings.stacks import DeployedSystem
from slipway.settings.system import System

_NUMBERS = 100_000
"""How many numbers routes of other terms than the usual have. Chosen: five digits, since metrics are found by them."""


class Declared(NamedTuple):
    """A route of a service at one domain."""

    key: str
    path: str
    terms: Terms


def of_services(deployed: DeployedSystem) -> list[Entry]:
    """Returns the entries of services with a route, in the order of the definition."""
    definition = deployed.definition
    declared = [route for service in definition.services.values() for route in service.routes]
    found: list[Entry] = []
    for name, service in definition.services.items():
        for domain in dict.fromkeys(route.domain for route in service.routes):
            own = [
                Declared(_key(route, declared), route.path, _terms(route, declared, definition))
                for route in service.routes
                if route.domain == domain
            ]
            for part, terms, paths in _parts(own, usual(definition)):
                found.append(
                    Entry(
                        name=name,
                        domain=domain,
                        host=definition.domains[domain],
                        paths=paths,
                        backends={slot: names.in_slot(name, slot) for slot in SLOTS},
                        port=service.address_port,
                        source=service.source,
                        terms=terms,
                        part=part,
                    )
                )
    return found


def usual(definition: System) -> Terms:
    """Returns the terms of a route that names none."""
    rules = definition.gateway
    return Terms(maximum_body=rules.maximum_body, timeout=time(rules.timeout), rate_limit=definition.rate_limit)


def _terms(route: Route, declared: list[Route], definition: System) -> Terms:
    rules = definition.gateway
    return Terms(
        maximum_body=route.maximum_body or rules.maximum_body,
        timeout=NEVER if route.stream else time(route.timeout or rules.timeout),
        idle_timeout=None if route.idle_timeout is None else time(route.idle_timeout),
        stream=route.stream,
        methods=tuple(left_methods(route, declared)),
        headers=route.headers,
        rewrite=route.rewrite,
        request_headers=route.request_headers,
        response_headers=route.response_headers,
        allow=tuple(route.allow),
        login=_login(route),
        rate_limit=route.rate_limit or definition.rate_limit,
    )


def _login(route: Route) -> Login | None:
    return None if route.login is None else route.login.at(route.path)


def _key(route: Route, declared: list[Route]) -> str:
    """Returns what a route declares beside its path; values that it takes from the system are no part of it."""
    own = route.model_dump(mode="json", exclude={"domain", "path", "methods", "login"})
    login = _login(route)
    own |= {"login": login.model_dump(mode="json")} if login is not None else {}
    return json.dumps({**own, "methods": left_methods(route, declared)}, sort_keys=True)


def _parts(declared: Sequence[Declared], plain: Terms) -> Iterator[tuple[int, Terms, list[str]]]:
    """Groups paths with the same terms, as many per route as it can have, and numbers the routes. A number depends on
    what is declared and on the paths before, so that neither other terms nor a path at the end renames a route."""
    alike: dict[str, tuple[Terms, list[str]]] = {}
    for each in sorted(declared, key=lambda each: each.terms != plain):
        key = "" if each.terms == plain else each.key
        alike.setdefault(key, (each.terms, []))[1].append(each.path)
    taken: set[int] = set()
    for key, (terms, paths) in alike.items():
        number = 0
        if terms != plain:
            number = _number(key, taken)
            taken.add(number)
        together = paths_of_one_route(terms.methods)
        for part, begun in enumerate(range(0, len(paths), together), 1):
            yield _numbered(number, part), terms, paths[begun : begun + together]


def _number(key: str, taken: Collection[int]) -> int:
    """Returns a number of terms that no other terms of the entry have."""
    number = int(hashlib.sha256(key.encode()).hexdigest(), 16) % _NUMBERS
    while _NUMBERS + number in taken:
        number = (number + 1) % _NUMBERS
    return _NUMBERS + number


def _numbered(number: int, part: int) -> int:
    """Returns the number of a route: of usual terms 1, 2 and so on, of others their own number, followed by the part."""
    return int(f"{number}{part:03}") if number and part > 1 else number or part


def of_site(deployed: DeployedSystem, name: str, backends: Mapping[str, str], port: int) -> Entry:
    """Returns the entry of a static site. Its rate is not limited: its pages and scripts cause many requests by one
    visitor."""
    site = deployed.definition.sites[name]
    return Entry(
        name=name,
        domain=site.domain,
        host=deployed.definition.domains[site.domain],
        paths=["/"],
        backends=backends,
        port=port,
        source=site.source,
        terms=replace(usual(deployed.definition), rate_limit=None),
    )


def at_origin(entry: Entry) -> Entry:
    """Returns the same entry at this cluster's own name of the domain, which reaches it while another region has the
    domain."""
    return Entry(**{**vars(entry), "domain": f"{entry.domain}-origin", "host": f"origin.{entry.host}"})


def split(deployed: DeployedSystem, stack: str, host: str) -> Split:
    """Returns the current weights at `host`. All hosts of the system share the cookie if they have a common domain."""
    deployment = deployed.deployment
    try:
        domain = parent_domain(list(deployed.definition.domains.values()))
    except ValueError:
        domain = bare(host)
    return Split(
        weights={slot: deployment.weight(slot) for slot in SLOTS},
        cookie=names.slot_cookie(stack, deployed.name),
        domain=domain,
        epoch=deployment.attempt,
    )
