"""The traffic split at the gateway: the weights of each route, and whether its controller has processed them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slipway.ops.cluster import gateways
from slipway.ops.cluster.api import Api
from slipway.ops.cluster.verdict import Verdict
from slipway.release.objects import UNUSED_HEADER

ROUTES = tuple(
    f"/apis/gateway.networking.k8s.io/v1/namespaces/{{namespace}}/{plural}"
    for plural in ("httproutes", "tlsroutes", "tcproutes")
)
SLOTS = ("blue", "green")
BY_WEIGHT = "by-weight"
"""Beginning of the names of the rules for visitors without a cookie, and for connections."""


@dataclass(frozen=True)
class Split:
    """The split of one route: percent by slot, none while it is closed, and whether it is in force."""

    weights: Mapping[str, int] | None
    standing: Verdict


def in_force(api: Api, namespace: str) -> dict[str, Split]:
    """Return the split of each route that divides visitors, open or closed. Raises CloudFailure."""
    found = {each["metadata"]["name"]: each for path in ROUTES for each in api.items(path.format(namespace=namespace))}
    return {
        name: Split(_weights(each), gateways.route(each)) for name, each in sorted(found.items()) if _is_entry(each)
    }


def _is_entry(route: Mapping[str, Any]) -> bool:
    names = [rule.get("name") or "" for rule in route["spec"].get("rules") or ()]
    return any(name.startswith(BY_WEIGHT) or name == "maintenance" for name in names)


def _weights(route: Mapping[str, Any]) -> dict[str, int] | None:
    """Return what the rules that match requests say: shares, or one slot that has all visitors. A route of a release has
    the rules of its other states too, which match none. One of connections, whose only rule is `by-weight`, is closed while
    no backend has a weight."""
    used = {rule.get("name") or "": rule for rule in route["spec"]["rules"] if not _is_unused(rule)}
    shared = next((rule for name, rule in used.items() if name.startswith(BY_WEIGHT)), None)
    if shared is not None:
        found = {backend["name"].rpartition("-")[2]: backend.get("weight", 1) for backend in shared["backendRefs"]}
        closes = not any(found.values()) and BY_WEIGHT in used
        return None if closes else {slot: found.get(slot, 0) for slot in SLOTS}
    alone = {name.partition("-")[0] for name in used} & set(SLOTS)
    return {slot: 100 if slot in alone else 0 for slot in SLOTS} if len(alone) == 1 else None


def _is_unused(rule: Mapping[str, Any]) -> bool:
    asked = [{header["name"] for header in match.get("headers") or ()} for match in rule.get("matches") or ()]
    return bool(asked) and all(UNUSED_HEADER in names for names in asked)
