"""Kubernetes objects of a system's own, as the API server gets them."""

from __future__ import annotations

from typing import Any

import pytest

from components.manifests import own_objects
from components.manifests.scope import Scope
from slipway.settings.cluster_services import HomeOfMetrics, Homes
from slipway.settings.kinds import PODS_OF
from slipway.settings.manifests import Manifest
from slipway.settings.pointers import Pointer

OWNED = Homes(metrics=HomeOfMetrics(namespace="observability", labels={"release": "owned", "team": "platform"}))


@pytest.mark.parametrize(
    ("kind", "labels"),
    [
        ("PodMonitor", {"release": "owned", "team": "shop"}),
        ("PrometheusRule", {"release": "owned", "team": "shop"}),
        ("ThanosRuler", {"team": "shop"}),
    ],
)
def test_prometheus_selects_monitors_and_rules_of_ones_own(kind: str, labels: dict[str, str]) -> None:
    """A label that the file has stays; other kinds get none."""
    body = {"metadata": {"name": "words", "labels": {"team": "shop"}}}
    manifest = Manifest("monitoring.coreos.com/v1", kind, "words", None, body, Pointer("a.yaml", ()), 1)
    made = own_objects.body(Scope("shop", "shop", homes=OWNED), manifest, "shop")["metadata"]["labels"]
    assert {key: value for key, value in made.items() if "/" not in key} == labels


@pytest.mark.parametrize("kind", PODS_OF)
def test_pods_of_every_workload_have_the_systems_labels(kind: str) -> None:
    """Those of a ScaledJob as those of a Job: agents find their logs by them."""
    *path, _ = PODS_OF[kind]
    body: dict[str, Any] = {"metadata": {"name": "words"}}
    place = body
    for key in path:
        place = place.setdefault(key, {})
    manifest = Manifest("any/v1", kind, "words", None, body, Pointer("a.yaml", ()), 1)
    made: Any = own_objects.body(Scope("shop", "shop"), manifest, "shop")
    for key in path:
        made = made[key]
    assert made["metadata"]["labels"]["app.kubernetes.io/part-of"] == "shop"
