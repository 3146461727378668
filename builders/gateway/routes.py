"""HTTPRoutes: which slot of which service answers a request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SLOTS = ("blue", "green")
SLOT_HEADER = "x-slipway-slot"
"""Tells the service its slot. A filter of its own makes each slot a cluster of its own in Envoy, so that metrics tell
slots apart (envoyproxy/gateway merges plain weighted backends)."""
PASS_HEADER = "x-slipway-pass"
"""With the system's secret, smoke tests reach the slot that SLOT_HEADER names, in maintenance too."""
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
"""What may be tried anew."""
_EVERY = (*SAFE_METHODS, None)
"""A rule that names a method comes before one that does not: what is to come before both names them too."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A service, or a static site, at one domain. `backends` are its Services by slot."""

    name: str
    domain: str
    """The key of the domain."""
    host: str
    paths: Sequence[str]
    backends: Mapping[str, str]
    port: int
    source: str

    @property
    def route(self) -> str:
        return f"{self.name}-{self.domain}"


@dataclass(frozen=True, kw_only=True)
class Split:
    """Percent of visitors by slot, and the cookie by which they stay: `<slot>.<epoch>` on `domain`."""

    weights: Mapping[str, int]
    cookie: str
    domain: str
    epoch: int

    @property
    def is_open(self) -> bool:
        """Whether both slots have visitors."""
        return all(self.weights[slot] > 0 for slot in SLOTS)


def open_route(system: str, entry: Entry, split: Split, timeout: str) -> dict[str, Any]:
    """The spec while the system is open. Rules for safe methods stand beside those for all, to be tried anew alone."""
    rules = [rule for safe in (True, False) for rule in _rules(entry, split, timeout, safe)]
    return _route(system, entry, rules)


def closed_route(system: str, entry: Entry, page: str) -> dict[str, Any]:
    """The spec in maintenance: the HTTPRouteFilter `page` answers everything."""
    rule = {"name": "maintenance", "matches": _paths(entry), "filters": [_extension(page)]}
    return _route(system, entry, [rule])


def pass_route(system: str, entry: Entry, split: Split, timeout: str) -> dict[str, Any]:
    """The spec for smoke tests: they name a slot, or take the one with more visitors."""
    usual = max(SLOTS, key=lambda slot: split.weights[slot])
    secret = {"type": "RegularExpression", "name": PASS_HEADER, "value": ".+"}
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


def safe_rules(split: Split) -> list[str]:
    """Names of the rules whose requests may be tried anew."""
    return [_rule_name(slot, safe=True) for slot in [*_sticky(split), None]]


def _route(system: str, entry: Entry, rules: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "parentRefs": [{"name": system, "sectionName": entry.domain}],
        "hostnames": [entry.host],
        "rules": rules,
    }


def _rules(entry: Entry, split: Split, timeout: str, safe: bool) -> list[dict[str, Any]]:
    methods = SAFE_METHODS if safe else (None,)
    timeouts = {"request": timeout}
    sticky = [
        {
            "name": _rule_name(slot, safe=safe),
            "matches": _paths(entry, methods=methods, headers=[_cookie(split, slot)]),
            "backendRefs": [_backend(entry, slot, 1)],
            "timeouts": timeouts,
        }
        for slot in _sticky(split)
    ]
    shared = {
        "name": _rule_name(None, safe=safe),
        "matches": _paths(entry, methods=methods),
        "backendRefs": [_backend(entry, slot, split.weights[slot], split) for slot in SLOTS],
        "timeouts": timeouts,
    }
    return [*sticky, shared]


def _sticky(split: Split) -> list[str]:
    """A slot without visitors loses its cookie rule: who had it goes where the weights say."""
    return [slot for slot in SLOTS if split.weights[slot] > 0] if split.is_open else []


def _rule_name(slot: str | None, *, safe: bool) -> str:
    return f"{slot or 'by-weight'}-{'safe' if safe else 'any'}"


def _cookie(split: Split, slot: str) -> dict[str, str]:
    return {
        "type": "RegularExpression",
        "name": "Cookie",
        "value": rf"(?:.*;\s*)?{split.cookie}={slot}\.[0-9.]+(?:;.*)?",
    }


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
    """Both weights are always written: one that is left out means 1. While visitors are split, each is told its slot."""
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


def _extension(name: str) -> dict[str, Any]:
    return {
        "type": "ExtensionRef",
        "extensionRef": {"group": "gateway.envoyproxy.io", "kind": "HTTPRouteFilter", "name": name},
    }
