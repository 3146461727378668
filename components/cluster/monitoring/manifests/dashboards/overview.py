"""The dashboard of a system: service levels, usage, and business metrics."""

from __future__ import annotations

from components.cluster.monitoring.manifests.alerting import labels
from components.cluster.monitoring.manifests.alerting.operations import LOG_LINES
from components.cluster.monitoring.manifests.alerting.promql import matching, selector
from components.cluster.monitoring.manifests.alerting.workload_alerts import SLOT_PODS, most_of_a_pod
from components.cluster.monitoring.manifests.dashboards.business import panels as business
from components.cluster.monitoring.manifests.dashboards.expressions import by_pod, firing, rate, summed
from components.cluster.monitoring.manifests.dashboards.page import PREFIX, Page
from components.cluster.monitoring.manifests.dashboards.panels import Panel, Query, rows, series
from slipway.settings.fields import seconds
from slipway.settings.stacks import DeployedSystem

MOST_OF_A_WEEK = 0.95
"""Share of a week in which a pod's CPU is enough. Source: VerticalPodAutoscaler, whose recommendation keeps its upper estimate at 95
percent; more costs a request that is idle for the rest of the week."""


def page(deployed: DeployedSystem) -> Page:
    definition = deployed.definition
    return Page(
        uid=f"{PREFIX}{deployed.name}",
        title=definition.title,
        description="What users see of the system, what it uses, and what its owner counts.",
        group=deployed.name,
        alerts=firing(deployed.name),
        sections={
            "Users": [_requests(deployed), _errors(deployed), _latency(deployed), _alerts(deployed)],
            "Pages": _pages(deployed) if definition.domains else [],
            "Pods": [_cpu(deployed), _memory(deployed), _replicas(deployed)],
            "Requests and a week's use": [_cpu_of_a_week(deployed), _memory_of_a_week(deployed)],
            "Queue": _queue(deployed),
            "Logs": [_lines(deployed)],
            "Business": business(deployed),
        },
    )


def _requests(deployed: DeployedSystem) -> Panel:
    return series(
        "Requests by service and class",
        "reqps",
        "Requests a second that the gateway passed on, by service and by class of the answer's status.",
        Query(summed(selector(labels.REQUESTS, system=deployed.name), "service", "class"), "{{service}} {{class}}xx"),
    )


def _errors(deployed: DeployedSystem) -> Panel:
    return series(
        "Failed requests",
        "percentunit",
        "Share of requests that were answered with a status of 500 or above, and the share that the objective allows.",
        Query(selector(f"{labels.ERRORS}5m", system=deployed.name), "{{service}}"),
        limit=deployed.definition.objectives.error_percent / 100,
    )


def _latency(deployed: DeployedSystem) -> Panel:
    return series(
        "Time to answer (p95)",
        "ms",
        "Time within which 95 of 100 requests are answered, by the slower of both slots, and the objective.",
        Query(f"max by (service) ({selector(labels.LATENCY, system=deployed.name)})", "{{service}}"),
        limit=seconds(deployed.definition.objectives.p95) * 1000,
    )


def _alerts(deployed: DeployedSystem) -> Panel:
    return rows(
        "Alerts that fire",
        "short",
        "What is wrong now; the alert itself links to what to do.",
        Query(f"count by (alertname, severity, service) ({firing(deployed.name)})"),
        named="alerts",
    )


def _pages(deployed: DeployedSystem) -> list[Panel]:
    limit = deployed.definition.objectives.page_load
    return [
        series(
            "Pages that load",
            "percentunit",
            "Share of the last five minutes' tries in which the prober got the page over a valid certificate.",
            Query(
                f"avg by (instance) (avg_over_time({selector('probe_success', system=deployed.name)}[5m]))",
                "{{instance}}",
            ),
        ),
        series(
            "Time to load a page",
            "s",
            "Time in which the prober got the page itself, without its images and scripts.",
            Query(f"avg by (instance) ({selector('probe_duration_seconds', system=deployed.name)})", "{{instance}}"),
            limit=seconds(limit) if limit else None,
        ),
    ]


