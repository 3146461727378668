"""HTTPRoutes: they decide which slot of which service answers a request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from components.cluster.gateway.manifests.numbers import above, in_bytes
from slipway.release.objects import BYPASS_HEADER, SLOT_HEADER, SLOTS, UNUSED_HEADER
from slipway.settings.limits import most
from slipway.settings.routes import Headers, Login, RateLimit

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
NO_CHANGES = Headers()
"""Headers stay as they are."""
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
_UNUSED = 6
"""Most rules that a state does not need, with a match each: those that lead to slots while a system is closed."""
_KINDS = 3
"""Kinds of visitors: those with the cookie of either slot, and all others."""
_EVERY = (*SAFE_METHODS, None)
"""Every method. A rule that names a method precedes one that does not, so a rule that must precede both names them too.
"""


def paths_of_one_route(methods: Sequence[str]) -> int:
    """Returns how many paths with these methods one route can have: in the state with the most matches, which is `split`
    or `closed`, and for smoke tests."""
    safe, unsafe, named = len(_safe(methods)), len(_unsafe(methods)), len(methods or (None,))
    states = (named + _KINDS * (safe + unsafe), named * (1 + len(PROBERS) + 1), _KINDS * len(methods or _EVERY))
    longest = max(safe, unsafe, named * len(PROBERS), len(methods or _EVERY))
    return min((most("route matches") - _UNUSED) // max(states), most("route matches of a rule") // longest)


def _safe(methods: Sequence[str]) -> list[str]:
    return [each for each in SAFE_METHODS if not methods or each in methods]


def _unsafe(methods: Sequence[str]) -> list[str | None]:
    """Returns the other methods; None stands for all of them."""
    return [each for each in methods if each not in SAFE_METHODS] if methods else [None]


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Which requests a route takes, and what the gateway does with them. One route has the same for all of its paths."""

    maximum_body: str
    """Maximum size of a request."""
    timeout: str
    """Time limit of a response, in the gateway's form."""
    idle_timeout: str | None = None
    """Time limit of silence, in the gateway's form; that of the listener without it."""
    stream: bool = False
    """Whether requests and responses may be long-lived."""
    methods: Sequence[str] = ()
    """Methods; empty for all."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers that a request must have."""
    rewrite: str | None = None
    """What takes the place of a path."""
    request_headers: Headers = NO_CHANGES
    response_headers: Headers = NO_CHANGES
    allow: Sequence[str] = ()
    """Networks of clients; empty for all."""
    login: Login | None = None
    """Login of visitors, with its own paths."""
    rate_limit: RateLimit | None = None


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
    terms: Terms
    """On which requests are served."""
    part: int = 1
    """Number of the route if an entry needs several, because of many paths or different terms."""

    @property
    def route(self) -> str:
        """Returns the route's name; no other name contains a dot."""
        return f"{self.name}-{self.domain}" + (f".{self.part}" if self.part > 1 else "")

    @property
    def rewriting(self) -> str:
        """Returns the name of the HTTPRouteFilter that rewrites the route's paths."""
        return f"{self.route}-rewrite"


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


def open_route(system: str, entry: Entry, split: Split) -> dict[str, Any]:
    """Returns the spec while the system is open and people set the weights: `split`, or that of the slot that has all
    visitors. Safe methods have separate rules, so that they can be retried alone."""
    rules, states = _states(entry, split if split.is_open else split.with_weights(50))
    state = "split" if split.is_open else max(SLOTS, key=lambda slot: split.weights[slot])
    return _route(system, entry, _matching(rules, states[state]))


def released_routes(system: str, entry: Entry, split: Split, page: str, probed: str) -> dict[str, dict[str, Any]]:
    """Returns the spec in each state, for the controller of releases."""
    rules, states = _states(entry, split.with_weights(50))
    maintenance = closed_route(system, entry, page, probed)["rules"]
    states["closed"] = {rule["name"]: rule["matches"] for rule in [rules[0], *maintenance]}
    every = [*rules, *maintenance]
    return {state: _route(system, entry, _matching(every, matches)) for state, matches in states.items()}


