"""Each system of `prod` on each cloud, in an empty stack: its entry moved to another cluster, with no other edit."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path
from typing import Any

import yaml

from cli.selection import Selection, select
from rehearsal import Rehearsal

ROOT = Path(__file__).parents[2]
CLUSTERS = {"aws": ("prod", "main"), "azure": ("prod", "fleet"), "local": ("local", "main")}
"""The stack and cluster that a cloud's settings are taken from."""


@functools.cache
def rehearsed(cloud: str, system: str) -> tuple[Rehearsal, Selection]:
    """`system` as `prod` places it, alone on the cluster of `cloud`, judged by the policy pack."""
    stack, cluster = CLUSTERS[cloud]
    config = {
        "slipway:environment": "production",
        "slipway:clusters": {cluster: {**_clusters(stack)[cluster], "systems": {system: _placement(system)}}},
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "Pulumi.empty.yaml"
        file.write_text(yaml.safe_dump({"config": config}))
        selection = select(ROOT, None, file)
        return selection.rehearse(judged=True), selection


def _placement(system: str) -> dict[str, Any]:
    entries = [cluster["systems"] for cluster in _clusters("prod").values()]
    return next(systems[system] for systems in entries if system in systems)


def _clusters(stack: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]["slipway:clusters"]
