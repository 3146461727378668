"""Kubernetes objects of a system's own, as the API server gets them."""

from __future__ import annotations

import pytest

from components.manifests import own_objects
from components.manifests.scope import Scope
from slipway.settings.cluster_services import HomeOfMetrics, Homes
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
