"""The traffic split at the gateway: the weights of each route, and whether its controller has processed them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slipway.ops.cluster import gateways
from slipway.ops.cluster.api import Api
from slipway.ops.cluster.verdict import Verdict

ROUTES = "/apis/gateway.networking.k8s.io/v1/namespaces/{namespace}/httproutes"
SLOTS = ("blue", "green")
BY_WEIGHT = "by-weight-any"
"""The rule of a route for visitors without a cookie; the route of a closed system lacks it."""


@dataclass(frozen=True)
class Split:
    """The split of one route: percent by slot, none while it is closed, and whether it is in force."""

    weights: Mapping[str, int] | None
    standing: Verdict


def in_force(api: Api, namespace: str) -> dict[str, Split]:
    """Return the split of each route that divides visitors, open or closed. Raises CloudFailure."""
    found = {each["metadata"]["name"]: each for each in api.items(ROUTES.format(namespace=namespace))}
    return {
        name: Split(_weights(each), gateways.route(each)) for name, each in sorted(found.items()) if _is_entry(each)
    }


def _is_entry(route: Mapping[str, Any]) -> bool:
    return any(rule.get("name") in (BY_WEIGHT, "maintenance") for rule in route["spec"].get("rules") or ())


def _weights(route: Mapping[str, Any]) -> dict[str, int] | None:
    rule = next((rule for rule in route["spec"]["rules"] if rule.get("name") == BY_WEIGHT), None)
    if rule is None:
        return None
    found = {backend["name"].rpartition("-")[2]: backend.get("weight", 1) for backend in rule["backendRefs"]}
    return {slot: found.get(slot, 0) for slot in SLOTS}
