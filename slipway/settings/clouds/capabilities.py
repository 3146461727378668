"""Capabilities that a cloud may lack. Each cloud declares its own; checks, errors and docs read them from there."""

from __future__ import annotations

from typing import Literal, get_args

Capability = Literal[
    "broker",
    "budgets",
    "buckets",
    "dns",
    "edge",
    "fail-over",
    "GPUs",
    "grants",
    "identities",
    "queues",
    "second region",
    "secrets",
]

MEANINGS: dict[Capability, str] = {
    "broker": "runs a managed message broker, `queue` with `hosting: managed`",
    "budgets": "reports the cost of a system, and warns",
    "buckets": "creates the buckets that a system declares",
    "dns": "manages DNS zones and records",
    "edge": "splits the traffic of static sites between slots at its edge",
    "fail-over": "fails over from a region that is down",
    "grants": "grants services rights on resources of others",
    "GPUs": "lets pods use GPUs of their nodes",
    "identities": "gives pods identities instead of keys",
    "queues": "runs queues and topics of its own, `queues` and `topics`",
    "second region": "stores copies in a second region",
    "secrets": "stores secrets outside the cluster",
}
CAPABILITIES: tuple[Capability, ...] = get_args(Capability)
