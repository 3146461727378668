"""The proxies that all Gateways of the cluster share: their number, placement, metrics and access log."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from components.manifests import priorities
from slipway.settings.cluster_services import Gateway

CONTROLLER = "gateway.envoyproxy.io/gatewayclass-controller"


def gateway_class(proxy: str, namespace: str) -> dict[str, Any]:
    """Returns the spec of the class that merges all Gateways onto the proxies of the EnvoyProxy `proxy`."""
    reference = {"group": "gateway.envoyproxy.io", "kind": "EnvoyProxy", "name": proxy, "namespace": namespace}
    return {"controllerName": CONTROLLER, "parametersRef": reference}


def proxy(
    settings: Gateway,
    image: str,
    annotations: Mapping[str, str],
    load_balancer: str | None,
    latencies: Sequence[int],
) -> dict[str, Any]:
    """Returns the spec of the EnvoyProxy. The cloud defines `annotations` and the class `load_balancer`; `latencies` in
    milliseconds become histogram bounds, so that the share of slow requests is counted and not interpolated."""
    service: dict[str, Any] = {"type": settings.service, "annotations": dict(annotations)}
    if settings.service != "ClusterIP":
        # Without a hop between nodes, the client's address is preserved.
        service["externalTrafficPolicy"] = "Local"
    if load_balancer is not None:
        service["loadBalancerClass"] = load_balancer
    return {
        "mergeGateways": True,
        "provider": {"type": "Kubernetes", "kubernetes": {"envoyService": service, **_workload(settings, image)}},
        "telemetry": {
            "metrics": {"prometheus": {}},
            "accessLog": {"settings": [{"format": {"type": "JSON", "json": _ACCESS_LOG}, "sinks": [_STANDARD_OUTPUT]}]},
        },
        "bootstrap": {"type": "Merge", "value": _bootstrap(latencies)},
        "shutdown": {"drainTimeout": "60s", "minDrainDuration": "15s"},
    }


_BOUNDS = (1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000)
"""Milliseconds: buckets of latency histograms. Source: a part of Envoy's default buckets, to bound the number of
series."""


def _bootstrap(latencies: Sequence[int]) -> str:
    bounds = sorted({*_BOUNDS, *latencies})
    buckets = [{"match": {"suffix": "upstream_rq_time"}, "buckets": bounds}]
    return json.dumps({"stats_config": {"histogram_bucket_settings": buckets}})


_STANDARD_OUTPUT = {"type": "File", "file": {"path": "/dev/stdout"}}
_ACCESS_LOG = {
    "start_time": "%START_TIME%",
    "method": "%REQ(:METHOD)%",
    "path": "%PATH(NQ)%",
    "status": "%RESPONSE_CODE%",
    "flags": "%RESPONSE_FLAGS%",
    "duration": "%DURATION%",
    "bytes_sent": "%BYTES_SENT%",
    "host": "%REQ(:AUTHORITY)%",
    "request_id": "%REQ(X-REQUEST-ID)%",
    "backend": "%UPSTREAM_CLUSTER%",
}
"""Fields of the access log, without query strings, cookies and addresses, which may be personal or secret."""


def _workload(settings: Gateway, image: str) -> dict[str, Any]:
    spread = [
        {
            "topologyKey": key,
            "maxSkew": 1,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": {"app.kubernetes.io/component": "proxy"}},
        }
        for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]
    resources = {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "1Gi"}}
    metric = {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}},
    }
    return {
        "envoyDeployment": {
            "container": {"image": image, "resources": resources},
            "pod": {"priorityClassName": priorities.SERVING, "topologySpreadConstraints": spread},
        },
        "envoyHpa": {"minReplicas": settings.minimum, "maxReplicas": settings.maximum, "metrics": [metric]},
        "envoyPDB": {"maxUnavailable": 1},
    }
