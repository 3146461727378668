"""Rules that relate the routes, sites and redirects of one system to each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from slipway.settings.finding import Finding, Found, known
from slipway.settings.hosts import is_wildcard, one_host
from slipway.settings.limits import most
from slipway.settings.pointers import Path as Keys
from slipway.settings.problems import nearest
from slipway.settings.references import FromSecret
from slipway.settings.routes import (
    HTTPS,
    METHODS,
    Headers,
    Login,
    Redirect,
    Route,
    TcpRoute,
    TlsRoute,
    left_methods,
    same_headers,
)
from slipway.settings.secret_forms import is_secret
from slipway.settings.services import Service, Supplied
from slipway.settings.system import System

RESERVED_HEADERS = "x-slipway-"
"""Beginning of the headers by which the gateway chooses a slot."""
OWN_HEADERS = frozenset(
    {
        "host",
        "content-length",
        "connection",
        "transfer-encoding",
        "upgrade",
        "te",
        "trailer",
        "keep-alive",
        "set-cookie",
    }
)
"""Headers of the connection, the message or the slot's cookie, which no route may change."""
OWN_MATCHES = 2
"""Headers that Slipway's own rules ask for beside a route's: those of smoke tests."""
OWN_CHANGES = 1
"""Headers that Slipway sets beside a route's: the slot, and its cookie."""

PLAIN = 80
"""Port of the gateway at which it redirects to TLS. Source: RFC 9110, section 4.2.1."""
SHIFT, PRIVILEGED = 10_000, 1024
"""Envoy Gateway's proxies serve ports below 1024 at one that is greater by ten thousand, since they have no privileges.
Source: its translator."""
PROXY_PORTS = range(19_000, 19_004)
"""Ports of the proxies themselves: administration, metrics, shutdown, readiness. Source: Envoy Gateway's bootstrap."""
LISTENERS_OF_DOMAIN = 2
"""Listeners of a domain whose requests the gateway reads: of HTTPS, and of plain HTTP."""


def findings(system: System) -> Found:
    """Yield everything that is wrong with the ways into `system`."""
    yield from _wildcards(system)
    yield from _routes(system)
    yield from _logins(system)
    yield from _sites(system)
    yield from _origins(system)
    yield from _redirects(system)
    yield from _connections(system)


def _wildcards(system: System) -> Found:
    """Check that no domain with an address of its own is lost with a region that clouds cannot ask about it."""
    for key, host in system.domains.items():
        if is_wildcard(host) and system.recovery is not None:
            rule = (
                "is a wildcard, which no cloud asks whether it answers, so it would not fail over: name each host, or take "
                "'recovery' away"
            )
            yield Finding(("domains", key), rule, (("recovery",),))


def connections(system: System) -> Iterator[tuple[Keys, str, TlsRoute | TcpRoute]]:
    """Yield each route of connections, with its place and its service."""
    for name, service in system.services.items():
        for key, routes in (("tlsRoutes", service.tls_routes), ("tcpRoutes", service.tcp_routes)):
            for index, route in enumerate(routes):
                yield ("services", name, key, index), name, route


def _connections(system: System) -> Found:
    """Check the routes of connections. Two of TLS share a port if their hosts differ."""
    requests = _requested(system)
    before: list[tuple[Keys, str, TlsRoute | TcpRoute]] = []
    for path, name, route in connections(system):
        yield from _led(path, system, system.services[name], route)
        yield from _listener(path, route, requests)
        met = [(place, other) for place, other, each in before if clash(route, each) or _place(route) == _place(each)]
        for place, other in met[:1]:
            yield Finding((*path, "listener"), f"is already a port of service '{other}': choose another one", (place,))
        before.append((path, name, route))
        if system.recovery is not None:
            rule = (
                "is a route of connections, but DNS asks over HTTPS whether a domain answers before it fails over: take "
                "'recovery' away, or serve it over HTTPS"
            )
            yield Finding(path, rule, (("recovery",),))
    listeners = LISTENERS_OF_DOMAIN * len(requests) + len(before)
    if before and listeners > most("gateway listeners"):
        rule = (
            f"needs {listeners} listeners of the gateway with its domains, and there can be {most('gateway listeners')}"
        )
        yield Finding(before[-1][0], rule)