Matches = list[dict[str, Any]]


def _states(entry: Entry, split: Split) -> tuple[list[dict[str, Any]], dict[str, dict[str, Matches]]]:
    """Returns the rules of an open route, and for each state what they match. All states have the same rules with the same
    backends in the same order; those that do not apply match no request. Envoy Gateway names Envoy's clusters by the
    number of a rule and of a backend, and Envoy answers 500 while it does not know a cluster (envoyproxy/gateway#6287,
    #9029). So each is known before it is used, and policies that name rules stay in force."""
    rules = [_refused(entry), *(rule for safe in (True, False) for rule in _rules(entry, split, safe))]
    shared = {"split": {rule["name"]: rule["matches"] for rule in rules}}
    return rules, {**shared, **{slot: _alone(entry, rules[0], slot) for slot in SLOTS}}


def _matching(rules: Sequence[dict[str, Any]], matches: Mapping[str, Matches]) -> list[dict[str, Any]]:
    return [{**rule, "matches": matches.get(rule["name"]) or _NEVER} for rule in rules]


def _alone(entry: Entry, refused: Mapping[str, Any], slot: str) -> dict[str, Matches]:
    """Returns what the rules match while a slot has all visitors, those with the other one's cookie too."""
    return {
        refused["name"]: refused["matches"],
        _rule_name(slot, safe=True): _paths(entry, methods=_safe(entry.terms.methods)),
        _rule_name(slot, safe=False): _paths(entry, methods=_unsafe(entry.terms.methods)),
    }


def closed_route(system: str, entry: Entry, page: str, probed: str) -> dict[str, Any]:
    """Returns the spec during maintenance: the HTTPRouteFilter `page` answers visitors, and `probed` answers probers,
    so that DNS does not fail over while the system is closed on purpose. A route closes the requests that it serves, and
    no others: those of another route are open to smoke tests."""
    conditional = bool(entry.terms.methods or entry.terms.headers)
    whole = entry if conditional else replace(entry, paths=_outermost(entry.paths))
    methods = entry.terms.methods or (None,)
    asked = [match for prober in PROBERS for match in _paths(whole, methods=methods, headers=[prober])]
    return _route(
        system,
        entry,
        [
            {"name": "maintenance-probed", "matches": asked, "filters": [_extension(probed)]},
            {"name": "maintenance", "matches": _paths(whole, methods=methods), "filters": [_extension(page)]},
        ],
    )


def bypass_route(system: str, entry: Entry, split: Split) -> dict[str, Any]:
    """Returns the spec for smoke tests, which name a slot or get the one with more visitors."""
    usual = max(SLOTS, key=lambda slot: split.weights[slot])
    secret = {"type": "RegularExpression", "name": BYPASS_HEADER, "value": ".+"}
    methods = entry.terms.methods or _EVERY
    named = [
        {
            "name": f"pass-{slot}",
            "matches": _paths(
                entry, methods=methods, headers=[secret, {"type": "Exact", "name": SLOT_HEADER, "value": slot}]
            ),
            **_answered(entry, [_backend(entry, slot, 1)]),
        }
        for slot in SLOTS
    ]
    default = {
        "name": "pass",
        "matches": _paths(entry, methods=methods, headers=[secret]),
        **_answered(entry, [_backend(entry, usual, 1)]),
    }
    return _route(system, entry, [*named, default])


def _refused(entry: Entry) -> dict[str, Any]:
    """Returns the rejecting rule, which must come first: among equally specific rules the first one applies."""
    length = {"type": "RegularExpression", "name": "Content-Length", "value": above(in_bytes(entry.terms.maximum_body))}
    matches = _paths(entry, methods=entry.terms.methods or (None,), headers=[length])
    return {"name": TOO_LARGE, "matches": matches, "filters": [_extension(TOO_LARGE)]}


def safe_rules() -> list[str]:
    """Returns the names of the rules whose requests may be retried."""
    return [_rule_name(slot, safe=True) for slot in (*SLOTS, None)]


