"""The dashboard of a cluster: gateway, nodes, certificates, and firing alerts."""

from __future__ import annotations

from collections.abc import Sequence

from components.cluster.monitoring.manifests.alerting import backends
from components.cluster.monitoring.manifests.alerting.promql import matching, selector
from components.cluster.monitoring.manifests.dashboards.expressions import any_of, rate, share, summed
from components.cluster.monitoring.manifests.dashboards.page import PREFIX, Page
from components.cluster.monitoring.manifests.dashboards.panels import Panel, Query, rows, series, value
from slipway.settings.cluster_services import HOMES, Homes
from slipway.settings.stacks import DeployedSystem

_FIRING = selector("ALERTS", 'severity!="none"', alertstate="firing")
"""Firing alerts, without those that always fire to test the delivery."""
_DISKS = 'fstype!~"tmpfs|overlay|squashfs|ramfs"'


def cluster(systems: Sequence[DeployedSystem], running: Homes = HOMES) -> dict[str, str]:
    """Returns the text of the cluster's dashboard by file name, with the sections of the controllers that run."""
    namespaces = sorted(deployed.namespace for deployed in systems)
    page = Page(
        uid=f"{PREFIX}cluster",
        title="Cluster",
        description="What all systems share: the gateway, the nodes, certificates, and whose alerts fire.",
        group="cluster",
        alerts=selector("ALERTS", alertstate="firing", severity="critical"),
        sections={
            "Alerts": [_alerts(), _alerts_over_time()],
            "Gateway": _gateway(namespaces) if namespaces and running.gateway else [],
            "Nodes": [_ready(), _pending(), _unwell(), _count(), _cpu(), _memory(), _disks(), _requested()],
            "Certificates": [_certificates(namespaces)] if namespaces and running.certificates else [],
        },
    )
    return {"cluster.json": page.text}


def _alerts() -> Panel:
    return rows(
        "Alerts that fire",
        "short",
        "What is wrong now, by the system that it belongs to; `cluster` is the platform itself.",
        Query(f"count by (system, alertname, severity) ({_FIRING})"),
        named="alerts",
    )


def _alerts_over_time() -> Panel:
    return series(
        "Alerts that fire by system",
        "short",
        "How many alerts of each system fired at a time.",
        Query(f"count by (system) ({_FIRING})", "{{system}}"),
    )


def _gateway(namespaces: Sequence[str]) -> list[Panel]:
    count, time = "envoy_cluster_upstream_rq_xx", "envoy_cluster_upstream_rq_time_bucket"
    every = _of(namespaces, count)
    failed = _of(namespaces, count, 'envoy_response_code_class="5"')
    times = _of(namespaces, time, by=("namespace", "le"))
    return [
        series(
            "Requests by namespace",
            "reqps",
            "Requests a second that the gateway passed on to the services of each namespace.",
            Query(every, "{{namespace}}"),
        ),
        series(
            "Failed requests by namespace",
            "percentunit",
            "Share of requests that were answered with a status of 500 or above.",
            Query(share(failed, every), "{{namespace}}"),
        ),
        series(
            "Time to answer (p95) by namespace",
            "ms",
            "Time within which 95 of 100 requests to a namespace are answered.",
            Query(f"histogram_quantile(0.95, {times})", "{{namespace}}"),
        ),
        series(
            "Timeouts and retries",
            "reqps",
            "Requests a second that a service did not answer in time, and that the gateway tried again.",
            Query(_of(namespaces, "envoy_cluster_upstream_rq_timeout"), "{{namespace}} timed out"),
            Query(_of(namespaces, "envoy_cluster_upstream_rq_retry"), "{{namespace}} tried again"),
        ),
    ]


def _of(namespaces: Sequence[str], metric: str, *matchers: str, by: tuple[str, ...] = ("namespace",)) -> str:
    """Sums rates by the namespace of the backend; the series' own namespace is the gateway's."""
    found = rate(selector(metric, backends.of(*namespaces), *matchers))
    return summed(f'label_replace({found}, "namespace", "$1", "{backends.LABEL}", "{backends.NAMESPACE}")', *by)


def _ready() -> Panel:
    return value(
        "Nodes ready",
        "short",
        "Nodes that take pods.",
        Query(summed(selector("kube_node_status_condition", condition="Ready", status="true")), "ready"),
    )


def _count() -> Panel:
    return value("Nodes", "short", "Nodes that the cluster has.", Query("count(kube_node_info)", "nodes"))


def _unwell() -> Panel:
    pressure = selector("kube_node_status_condition", matching("condition", ".+Pressure"), status="true")
    return value(
        "Nodes under pressure",
        "short",
        "Nodes that are short of memory, disk or processes, and evict pods.",
        Query(summed(pressure), "under pressure"),
        limit=1,
    )


def _pending() -> Panel:
    return value(
        "Pods that wait",
        "short",
        "Pods that no node has room for, or whose images are being fetched.",
        Query(summed(selector("kube_pod_status_phase", phase="Pending")), "pending"),
    )


def _cpu() -> Panel:
    idle = rate(selector("node_cpu_seconds_total", mode="idle"))
    return series(
        "CPU of nodes",
        "percentunit",
        "Share of each node's CPU that is in use.",
        Query(f"1 - avg by (instance) ({idle})", "{{instance}}"),
        limit=0.9,
    )


def _memory() -> Panel:
    return series(
        "Memory of nodes",
        "percentunit",
        "Share of each node's memory that is in use and could not be freed.",
        Query("1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes", "{{instance}}"),
        limit=0.9,
    )


def _disks() -> Panel:
    free, all_of = selector("node_filesystem_avail_bytes", _DISKS), selector("node_filesystem_size_bytes", _DISKS)
    return series(
        "Disks of nodes",
        "percentunit",
        "Share of each node's fullest disk that is in use.",
        Query(f"max by (instance) (1 - {free} / {all_of})", "{{instance}}"),
        limit=0.85,
    )


def _requested() -> Panel:
    def of(resource: str) -> str:
        asked = summed(selector("kube_pod_container_resource_requests", resource=resource))
        return f"{asked} / {summed(selector('kube_node_status_allocatable', resource=resource))}"

    return series(
        "Requested of what nodes have",
        "percentunit",
        "CPU and memory that pods ask for over what all nodes can give; near 100 percent new pods wait.",
        Query(of("cpu"), "CPU"),
        Query(of("memory"), "memory"),
        limit=1,
    )


def _certificates(namespaces: Sequence[str]) -> Panel:
    until = selector("certmanager_certificate_expiration_timestamp_seconds", any_of("namespace", namespaces))
    return rows(
        "Certificates by the time they have left",
        "s",
        "Time until each certificate expires; cert-manager renews it 30 days before.",
        Query(f"min by (namespace, name) ({until}) - time()"),
        named="left",
    )
