"""HTTPRoutes: they decide which slot of which service answers a request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from components.cluster.gateway.manifests.numbers import above, in_bytes
from slipway.release.objects import BYPASS_HEADER, SLOT_HEADER, SLOTS, UNUSED_HEADER
from slipway.settings.limits import most

PROBE_HEADER = "x-slipway-probe"
"""Header of probers, which a deliberately closed system answers with success."""
PROBERS = (
    {"type": "RegularExpression", "name": PROBE_HEADER, "value": ".+"},
    {"type": "RegularExpression", "name": "User-Agent", "value": "Amazon-Route53-Health-Check-Service.*"},
)
"""Identifies probers. Route 53 sends no custom header, but its own user agent:
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html"""
TOO_LARGE = "too-large"
"""HTTPRouteFilter that rejects a request by its Content-Length. Nothing is buffered to measure it: Envoy's buffer
breaks WebSockets and streams (envoyproxy/gateway#8578), and would fill the proxies that all systems share."""
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
"""Methods that may be retried."""
_NO_CHARACTER = r"[^\x00-\xFF]"
"""A pattern that matches no value, so that no client can choose a rule. Envoy reads bytes: it refuses greater characters,
and with them all routes of the gateway."""
_NEVER = [
    {
        "path": {"type": "PathPrefix", "value": "/"},
        "headers": [{"type": "RegularExpression", "name": UNUSED_HEADER, "value": _NO_CHARACTER}],
    }
]
"""Matches of a rule that does not apply."""
_UNUSED = 2
"""Matches of the rules for maintenance while visitors are split."""
_ON_A_PATH = 1 + 3 * (len(SAFE_METHODS) + 1)
"""Maximum number of matches per path in `open_route`: one for requests that are too large, and those of three kinds of
visitors."""
PATHS = min((most("route matches") - _UNUSED) // _ON_A_PATH, most("route matches of a rule") // len(SAFE_METHODS))
"""Maximum number of paths of one route."""
_EVERY = (*SAFE_METHODS, None)
"""Every method. A rule that names a method precedes one that does not, so a rule that must precede both names them too.
"""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A service or a static site at one domain. `backends` are its Services by slot."""

    name: str
    domain: str
    """Key of the domain."""
    host: str
    paths: Sequence[str]
    backends: Mapping[str, str]
    port: int
    source: str
    maximum_body: str
    """Maximum size of a request."""
    stream: bool = False
    """Whether requests and responses may be long-lived."""
    part: int = 1
    """Number of the route if an entry needs several, because of many paths or different limits."""

    @property
    def route(self) -> str:
        """Returns the route's name; no other name contains a dot."""
        return f"{self.name}-{self.domain}" + (f".{self.part}" if self.part > 1 else "")


@dataclass(frozen=True, kw_only=True)
class Split:
    """Percent of visitors by slot, and the cookie that pins them: `<slot>.<epoch>` on `domain`."""

    weights: Mapping[str, int]
    cookie: str
    domain: str
    epoch: int

    def with_weights(self, blue: int) -> Split:
        """Returns the split with `blue` percent of visitors in blue, and all others in green."""
        return replace(self, weights={"blue": blue, "green": 100 - blue})

    @property
    def is_open(self) -> bool:
        """Returns whether both slots have visitors."""
        return all(self.weights[slot] > 0 for slot in SLOTS)


def open_route(system: str, entry: Entry, split: Split, timeout: str) -> dict[str, Any]:
    """Returns the spec while the system is open. Safe methods have separate rules, so that they can be retried alone."""
    return _open(system, entry, split, timeout, {slot: slot for slot in sticky_slots(split)})


def released_routes(
    system: str, entry: Entry, split: Split, timeout: str, page: str, probed: str
) -> dict[str, dict[str, Any]]:
    """Returns the spec in each state, for the controller of releases. All have the same rules with the same backends in
    the same order; those that do not apply match no request. So Envoy knows each backend before it is used, and policies
    that name rules stay in force."""
    halves = split.with_weights(50)
    pinned = _open(system, entry, halves, timeout, {slot: slot for slot in SLOTS})["rules"]
    maintenance = closed_route(system, entry, page, probed)["rules"]
    applies = {
        "split": {rule["name"]: rule["matches"] for rule in pinned},
        "closed": {rule["name"]: rule["matches"] for rule in [pinned[0], *maintenance]},
        **{slot: _alone(entry, pinned[0], slot) for slot in SLOTS},
    }
    return {
        state: _route(
            system,
            entry,
            [{**rule, "matches": matches.get(rule["name"]) or _NEVER} for rule in [*pinned, *maintenance]],
        )
        for state, matches in applies.items()
    }


def _alone(entry: Entry, refused: Mapping[str, Any], slot: str) -> dict[str, list[dict[str, Any]]]:
    """Returns what the rules match while a slot has all visitors, those with the other one's cookie too."""
    return {
        refused["name"]: refused["matches"],
        _rule_name(slot, safe=True): _paths(entry, methods=SAFE_METHODS),
        _rule_name(slot, safe=False): _paths(entry),
    }


def closed_route(system: str, entry: Entry, page: str, probed: str) -> dict[str, Any]:
    """Returns the spec during maintenance: the HTTPRouteFilter `page` answers visitors, and `probed` answers probers,
    so that DNS does not fail over while the system is closed on purpose."""
    whole = replace(entry, paths=_outermost(entry.paths))
    asked = [match for prober in PROBERS for match in _paths(whole, headers=[prober])]
    return _route(
        system,
        entry,
        [
            {"name": "maintenance-probed", "matches": asked, "filters": [_extension(probed)]},
            {"name": "maintenance", "matches": _paths(whole), "filters": [_extension(page)]},
        ],
    )


def bypass_route(system: str, entry: Entry, split: Split, timeout: str) -> dict[str, Any]:
    """Returns the spec for smoke tests, which name a slot or get the one with more visitors."""
    usual = max(SLOTS, key=lambda slot: split.weights[slot])
    secret = {"type": "RegularExpression", "name": BYPASS_HEADER, "value": ".+"}
    named = [
        {
            "name": f"pass-{slot}",
            "matches": _paths(
                entry, methods=_EVERY, headers=[secret, {"type": "Exact", "name": SLOT_HEADER, "value": slot}]
            ),
            "backendRefs": [_backend(entry, slot, 1)],
            "timeouts": {"request": timeout},
        }
        for slot in SLOTS
    ]
    default = {
        "name": "pass",
        "matches": _paths(entry, methods=_EVERY, headers=[secret]),
        "backendRefs": [_backend(entry, usual, 1)],
        "timeouts": {"request": timeout},
    }
    return _route(system, entry, [*named, default])


def _refused(entry: Entry) -> dict[str, Any]:
    """Returns the rejecting rule, which must come first: among equally specific rules the first one applies."""
    length = {"type": "RegularExpression", "name": "Content-Length", "value": above(in_bytes(entry.maximum_body))}
    return {"name": TOO_LARGE, "matches": _paths(entry, headers=[length]), "filters": [_extension(TOO_LARGE)]}


def safe_rules(sticky: Sequence[str]) -> list[str]:
    """Returns the names of the rules whose requests may be retried; `sticky` are the slots with a cookie rule."""
    return [_rule_name(slot, safe=True) for slot in [*sticky, None]]


def _open(system: str, entry: Entry, split: Split, timeout: str, sticky: Mapping[str, str]) -> dict[str, Any]:
    rules = [rule for safe in (True, False) for rule in _rules(entry, split, timeout, safe, sticky)]
    return _route(system, entry, [_refused(entry), *rules])


def _route(system: str, entry: Entry, rules: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "parentRefs": [{"name": system, "sectionName": entry.domain}],
        "hostnames": [entry.host],
        "rules": rules,
    }


def _rules(entry: Entry, split: Split, timeout: str, safe: bool, sticky: Mapping[str, str]) -> list[dict[str, Any]]:
    """Returns the rules for safe methods, or for all. `sticky` is the slot that answers for each slot in a cookie."""
    methods = SAFE_METHODS if safe else (None,)
    timeouts = {"request": timeout}
    pinned = [
        {
            "name": _rule_name(slot, safe=safe),
            "matches": _paths(entry, methods=methods, headers=[_cookie(split, slot)]),
            "backendRefs": _alone_in(entry, answering),
            "timeouts": timeouts,
        }
        for slot, answering in sticky.items()
    ]
    shared = {
        "name": _rule_name(None, safe=safe),
        "matches": _paths(entry, methods=methods),
        "backendRefs": [_backend(entry, slot, split.weights[slot], split) for slot in SLOTS],
        "timeouts": timeouts,
    }
    return [*pinned, shared]


def sticky_slots(split: Split) -> list[str]:
    """Returns the slots with a cookie rule while people set the weights. A slot without visitors has none: its visitors
    are split by weight."""
    return [slot for slot in SLOTS if split.weights[slot] > 0] if split.is_open else []


def _rule_name(slot: str | None, *, safe: bool) -> str:
    return f"{slot or 'by-weight'}-{'safe' if safe else 'any'}"


def _cookie(split: Split, slot: str) -> dict[str, str]:
    return {
        "type": "RegularExpression",
        "name": "Cookie",
        "value": rf"(?:.*;\s*)?{split.cookie}={slot}\.[0-9.]+(?:;.*)?",
    }


def _outermost(paths: Sequence[str]) -> list[str]:
    """Removes paths that have another one as a prefix: a longer path would take precedence over a rule with a header
    match."""
    return [
        path for path in paths if not any(path != other and path.startswith(f"{other.rstrip('/')}/") for other in paths)
    ]


def _paths(
    entry: Entry, *, methods: Sequence[str | None] = (None,), headers: Sequence[Mapping[str, str]] = ()
) -> list[dict[str, Any]]:
    return [
        {
            "path": {"type": "PathPrefix", "value": path},
            **({"method": method} if method else {}),
            **({"headers": list(headers)} if headers else {}),
        }
        for path in entry.paths
        for method in methods
    ]


def _backend(entry: Entry, slot: str, weight: int, split: Split | None = None) -> dict[str, Any]:
    """Returns a backend with an explicit weight, because a missing one means 1. While visitors are split, the response
    sets the slot cookie."""
    told = {"name": SLOT_HEADER, "value": slot}
    filters = [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [told]}}]
    if split is not None and split.is_open:
        kept = {
            "name": "Set-Cookie",
            "value": f"{split.cookie}={slot}.{split.epoch}; Domain={split.domain}; Path=/; Max-Age=86400; "
            "Secure; HttpOnly; SameSite=Lax",
        }
        filters.append({"type": "ResponseHeaderModifier", "responseHeaderModifier": {"add": [kept]}})
    return {"name": entry.backends[slot], "port": entry.port, "weight": weight, "filters": filters}


def _alone_in(entry: Entry, slot: str) -> list[dict[str, Any]]:
    """Returns the backends of a rule whose requests all go to one slot. Metrics tell slots by a backend's number, so the
    other one has its place."""
    return [_backend(entry, each, 100 if each == slot else 0) for each in SLOTS]


def _extension(name: str) -> dict[str, Any]:
    return {
        "type": "ExtensionRef",
        "extensionRef": {"group": "gateway.envoyproxy.io", "kind": "HTTPRouteFilter", "name": name},
    }