def _requested(system: System) -> dict[str, Keys]:
    """Return the domains of which the gateway reads requests, with what says so."""
    found: dict[str, Keys] = {}
    for path, _, route in _declared(system):
        found.setdefault(route.domain, path)
    for name, site in system.sites.items():
        found.setdefault(site.domain, ("sites", name))
    for index, redirect in enumerate(system.redirects):
        found.setdefault(redirect.domain, ("redirects", index))
    return found


def _led(path: Keys, system: System, service: Service, route: TlsRoute | TcpRoute) -> Found:
    """Check where a route of connections begins and ends."""
    if isinstance(route, TcpRoute):
        yield from one_host((*path, "domain"), route.domain, system.domains)
    else:
        yield from known((*path, "domain"), "domains", route.domain, system.domains)
    if route.port is not None:
        if route.port not in service.ports:
            rule = f"is not one of the service's ports{nearest(route.port, service.ports) or ': name it there'}"
            yield Finding((*path, "port"), rule, ((*path[:2], "ports"),))
    elif service.port is None:
        rule = "leads to the service's 'port', which it has not: set 'port' to a name in its 'ports', or the service's 'port'"
        yield Finding(path, rule)


def _listener(path: Keys, route: TlsRoute | TcpRoute, requests: Mapping[str, Keys]) -> Found:
    where, port = (*path, "listener"), route.listener
    if port == PLAIN or (port == HTTPS and isinstance(route, TcpRoute)):
        rule = "is the port at which the gateway reads the requests of every system: choose another one"
        yield Finding(where, rule)
    elif port in PROXY_PORTS or SHIFT < port < SHIFT + PRIVILEGED:
        yield Finding(where, "is a port that Envoy Gateway's proxies use themselves: choose another one")
    elif port == HTTPS and route.domain in requests:
        rule = f"is at a domain whose requests the gateway reads at {HTTPS}: choose another domain or 'listener'"
        yield Finding((*path, "domain"), rule, (requests[route.domain],))


def clash(one: TlsRoute | TcpRoute, other: TlsRoute | TcpRoute) -> bool:
    """Return whether two routes want one port of the gateway, at which only TLS names hosts."""
    return one.listener == other.listener and not (isinstance(one, TlsRoute) and isinstance(other, TlsRoute))


def _place(route: TlsRoute | TcpRoute) -> tuple[str, int]:
    return route.domain, route.listener


def _declared(system: System) -> Iterator[tuple[Keys, str, Route]]:
    for name, service in system.services.items():
        for index, route in enumerate(service.routes):
            yield ("services", name, "routes", index), name, route


def _routes(system: System) -> Found:
    before: list[tuple[Keys, str, Route]] = []
    for path, name, route in _declared(system):
        yield from known((*path, "domain"), "domains", route.domain, system.domains)
        owner = next(((place, other) for place, other, each in before if _same_requests(route, each)), None)
        if owner is not None:
            yield Finding(path, f"is already the route of service '{owner[1]}'", (owner[0],))
        before.append((path, name, route))
        if route.stream and route.timeout is not None:
            rule = "is set beside 'stream', which has no timeout: take one of them away, or set 'idleTimeout'"
            yield Finding((*path, "timeout"), rule, ((*path, "stream"),))
        yield from _headers(path, route)
    for path, _, route in before:
        beside = [each for _, _, each in before if each is not route and _same_place(route, each)]
        if not route.methods and {method for each in beside for method in each.methods} >= set(METHODS):
            yield Finding(path, "has no method left: other routes of the same path have them all")


def _same_place(one: Route, other: Route) -> bool:
    same = (one.domain, one.path) == (other.domain, other.path)
    return same and same_headers(one.headers) == same_headers(other.headers)


