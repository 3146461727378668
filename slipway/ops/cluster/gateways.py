"""Decides when objects of the Gateway API are in force: when their controller reports it for their current generation.

Pulumi's provider has rules for none of these kinds, and a status describes the previous generation until the controller
has processed the new one. Trusting it would remove pods to which a proxy still sends visitors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from slipway.ops.cluster.verdict import READY, Verdict, condition_message, is_stale, waiting

Live = Mapping[str, Any]
STANDARD, ENVOY = "gateway.networking.k8s.io", "gateway.envoyproxy.io"
ACCEPTED, RESOLVED, PROGRAMMED = "Accepted", "ResolvedRefs", "Programmed"


def gateway(live: Live) -> Verdict:
    return _check_conditions(live, live.get("status", {}).get("conditions"), (ACCEPTED, PROGRAMMED))


def accepted(live: Live) -> Verdict:
    return _check_conditions(live, live.get("status", {}).get("conditions"), (ACCEPTED,))


def route(live: Live) -> Verdict:
    """Return whether a route is in force at each of its parents, whatever their controllers."""
    for parent in live.get("spec", {}).get("parentRefs") or ():
        entries = [each for each in _entries(live, "parents") if _is_of(each["parentRef"], parent, live)]
        verdict = _best(_check_conditions(live, each.get("conditions"), (ACCEPTED, RESOLVED)) for each in entries)
        if not verdict.is_ready:
            return waiting(
                f"at {'/'.join(filter(None, (parent['name'], parent.get('sectionName'))))}: {verdict.reason}"
            )
    return READY


def policy(live: Live) -> Verdict:
    """Return whether a policy is in force at all its targets."""
    entries = _entries(live, "ancestors")
    verdicts = [_check_conditions(live, each.get("conditions"), (ACCEPTED,)) for each in entries]
    return next((each for each in verdicts if not each.is_ready), READY if verdicts else waiting(UNSEEN))


UNSEEN = "its controller has not seen it yet"


def _check_conditions(live: Live, found: Sequence[Mapping[str, Any]] | None, wanted: Sequence[str]) -> Verdict:
    conditions = {each["type"]: each for each in found or ()}
    for name in wanted:
        condition = conditions.get(name)
        if condition is None:
            return waiting(UNSEEN)
        seen = condition.get("observedGeneration")
        if is_stale(seen, live):
            return waiting(f"its controller has seen generation {seen} of {live['metadata']['generation']}")
        if condition.get("status") != "True":
            return waiting(f"not {name}: {condition_message(condition)}")
    return READY


def _entries(live: Live, key: str) -> Sequence[Mapping[str, Any]]:
    return live.get("status", {}).get(key) or ()


def _best(verdicts: Iterator[Verdict]) -> Verdict:
    found = list(verdicts)
    return next((each for each in found if each.is_ready), found[0] if found else waiting(UNSEEN))


def _is_of(reported: Mapping[str, Any], parent: Mapping[str, Any], live: Live) -> bool:
    """Return whether a status is about this parent; it may omit a namespace that is the route's own."""
    own = {"namespace": live["metadata"].get("namespace"), "kind": "Gateway", "group": STANDARD}
    keys = ("group", "kind", "namespace", "name", "sectionName", "port")
    return all({**own, **reported}.get(key) == {**own, **parent}.get(key) for key in keys)


ROUTES = ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute")
POLICIES = (
    *("BackendTrafficPolicy", "ClientTrafficPolicy", "SecurityPolicy", "EnvoyExtensionPolicy", "EnvoyPatchPolicy"),
    "EnvoyProxy",
)
RULES: Mapping[tuple[str, str], Callable[[Live], Verdict]] = {
    (STANDARD, "GatewayClass"): accepted,
    (STANDARD, "Gateway"): gateway,
    (STANDARD, "ListenerSet"): gateway,
    (STANDARD, "BackendTLSPolicy"): policy,
    (ENVOY, "Backend"): accepted,
    **{(STANDARD, kind): route for kind in ROUTES},
    **{(ENVOY, kind): policy for kind in POLICIES},
}
