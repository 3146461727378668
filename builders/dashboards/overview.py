"""How a system is: what its users see, what it uses, and what its owner counts."""

from __future__ import annotations

from builders.alerting import labels
from builders.alerting.operations import LOG_LINES
from builders.alerting.promql import matching, selector
from builders.alerting.workloads import SLOT_PODS
from builders.dashboards.business import panels as business
from builders.dashboards.expressions import by_pod, firing, rate, summed
from builders.dashboards.page import PREFIX, Page
from builders.dashboards.panels import Panel, Query, rows, series
from settings.fields import seconds
from settings.stacks import PlacedSystem


def page(placed: PlacedSystem) -> Page:
    definition = placed.definition
    return Page(
        uid=f"{PREFIX}{placed.name}",
        title=definition.title,
        description="What users see of the system, what it uses, and what its owner counts.",
        group=placed.name,
        alerts=firing(placed.name),
        sections={
            "Users": [_requests(placed), _errors(placed), _latency(placed), _alerts(placed)],
            "Pages": _pages(placed) if definition.domains else [],
            "Pods": [_cpu(placed), _memory(placed), _replicas(placed)],
            "Queue": _queue(placed),
            "Logs": [_lines(placed)],
            "Business": business(placed),
        },
    )


def _requests(placed: PlacedSystem) -> Panel:
    return series(
        "Requests by service and class",
        "reqps",
        "Requests a second that the gateway passed on, by service and by class of the answer's status.",
        Query(summed(selector(labels.REQUESTS, system=placed.name), "service", "class"), "{{service}} {{class}}xx"),
    )


def _errors(placed: PlacedSystem) -> Panel:
    return series(
        "Failed requests",
        "percentunit",
        "Share of requests that were answered with a status of 500 or above, and the share that the objective allows.",
        Query(selector(f"{labels.ERRORS}5m", system=placed.name), "{{service}}"),
        limit=placed.definition.objectives.error_percent / 100,
    )


def _latency(placed: PlacedSystem) -> Panel:
    return series(
        "Time to answer (p95)",
        "ms",
        "Time within which 95 of 100 requests are answered, by the slower of both slots, and the objective.",
        Query(f"max by (service) ({selector(labels.LATENCY, system=placed.name)})", "{{service}}"),
        limit=seconds(placed.definition.objectives.p95) * 1000,
    )


def _alerts(placed: PlacedSystem) -> Panel:
    return rows(
        "Alerts that fire",
        "short",
        "What is wrong now; the alert itself links to what to do.",
        Query(f"count by (alertname, severity, service) ({firing(placed.name)})"),
        named="alerts",
    )


def _pages(placed: PlacedSystem) -> list[Panel]:
    limit = placed.definition.objectives.page_load
    return [
        series(
            "Pages that load",
            "percentunit",
            "Share of the last five minutes' tries in which the prober got the page over a valid certificate.",
            Query(
                f"avg by (instance) (avg_over_time({selector('probe_success', system=placed.name)}[5m]))",
                "{{instance}}",
            ),
        ),
        series(
            "Time to load a page",
            "s",
            "Time in which the prober got the page itself, without its images and scripts.",
            Query(f"avg by (instance) ({selector('probe_duration_seconds', system=placed.name)})", "{{instance}}"),
            limit=seconds(limit) if limit else None,
        ),
    ]


def _cpu(placed: PlacedSystem) -> Panel:
    used = selector(
        "container_cpu_usage_seconds_total", 'container!=""', matching("pod", SLOT_PODS), namespace=placed.namespace
    )
    return _of_requested("CPU", "cpu", rate(used), placed, placed.definition.objectives.cpu_percent)


def _memory(placed: PlacedSystem) -> Panel:
    used = selector(
        "container_memory_working_set_bytes", 'container!=""', matching("pod", SLOT_PODS), namespace=placed.namespace
    )
    return _of_requested("Memory", "memory", used, placed, placed.definition.objectives.memory_percent)


def _of_requested(what: str, resource: str, used: str, placed: PlacedSystem, percent: int) -> Panel:
    asked = selector(
        "kube_pod_container_resource_requests",
        matching("pod", SLOT_PODS),
        namespace=placed.namespace,
        resource=resource,
    )
    return series(
        f"{what} of what is requested",
        "percentunit",
        f"{what} that the pods of a service use over what they ask for, and the share above which they are saturated.",
        Query(f"{by_pod(used)} / {by_pod(asked)}", "{{service}} {{slot}}"),
        limit=percent / 100,
    )


def _replicas(placed: PlacedSystem) -> Panel:
    now = selector("kube_horizontalpodautoscaler_status_current_replicas", namespace=placed.namespace)
    most = selector("kube_horizontalpodautoscaler_spec_max_replicas", namespace=placed.namespace)
    return series(
        "Pods of what the autoscaler may add",
        "percentunit",
        "Pods of each autoscaler over the most that it may have: at 100 percent it cannot answer more load.",
        Query(f"{now} / {most}", "{{horizontalpodautoscaler}}"),
        limit=1,
    )


def _queue(placed: PlacedSystem) -> list[Panel]:
    """A broker that the cloud runs tells Prometheus nothing."""
    queue = placed.definition.queue
    if queue is None or queue.placement != "cluster":
        return []
    ready = selector("rabbitmq_queue_messages_ready", namespace=placed.namespace)
    consumers = selector("rabbitmq_queue_consumers", namespace=placed.namespace)
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


def _lines(placed: PlacedSystem) -> Panel:
    return series(
        "Log lines by kind",
        "short",
        "Lines in five minutes that are errors, that must not occur, or that an alert of the owner counts.",
        Query(summed(f"increase({selector(LOG_LINES, system=placed.name)}[5m])", "kind"), "{{kind}}"),
    )
