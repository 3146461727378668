"""The systems of `prod` on each cloud, in an empty stack: their entries moved to one cluster, with no other edits than the
regions for personal data, which every cloud names differently, and without what the cloud cannot act on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from slipway.settings.clouds import CLOUDS
from slipway.settings.document import read
from slipway.settings.inert import asked
from slipway.settings.pointers import Path
from tests.rehearsed import ROOT, Rehearsed, rehearsed_with

CLUSTERS = {"aws": ("prod", "main"), "azure": ("prod", "fleet"), "local": ("local", "main")}
"""The stack and cluster that a cloud's settings are taken from."""


def moved(cloud: str) -> Rehearsed:
    """Every system as `prod` places it, on the cluster of `cloud`, judged by the policy pack."""
    stack, cluster = CLUSTERS[cloud]
    clusters = _clusters(stack)
    placed = {name: entry for each in _clusters("prod").values() for name, entry in each["systems"].items()}
    for path in _without_effect(cloud):
        _drop(placed, path)
    if cloud == "azure":
        placed["smartwallet"]["compliance"] = {"regions": [clusters[cluster]["region"]]}
        # The registry of another stack, in which tags could be moved.
        clusters[cluster]["releases"]["image"] += f"@sha256:{'0' * 64}"
    config = {
        "slipway:environment": "production",
        "slipway:clusters": {"main": {**clusters[cluster], "systems": placed}},
    }
    return rehearsed_with("empty", {"config": config})


def _without_effect(cloud: str) -> list[Path]:
    """Return the keys that `prod` sets and the cloud refuses, by system and path."""
    clusters = read(ROOT / "Pulumi.prod.yaml", "Pulumi.prod.yaml")["config"]["slipway:clusters"]
    systems = {name: entry for each in clusters.values() for name, entry in each["systems"].items()}
    return [(name, *path) for name, entry in systems.items() for path in asked(CLOUDS[cloud].inert, entry)]


def _drop(value: Any, path: Path) -> None:
    for segment in path[:-1]:
        value = value[segment]
    del value[path[-1]]


def _clusters(stack: str) -> Mapping[str, Any]:
    return yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]["slipway:clusters"]
