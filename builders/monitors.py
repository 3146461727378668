"""Where Prometheus finds metrics: of services, databases, the broker, the gateway, and pages loaded from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

API_VERSION = "monitoring.coreos.com/v1"
NAMESPACE = "monitoring"
PROBER = "blackbox-exporter.monitoring.svc:9115"
_OWN = [{"sourceLabels": ["__meta_kubernetes_pod_label_slipway_dev_slot"], "targetLabel": "slot"}]


def pods(labels: Mapping[str, str], port: str, path: str = "/metrics", **more: str) -> dict[str, Any]:
    """PodMonitor: asks each pod with `labels` at its port of that name; its series carry the slot and `more`."""
    fixed = [{"targetLabel": label, "replacement": value} for label, value in more.items()]
    endpoint = {"port": port, "path": path, "interval": "15s", "relabelings": [*_OWN, *fixed]}
    return {"selector": {"matchLabels": dict(labels)}, "podMetricsEndpoints": [endpoint]}


def gateway() -> dict[str, Any]:
    """PodMonitor of the proxies. Only counts and times of backends are kept: they tell everything by slot."""
    kept = (
        "envoy_cluster_upstream_(rq_xx|rq_time_bucket|rq_time_count|rq_time_sum|rq_timeout|rq_retry)|envoy_server_live"
    )
    endpoint = {
        "port": "metrics",
        "path": "/stats/prometheus",
        "interval": "15s",
        "metricRelabelings": [{"sourceLabels": ["__name__"], "regex": kept, "action": "keep"}],
    }
    return {"selector": {"matchLabels": {"app.kubernetes.io/component": "proxy"}}, "podMetricsEndpoints": [endpoint]}


def broker(cluster: str, namespace: str) -> dict[str, Any]:
    """PodMonitor of RabbitMQ's nodes: each queue by itself, over TLS."""
    known = {"secret": {"name": f"{cluster}-tls", "key": "ca.crt"}}
    endpoint = {
        "port": "prometheus-tls",
        "scheme": "https",
        "path": "/metrics/per-object",
        "interval": "15s",
        "tlsConfig": {"ca": known, "serverName": f"{cluster}.{namespace}.svc"},
    }
    return {"selector": {"matchLabels": {"app.kubernetes.io/name": cluster}}, "podMetricsEndpoints": [endpoint]}


def pages(system: str, addresses: Sequence[str]) -> dict[str, Any]:
    """Probe: loads each page as a visitor does."""
    return {
        "interval": "30s",
        "module": "page",
        "prober": {"url": PROBER},
        "targets": {"staticConfig": {"static": list(addresses), "labels": {"system": system}}},
    }
