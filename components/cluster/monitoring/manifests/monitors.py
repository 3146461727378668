"""The targets of Prometheus: services, databases, the broker, the gateway, and pages loaded from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from slipway.settings.services import HTTP, Service

API_VERSION = "monitoring.coreos.com/v1"
NAMESPACE = "monitoring"
HTTP_PORT, METRICS_PORT = HTTP, "metrics"
"""Port names of a container: its service, and its metrics if they have a separate port."""
PAGE, ANSWER = "page", "answer"
"""Modules of the prober: success, or any answer but a server error."""
_OWN = [{"sourceLabels": ["__meta_kubernetes_pod_label_slipway_dev_slot"], "targetLabel": "slot"}]


def ports(service: Service) -> dict[str, int]:
    """Returns the ports of a service's container by name, because a monitor finds a port only by its name."""
    own = service.metrics.port if service.metrics is not None else None
    more = {METRICS_PORT: own} if own is not None and own != service.port else {}
    return {**service.exposed, **more}


def service(name: str, declared: Service) -> dict[str, Any]:
    """Returns the PodMonitor of a service that declares `metrics`."""
    assert declared.metrics is not None
    port = METRICS_PORT if METRICS_PORT in ports(declared) else HTTP_PORT
    return pods({"app.kubernetes.io/name": name}, port, path=declared.metrics.path, service=name)


def pods(labels: Mapping[str, str], *ports: str, path: str = "/metrics", **more: str) -> dict[str, Any]:
    """Returns a PodMonitor that scrapes each pod with `labels` at the named ports; its series carry the slot and `more`."""
    fixed = [{"targetLabel": label, "replacement": value} for label, value in more.items()]
    endpoint = {"path": path, "interval": "15s", "relabelings": [*_OWN, *fixed]}
    return {
        "selector": {"matchLabels": dict(labels)},
        "podMetricsEndpoints": [{"port": port, **endpoint} for port in ports],
    }


def gateway(interval: str = "15s") -> dict[str, Any]:
    """Returns the PodMonitor of the proxies, which are scraped at `interval`. Only counts and times of backends are
    retained, which are available by slot."""
    kept = (
        "envoy_cluster_upstream_(rq_xx|rq_time_bucket|rq_time_count|rq_time_sum|rq_timeout|rq_retry)|envoy_server_live"
    )
    endpoint = {
        "port": "metrics",
        "path": "/stats/prometheus",
        "interval": interval,
        "metricRelabelings": [{"sourceLabels": ["__name__"], "regex": kept, "action": "keep"}],
    }
    return {"selector": {"matchLabels": {"app.kubernetes.io/component": "proxy"}}, "podMetricsEndpoints": [endpoint]}


def broker(cluster: str, namespace: str) -> dict[str, Any]:
    """Returns the PodMonitor of RabbitMQ's nodes: metrics per queue, over TLS."""
    known = {"secret": {"name": f"{cluster}-tls", "key": "ca.crt"}}
    endpoint = {
        "port": "prometheus-tls",
        "scheme": "https",
        "path": "/metrics/per-object",
        "interval": "15s",
        "tlsConfig": {"ca": known, "serverName": f"{cluster}.{namespace}.svc"},
    }
    return {"selector": {"matchLabels": {"app.kubernetes.io/name": cluster}}, "podMetricsEndpoints": [endpoint]}


def pages(system: str, addresses: Sequence[str], module: str, prober: str) -> dict[str, Any]:
    """Returns a Probe by which `prober` loads each URL as a visitor does."""
    return {
        "interval": "30s",
        "module": module,
        "prober": {"url": prober},
        "targets": {"staticConfig": {"static": list(addresses), "labels": {"system": system}}},
    }
