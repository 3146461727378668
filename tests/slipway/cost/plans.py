"""Plans of a few resources, and prices of a few items, as the tests of costs need them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slipway.cost import Prices
from slipway.cost.prices import Assumption, Item, Row
from slipway.rehearsal import Plan, Step

STACK = "urn:pulumi:test::slipway::pulumi:pulumi:Stack::slipway-test"
ASSUMED = {"hours": 730.0, "node-cpu": 0.5, "node-memory": 3.0, "nodes-minimum": 3.0, "node-disk": 80.0, "zones": 3.0}


def plan(*steps: Step) -> Plan:
    return Plan(project="slipway", stack="test", organization="organization", steps=steps)


def component(type_: str, name: str, parent: str = STACK) -> Step:
    return Step("create", urn(type_, name), {"type": type_, "parent": parent, "custom": False})


def provider(type_: str, name: str, **inputs: Any) -> Step:
    token = f"pulumi:providers:{type_}"
    return Step("create", urn(token, name), {"type": token, "parent": STACK, "custom": True, "inputs": inputs})


def resource(type_: str, name: str, *, by: Step, parent: Step | None = None, op: str = "create", **inputs: Any) -> Step:
    return Step(
        op,
        urn(type_, name),
        {
            "type": type_,
            "custom": True,
            "parent": parent.urn if parent else STACK,
            "provider": f"{by.urn}::id",
            "inputs": inputs,
        },
    )


def urn(type_: str, name: str) -> str:
    return f"urn:pulumi:test::slipway::{type_}::{name}"


def prices(rows: Mapping[str, float], *, cloud: str = "aws", region: str = "us-east-1", **assumed: float) -> Prices:
    """Items with their prices in one region, and the assumptions besides the usual."""
    items = {
        name: Item(
            service="Service",
            filter={"usageType": name},
            unit="unit",
            page="https://example.com/pricing/",
            regions={region: Row(usd=usd, day="2026-01-02")},
        )
        for name, usd in rows.items()
    }
    named = {**ASSUMED, **{name.replace("_", "-"): value for name, value in assumed.items()}}
    return Prices(
        {cloud: items}, {name: Assumption(value=value, unit="unit", why="why") for name, value in named.items()}
    )


MAIN = (
    component("slipway:aws:Foundation", "main"),
    component("slipway:cluster:Cluster", "main"),
    AWS := provider("aws", "main", region="us-east-1"),
    SYSTEMS := provider("kubernetes", "main-systems"),
    SHOP := component("slipway:system:System", "shop"),
)
"""A cluster in a cloud, its providers, and a system on it."""
