"""How the two slots of a system compare while one hands over to the other."""

from __future__ import annotations

from builders.alerting import labels
from builders.alerting.operations import LOG_LINES
from builders.alerting.promql import matching, selector
from builders.alerting.workloads import SLOT_PODS
from builders.dashboards.expressions import (
    SLOT_DEPLOYMENTS,
    by_deployment,
    by_pod,
    firing,
    share,
    summed,
)
from builders.dashboards.page import PREFIX, Page
from builders.dashboards.panels import SLOTS, Panel, Query, series, words
from settings.fields import seconds
from settings.stacks import PlacedSystem


def page(placed: PlacedSystem) -> Page:
    return Page(
        uid=f"{PREFIX}{placed.name}-releases",
        title=f"{placed.definition.title}: releases",
        description="The two slots beside each other: visitors, errors, times, pods, migrations.",
        group=placed.name,
        alerts=firing(placed.name),
        since="now-3h",
        sections={
            "Visitors": [_declared(placed), _split(placed)],
            "Quality": [_errors(placed), _latency(placed)],
            "Pods": [_available(placed), _restarts(placed), _lines(placed)],
            "Migrations": [_migrations(placed)] if placed.definition.migrations else [],
        },
    )


def _declared(placed: PlacedSystem) -> Panel:
    placement = placed.placement
    lines = [
        f"| {slot} | {placement.slot(slot).version or 'none'} | {placement.weight(slot)} % "
        f"| {'active' if slot == placement.active else ''} |"
        for slot in SLOTS
    ]
    return words(
        "Declared",
        "What the stack says of each slot: its version, its share of visitors, and which one a rollback returns to.",
        "\n".join(["| Slot | Version | Visitors | |", "| --- | --- | ---: | --- |", *lines]),
    )


def _split(placed: PlacedSystem) -> Panel:
    every = selector(labels.REQUESTS, system=placed.name)
    return series(
        "Observed share of requests",
        "percentunit",
        "Share of requests that each slot answered, which follows the declared weights once cookies let it.",
        Query(f"{summed(every, 'slot')} / on () group_left () ({summed(every)} > 0)", "{{slot}}"),
    )


def _errors(placed: PlacedSystem) -> Panel:
    failed = summed(selector(labels.REQUESTS, **{"class": "5"}, system=placed.name), "slot")
    every = summed(selector(labels.REQUESTS, system=placed.name), "slot")
    return series(
        "Failed requests by slot",
        "percentunit",
        "Share of each slot's requests that were answered with a status of 500 or above, and the objective.",
        Query(share(failed, every), "{{slot}}"),
        limit=placed.definition.objectives.error_percent / 100,
    )


def _latency(placed: PlacedSystem) -> Panel:
    return series(
        "Time to answer (p95) by slot",
        "ms",
        "Time within which 95 of 100 requests are answered, by service and slot, and the objective.",
        Query(selector(labels.LATENCY, system=placed.name), "{{service}} {{slot}}"),
        limit=seconds(placed.definition.objectives.p95) * 1000,
    )


def _available(placed: PlacedSystem) -> Panel:
    there = selector(
        "kube_deployment_status_replicas_available",
        matching("deployment", SLOT_DEPLOYMENTS),
        namespace=placed.namespace,
    )
    return series(
        "Pods available",
        "short",
        "Pods of each service and slot that can answer requests.",
        Query(by_deployment(there), "{{service}} {{slot}}"),
    )


def _restarts(placed: PlacedSystem) -> Panel:
    restarted = selector(
        "kube_pod_container_status_restarts_total", matching("pod", SLOT_PODS), namespace=placed.namespace
    )
    return series(
        "Restarts",
        "short",
        "Containers that were started again in the last fifteen minutes.",
        Query(by_pod(f"increase({restarted}[15m])"), "{{service}} {{slot}}"),
    )


def _lines(placed: PlacedSystem) -> Panel:
    return series(
        "Log lines by kind and slot",
        "short",
        "Lines in five minutes that are errors, that must not occur, or that an alert of the owner counts.",
        Query(summed(f"increase({selector(LOG_LINES, system=placed.name)}[5m])", "kind", "slot"), "{{kind}} {{slot}}"),
    )


def _migrations(placed: PlacedSystem) -> Panel:
    jobs = matching("job_name", "migrate-.*")
    failed = selector("kube_job_status_failed", jobs, namespace=placed.namespace)
    succeeded = selector("kube_job_status_succeeded", jobs, namespace=placed.namespace)
    return series(
        "Migrations",
        "short",
        "Pods of each migration's Job that succeeded, and that failed, while Kubernetes keeps the Job.",
        Query(f"max by (job_name) ({succeeded})", "{{job_name}} succeeded"),
        Query(f"max by (job_name) ({failed})", "{{job_name}} failed"),
    )
