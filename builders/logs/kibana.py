"""Kibana, in which people read the logs."""

from __future__ import annotations

from typing import Any

from builders.logs.elasticsearch import container_security, pod_security, spread, version
from builders.logs.places import ELASTICSEARCH
from builders.parts import Parts
from settings.cluster_services import Logging

API_VERSION = "kibana.k8s.elastic.co/v1"
_PODS = {"kibana.k8s.elastic.co/name": ELASTICSEARCH}


def spec(settings: Logging, parts: Parts) -> dict[str, Any]:
    """Two copies where there is more than one node of Elasticsearch. It has no way in from outside."""
    image = parts.image("kibana")
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
