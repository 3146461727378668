"""The examples of docs/adopt.md, in the clusters of the stack `staging`."""

from __future__ import annotations

import re
from typing import Any

import yaml

from tests.rehearsed import ROOT, Rehearsed, rehearsed_with

CLUSTERS = {"AWS": "main", "Azure": "fleet"}
"""A cluster of `staging` on each cloud."""


def example(title: str) -> dict[str, Any]:
    """The block of the page whose first line is `# title`."""
    page = (ROOT / "docs" / "adopt.md").read_text(encoding="utf-8")
    (block,) = re.findall(rf"```yaml\n# {re.escape(title)}\n(.*?)```", page, re.DOTALL)
    return yaml.safe_load(block)


def staging(**changed: dict[str, Any]) -> dict[str, Any]:
    """The stack's file with keys of its clusters replaced, by cluster."""
    document = yaml.safe_load((ROOT / "Pulumi.staging.yaml").read_text(encoding="utf-8"))
    for cluster, keys in changed.items():
        document["config"]["slipway:clusters"][cluster].update(keys)
    return document


def with_networks() -> Rehearsed:
    """Both clusters in networks that exist."""
    changed = {cluster: example(f"existing network on {cloud}") for cloud, cluster in CLUSTERS.items()}
    return rehearsed_with("staging", staging(**changed))


def with_clusters() -> Rehearsed:
    """Both clusters exist, each in its network."""
    changed = {cluster: cluster_of(cloud) for cloud, cluster in CLUSTERS.items()}
    document = staging(**changed)
    document["config"]["slipway:clusters"]["main"].pop("deployers")
    return rehearsed_with("staging", document)


def cluster_of(cloud: str) -> dict[str, Any]:
    """The keys of a cluster that exists, in a network that does."""
    network, cluster = example(f"existing network on {cloud}"), example(f"existing cluster on {cloud}")
    for key in ("nodes", "outbound", "outboundType"):
        network["network"]["existing"].pop(key, None)
    return network | cluster