def _same_requests(one: Route, other: Route) -> bool:
    """Return whether two routes are for the same requests. One without methods has those that others leave."""
    shared = bool(set(one.methods) & set(other.methods)) or not (one.methods or other.methods)
    return _same_place(one, other) and shared


def _logins(system: System) -> Found:
    for path, name, route in _declared(system):
        if route.login is None:
            continue
        where, login = (*path, "login"), route.login.at(route.path)
        yield from _client_secret(system, (*where, "clientSecret", "secret"), login.client_secret.secret)
        if system.services[name].protocol == "grpc":
            rule = "is of a service that speaks gRPC, whose clients follow no redirect to a login: let it check tokens itself"
            yield Finding(where, rule, (("services", name, "protocol"),))
        methods = left_methods(route, [each for _, _, each in _declared(system)])
        if route.headers or (methods and "GET" not in methods):
            rule = "is of a route that browsers do not reach by following a link: take 'headers' away, and add the method GET"
            yield Finding(where, rule)
        if login.callback == login.logout:
            yield Finding((*where, "logout"), "is the path of 'callback' too: choose another one")
        for key, own in (("callback", login.callback), ("logout", login.logout)):
            yield from _own_path(system, (*where, key), own or "", route)
        yield from _tokens(where, login)


def _own_path(system: System, path: Keys, own: str, route: Route) -> Found:
    """Check that the route itself takes a path of its login."""
    if own == "/" or not _begins(route.path, own):
        yield Finding(
            path, f"is not a path below {route.path}, at which the gateway logs in: choose one, or take it away"
        )
    routed = [(each.path, where) for where, _, each in _declared(system) if each.domain == route.domain]
    routed += [
        (each.path, ("redirects", at)) for at, each in enumerate(system.redirects) if each.domain == route.domain
    ]
    for other, where in routed:
        if len(other) > len(route.path) and _begins(other, own):
            yield Finding(path, f"is {own}, which the route of {other} takes: choose another one", (where,))


def _tokens(path: Keys, login: Login) -> Found:
    header = login.id_token_header
    if header is not None and header.lower() == "authorization" and login.forward_access_token:
        rule = "is the header of the access token: take 'forwardAccessToken' away, or choose another one"
        yield Finding((*path, "idTokenHeader"), rule, ((*path, "forwardAccessToken"),))
    if header is not None:
        yield from _own((*path, "idTokenHeader"), header)
        yield from _names((*path, "idTokenHeader"), {header: ""})


def _client_secret(system: System, path: Keys, name: str) -> Found:
    yield from known(path, "secrets", name, system.secrets)
    if name in system.secrets and not isinstance(system.secrets[name], Supplied):
        rule = "is generated, but an identity provider issues its own: declare it as {supplied: who issues it}"
        yield Finding(path, rule, (("secrets", name),))
    used = [each for service in system.services.values() for each in system.uses(service)]
    if name in system.pull_secrets or any(isinstance(each, FromSecret) and each.secret == name for each in used):
        yield Finding(path, "is used elsewhere too, but the gateway reads it in another form: declare it twice")


def _headers(path: Keys, route: Route) -> Found:
    where = (*path, "headers")
    yield from _names(where, route.headers)
    if len(route.headers) > most("route headers") - OWN_MATCHES:
        yield Finding(
            where, f"has more than the {most('route headers') - OWN_MATCHES} headers that a route can ask for"
        )
    for name, value in route.headers.items():
        yield from _secret((*where, name), name, value)
    for key, changes in (("requestHeaders", route.request_headers), ("responseHeaders", route.response_headers)):
        yield from _changes((*path, key), changes)


def _changes(path: Keys, changes: Headers) -> Found:
    yield from _names((*path, "set"), changes.set)
    for name, value in changes.set.items():
        yield from _secret((*path, "set", name), name, value)
        yield from _own((*path, "set", name), name)
    for index, name in enumerate(changes.remove):
        yield from _own((*path, "remove", index), name)
        if name.lower() in {each.lower() for each in changes.set}:
            yield Finding((*path, "remove", index), "is set as well: take one of them away", ((*path, "set"),))
    longest = most("route header changes") - OWN_CHANGES
    for key, found in (("set", changes.set), ("remove", changes.remove)):
        if len(found) > longest:
            yield Finding((*path, key), f"has more than the {longest} headers that a route can change")