def _cpu(deployed: DeployedSystem) -> Panel:
    used = selector(
        "container_cpu_usage_seconds_total", 'container!=""', matching("pod", SLOT_PODS), namespace=deployed.namespace
    )
    return _of_requested("CPU", "cpu", rate(used), deployed, deployed.definition.objectives.cpu_percent)


def _memory(deployed: DeployedSystem) -> Panel:
    used = selector(
        "container_memory_working_set_bytes", 'container!=""', matching("pod", SLOT_PODS), namespace=deployed.namespace
    )
    return _of_requested("Memory", "memory", used, deployed, deployed.definition.objectives.memory_percent)


def _of_requested(what: str, resource: str, used: str, deployed: DeployedSystem, percent: int) -> Panel:
    asked = selector(
        "kube_pod_container_resource_requests",
        matching("pod", SLOT_PODS),
        namespace=deployed.namespace,
        resource=resource,
    )
    return series(
        f"{what} of what is requested",
        "percentunit",
        f"{what} that the pods of a service use over what they ask for, and the share above which they are saturated.",
        Query(f"{by_pod(used)} / {by_pod(asked)}", "{{service}} {{slot}}"),
        limit=percent / 100,
    )


def _cpu_of_a_week(deployed: DeployedSystem) -> Panel:
    used = f"quantile_over_time({MOST_OF_A_WEEK}, {selector(labels.POD_CPU, system=deployed.name)}[7d])"
    return rows(
        "CPU of a week over the request",
        "percentunit",
        "CPU of the busiest pod, which 95 of 100 moments of a week stayed below, over what a pod asks for: the service could ask "
        "for that share of its cpu.",
        Query(_over_request(used, "cpu", deployed)),
        named="share",
    )


def _memory_of_a_week(deployed: DeployedSystem) -> Panel:
    used = f"max_over_time({selector(labels.POD_MEMORY, system=deployed.name)}[7d])"
    return rows(
        "Memory of a week over the request",
        "percentunit",
        "Memory of the largest pod at its highest in a week, over what a pod asks for: the service could ask for that share of its "
        "memory and some more, because who has too little is killed.",
        Query(_over_request(used, "memory", deployed)),
        named="share",
    )


def _over_request(used: str, resource: str, deployed: DeployedSystem) -> str:
    asked = selector(
        "kube_pod_container_resource_requests",
        matching("pod", SLOT_PODS),
        namespace=deployed.namespace,
        resource=resource,
    )
    return f"max by (service, slot) ({used}) / {most_of_a_pod(asked)}"


def _replicas(deployed: DeployedSystem) -> Panel:
    now = selector("kube_horizontalpodautoscaler_status_current_replicas", namespace=deployed.namespace)
    most = selector("kube_horizontalpodautoscaler_spec_max_replicas", namespace=deployed.namespace)
    return series(
        "Pods of what the autoscaler may add",
        "percentunit",
        "Pods of each autoscaler over the most that it may have: at 100 percent it cannot answer more load.",
        Query(f"{now} / {most}", "{{horizontalpodautoscaler}}"),
        limit=1,
    )


def _queue(deployed: DeployedSystem) -> list[Panel]:
    """Returns the panels of a broker in the cluster; a managed broker exports no metrics to Prometheus."""
    queue = deployed.definition.queue
    if queue is None or queue.hosting != "cluster":
        return []
    ready = selector("rabbitmq_queue_messages_ready", namespace=deployed.namespace)
    consumers = selector("rabbitmq_queue_consumers", namespace=deployed.namespace)
    return [
        series(
            "Messages that wait",
            "short",
            "Messages of each queue that no consumer has taken yet.",
            Query(summed(ready, "vhost", "queue"), "{{queue}}"),
        ),
        series(
            "Consumers",
            "short",
            "Connections that take messages from each queue.",
            Query(summed(consumers, "vhost", "queue"), "{{queue}}"),
        ),
    ]


def _lines(deployed: DeployedSystem) -> Panel:
    return series(
        "Log lines by kind",
        "short",
        "Lines in five minutes that are errors, that must not occur, or that an alert of the owner counts.",
        Query(summed(f"increase({selector(LOG_LINES, system=deployed.name)}[5m])", "kind"), "{{kind}}"),
    )
