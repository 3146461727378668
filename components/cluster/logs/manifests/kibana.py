"""Kibana, in which people read the logs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from components.cluster.logs.manifests.elasticsearch import container_security, pod_security, spread, version
from components.cluster.logs.manifests.places import ELASTICSEARCH, GATEWAY, dataset
from components.manifests.versions import Pins
from slipway.settings.cluster_services import Logging
from slipway.settings.stacks import DeployedSystem

API_VERSION = "kibana.k8s.elastic.co/v1"
_PODS = {"kibana.k8s.elastic.co/name": ELASTICSEARCH}


def spec(settings: Logging, pins: Pins) -> dict[str, Any]:
    """Returns the spec, with two replicas if Elasticsearch has more than one node. Kibana has no route from outside."""
    image = pins.image("kibana")
    return {
        "version": version(image),
        "image": image,
        "count": 2 if settings.nodes > 1 else 1,
        "elasticsearchRef": {"name": ELASTICSEARCH},
        "config": {"telemetry.optIn": False},
        "podTemplate": {
            "spec": {
                "automountServiceAccountToken": False,
                "securityContext": pod_security(),
                "topologySpreadConstraints": [
                    spread(key, _PODS) for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
                ],
                "containers": [
                    {
                        "name": "kibana",
                        "resources": {"requests": {"cpu": "100m", "memory": "1Gi"}, "limits": {"memory": "2Gi"}},
                        "securityContext": container_security(),
                    }
                ],
            }
        },
    }


def views(systems: Sequence[DeployedSystem]) -> list[dict[str, Any]]:
    """Returns request bodies for Kibana's data view API: all logs, the gateway's logs, and each system's logs with its
    audit log apart.

    An existing id is overwritten, so that a second run changes nothing
    (https://www.elastic.co/docs/api/doc/kibana/operation/operation-createdataviewdefaultw).
    """
    names = [GATEWAY, *(deployed.name for deployed in systems)]
    found = [_view("slipway-all", "All logs", "logs-*"), *(_of_system(name) for name in names)]
    audits = [
        _view(
            f"slipway-{deployed.name}-audit", f"{deployed.name}: audit", f"logs-{dataset(deployed.name, audit=True)}-*"
        )
        for deployed in systems
    ]
    return [*found, *audits]


def _of_system(name: str) -> dict[str, Any]:
    return _view(f"slipway-{name}", name, f"logs-{dataset(name)}-*")


def _view(id: str, name: str, pattern: str) -> dict[str, Any]:
    return {"data_view": {"id": id, "name": name, "title": pattern, "timeFieldName": "@timestamp"}, "override": True}
