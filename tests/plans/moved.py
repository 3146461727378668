"""The systems of `prod` on each cloud, in an empty stack: their entries moved to one cluster, with no other edit than the
regions for personal data, which every cloud names differently."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from tests.rehearsed import ROOT, Rehearsed, rehearsed_with

CLUSTERS = {"aws": ("prod", "main"), "azure": ("prod", "fleet"), "local": ("local", "main")}
"""The stack and cluster that a cloud's settings are taken from."""


def moved(cloud: str) -> Rehearsed:
    """Every system as `prod` places it, on the cluster of `cloud`, judged by the policy pack."""
    stack, cluster = CLUSTERS[cloud]
    clusters = _clusters(stack)
    placed = {name: entry for each in _clusters("prod").values() for name, entry in each["systems"].items()}
    if cloud == "azure":
        placed["smartwallet"]["compliance"] = {"regions": [clusters[cluster]["region"]]}
        # The registry of another stack, in which tags could be moved.
        clusters[cluster]["releases"]["image"] += f"@sha256:{'0' * 64}"
    config = {
        "slipway:environment": "production",
        "slipway:clusters": {"main": {**clusters[cluster], "systems": placed}},
    }
    return rehearsed_with("empty", {"config": config})


def _clusters(stack: str) -> Mapping[str, Any]:
    return yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]["slipway:clusters"]