def _names(path: Keys, headers: Mapping[str, str]) -> Found:
    """Check for names that differ in case only."""
    first: dict[str, str] = {}
    for name in headers:
        if first.setdefault(name.lower(), name) != name:
            yield Finding((*path, name), f"is the same header as '{first[name.lower()]}'")
        if name.lower().startswith(RESERVED_HEADERS):
            yield Finding((*path, name), f"begins with '{RESERVED_HEADERS}', which the gateway uses for slots")


def _own(path: Keys, name: str) -> Found:
    if name.lower() in OWN_HEADERS:
        yield Finding(path, f"is a header that the gateway writes itself: '{name}' cannot be changed")


def _secret(path: Keys, name: str, value: str) -> Found:
    if is_secret(name, value):
        yield Finding(path, "looks like a secret, and everybody can read it in the plan: let the service ask for it")


def _sites(system: System) -> Found:
    for name, site in system.sites.items():
        yield from one_host(("sites", name, "domain"), site.domain, system.domains)
        if name in system.services:
            yield Finding(("sites", name), "is already the name of a service")


def _origins(system: System) -> Found:
    for index, origin in enumerate(system.gateway.origins):
        yield from known(("gateway", "origins", index), "domains", origin, system.domains)


def _redirects(system: System) -> Found:
    places: dict[tuple[str, str], Keys] = {}
    for path, _, route in _declared(system):
        if not route.headers and not route.methods:
            places.setdefault((route.domain, route.path), path)
    sites = {site.domain: name for name, site in system.sites.items()}
    for index, redirect in enumerate(system.redirects):
        path = ("redirects", index)
        yield from known((*path, "domain"), "domains", redirect.domain, system.domains)
        if redirect.to is not None:
            yield from one_host((*path, "to"), redirect.to, system.domains)
        if redirect.to is not None and redirect.host is not None:
            yield Finding((*path, "host"), "is set beside 'to': take one of them away", ((*path, "to"),))
        if redirect.domain in sites:
            rule = f"is the domain of site '{sites[redirect.domain]}', which a cloud's edge may serve: redirect another"
            yield Finding((*path, "domain"), rule, (("sites", sites[redirect.domain], "domain"),))
        other = places.setdefault((redirect.domain, redirect.path), path)
        if other != path:
            yield Finding(path, "is already a route or a redirect", (other,))
        elif _is_endless(redirect, system):
            yield Finding(path, "leads back to itself: set 'to', 'host' or 'toPath' to where a route answers")


def _is_endless(redirect: Redirect, system: System) -> bool:
    """Return whether whoever follows it comes to it again, and it is the first of its ring."""
    seen: set[int] = set()
    here: Redirect | None = redirect
    places = {id(each): index for index, each in enumerate(system.redirects)}
    while here is not None and id(here) not in seen:
        seen.add(id(here))
        here = _next(here, system)
    return here is redirect and places[id(redirect)] == min(places[each] for each in seen)


def _next(redirect: Redirect, system: System) -> Redirect | None:
    """Return the redirect that answers where another one leads; None if something else does."""
    domain, path = redirect.to or redirect.domain, redirect.to_path or redirect.path
    if redirect.host is not None:
        domain = next((key for key, host in system.domains.items() if host == redirect.host), "")
    routes = [route.path for _, _, route in _declared(system) if route.domain == domain and _begins(route.path, path)]
    others = [each for each in system.redirects if each.domain == domain and _begins(each.path, path)]
    found = max(others, key=lambda each: len(each.path), default=None)
    return found if found is not None and all(len(found.path) > len(route) for route in routes) else None


def _begins(prefix: str, path: str) -> bool:
    return path == prefix or path.startswith(f"{prefix.rstrip('/')}/")