def visitors_rules() -> list[str]:
    """Returns the names of all rules that lead visitors to a slot."""
    return [_rule_name(slot, safe=safe) for safe in (True, False) for slot in (*SLOTS, None)]


def _route(system: str, entry: Entry, rules: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "parentRefs": [{"name": system, "sectionName": entry.domain}],
        "hostnames": [entry.host],
        "rules": rules,
    }


def _rules(entry: Entry, split: Split, safe: bool) -> list[dict[str, Any]]:
    """Returns the rules for safe methods, or for all others: for the cookie of each slot, and by weight. A route without
    such methods has the rules all the same, because policies name them."""
    methods = _safe(entry.terms.methods) if safe else _unsafe(entry.terms.methods)
    pinned = [
        {
            "name": _rule_name(slot, safe=safe),
            "matches": _paths(entry, methods=methods, headers=[_cookie(split, slot)]) or _NEVER,
            **_answered(entry, _alone_in(entry, slot)),
        }
        for slot in SLOTS
    ]
    shared = {
        "name": _rule_name(None, safe=safe),
        "matches": _paths(entry, methods=methods) or _NEVER,
        **_answered(entry, [_backend(entry, slot, split.weights[slot], split) for slot in SLOTS]),
    }
    return [*pinned, shared]


def _answered(entry: Entry, backends: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Returns what a rule does whose requests a service answers."""
    terms = entry.terms
    rewritten = {"filters": [_extension(entry.rewriting)]} if terms.rewrite else {}
    return {**rewritten, "backendRefs": list(backends), "timeouts": {"request": terms.timeout}}


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
    """Returns a match for each path and method, with the headers that the route asks for and these."""
    asked = [{"type": "Exact", "name": name, "value": value} for name, value in entry.terms.headers.items()]
    headers = [*asked, *headers]
    return [
        {
            "path": {"type": "PathPrefix", "value": path},
            **({"method": method} if method else {}),
            **({"headers": headers} if headers else {}),
        }
        for path in entry.paths
        for method in methods
    ]


def _backend(entry: Entry, slot: str, weight: int, split: Split | None = None) -> dict[str, Any]:
    """Returns a backend with an explicit weight, because a missing one means 1. While visitors are split, the response
    sets the slot cookie."""
    terms, added = entry.terms, list[dict[str, str]]()
    reported = {"name": SLOT_HEADER, "value": slot}
    filters: list[dict[str, Any]] = [
        {"type": "RequestHeaderModifier", "requestHeaderModifier": _changes(terms.request_headers, first=[reported])}
    ]
    if split is not None and split.is_open:
        kept = {
            "name": "Set-Cookie",
            "value": f"{split.cookie}={slot}.{split.epoch}; Domain={split.domain}; Path=/; Max-Age=86400; "
            "Secure; HttpOnly; SameSite=Lax",
        }
        added = [kept]
    if added or terms.response_headers != NO_CHANGES:
        changes = {**({"add": added} if added else {}), **_changes(terms.response_headers)}
        filters.append({"type": "ResponseHeaderModifier", "responseHeaderModifier": changes})
    return {"name": entry.backends[slot], "port": entry.port, "weight": weight, "filters": filters}


def _changes(headers: Headers, *, first: Sequence[Mapping[str, str]] = ()) -> dict[str, Any]:
    """Returns what a filter sets and removes."""
    written = [*first, *({"name": name, "value": value} for name, value in headers.set.items())]
    return {
        **({"set": written} if written else {}),
        **({"remove": list(headers.remove)} if headers.remove else {}),
    }


def _alone_in(entry: Entry, slot: str) -> list[dict[str, Any]]:
    """Returns the backends of a rule whose requests all go to one slot. Metrics tell slots by a backend's number, so the
    other one has its place."""
    return [_backend(entry, each, 100 if each == slot else 0) for each in SLOTS]


def _extension(name: str) -> dict[str, Any]:
    return {
        "type": "ExtensionRef",
        "extensionRef": {"group": "gateway.envoyproxy.io", "kind": "HTTPRouteFilter", "name": name},
    }
