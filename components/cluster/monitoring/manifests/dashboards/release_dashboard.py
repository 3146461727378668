"""The dashboard of a release: the two slots of a system side by side."""

from __future__ import annotations

from components.cluster.monitoring.manifests.alerting import labels
from components.cluster.monitoring.manifests.alerting.operations import LOG_LINES
from components.cluster.monitoring.manifests.alerting.promql import matching, selector
from components.cluster.monitoring.manifests.alerting.workload_alerts import SLOT_PODS
from components.cluster.monitoring.manifests.dashboards.expressions import (
    SLOT_DEPLOYMENTS,
    by_deployment,
    by_pod,
    firing,
    share,
    summed,
)
from components.cluster.monitoring.manifests.dashboards.page import PREFIX, Page
from components.cluster.monitoring.manifests.dashboards.panels import SLOTS, Panel, Query, series, words
from slipway.settings.fields import seconds
from slipway.settings.stacks import DeployedSystem


def page(deployed: DeployedSystem) -> Page:
    return Page(
        uid=f"{PREFIX}{deployed.name}-releases",
        title=f"{deployed.definition.title}: releases",
        description="The two slots beside each other: visitors, errors, times, pods, migrations.",
        group=deployed.name,
        alerts=firing(deployed.name),
        since="now-3h",
        sections={
            "Visitors": [_declared(deployed), _split(deployed)],
            "Quality": [_errors(deployed), _latency(deployed)],
            "Pods": [_available(deployed), _restarts(deployed), _lines(deployed)],
            "Migrations": [_migrations(deployed)] if deployed.definition.migrations else [],
        },
    )


def _declared(deployed: DeployedSystem) -> Panel:
    deployment = deployed.deployment
    lines = [
        f"| {slot} | {deployment.slot(slot).version or 'none'} | {deployment.weight(slot)} % "
        f"| {'active' if slot == deployment.active else ''} |"
        for slot in SLOTS
    ]
    return words(
        "Declared",
        "What the stack says of each slot: its version, its share of visitors, and which one a rollback returns to.",
        "\n".join(["| Slot | Version | Visitors | |", "| --- | --- | ---: | --- |", *lines]),
    )


def _split(deployed: DeployedSystem) -> Panel:
    every = selector(labels.REQUESTS, system=deployed.name)
    return series(
        "Observed share of requests",
        "percentunit",
        "Share of requests that each slot answered, which follows the declared weights once cookies let it.",
        Query(f"{summed(every, 'slot')} / on () group_left () ({summed(every)} > 0)", "{{slot}}"),
    )


def _errors(deployed: DeployedSystem) -> Panel:
    failed = summed(selector(labels.REQUESTS, **{"class": "5"}, system=deployed.name), "slot")
    every = summed(selector(labels.REQUESTS, system=deployed.name), "slot")
    return series(
        "Failed requests by slot",
        "percentunit",
        "Share of each slot's requests that were answered with a status of 500 or above, and the objective.",
        Query(share(failed, every), "{{slot}}"),
        limit=deployed.definition.objectives.error_percent / 100,
    )


def _latency(deployed: DeployedSystem) -> Panel:
    return series(
        "Time to answer (p95) by slot",
        "ms",
        "Time within which 95 of 100 requests are answered, by service and slot, and the objective.",
        Query(selector(labels.LATENCY, system=deployed.name), "{{service}} {{slot}}"),
        limit=seconds(deployed.definition.objectives.p95) * 1000,
    )


def _available(deployed: DeployedSystem) -> Panel:
    there = selector(
        "kube_deployment_status_replicas_available",
        matching("deployment", SLOT_DEPLOYMENTS),
        namespace=deployed.namespace,
    )
    return series(
        "Pods available",
        "short",
        "Pods of each service and slot that can answer requests.",
        Query(by_deployment(there), "{{service}} {{slot}}"),
    )


def _restarts(deployed: DeployedSystem) -> Panel:
    restarted = selector(
        "kube_pod_container_status_restarts_total", matching("pod", SLOT_PODS), namespace=deployed.namespace
    )
    return series(
        "Restarts",
        "short",
        "Containers that were started again in the last fifteen minutes.",
        Query(by_pod(f"increase({restarted}[15m])"), "{{service}} {{slot}}"),
    )


def _lines(deployed: DeployedSystem) -> Panel:
    return series(
        "Log lines by kind and slot",
        "short",
        "Lines in five minutes that are errors, that must not occur, or that an alert of the owner counts.",
        Query(
            summed(f"increase({selector(LOG_LINES, system=deployed.name)}[5m])", "kind", "slot"), "{{kind}} {{slot}}"
        ),
    )


def _migrations(deployed: DeployedSystem) -> Panel:
    jobs = matching("job_name", "migrate-.*")
    failed = selector("kube_job_status_failed", jobs, namespace=deployed.namespace)
    succeeded = selector("kube_job_status_succeeded", jobs, namespace=deployed.namespace)
    return series(
        "Migrations",
        "short",
        "Pods of each migration's Job that succeeded, and that failed, while Kubernetes keeps the Job.",
        Query(f"max by (job_name) ({succeeded})", "{{job_name}} succeeded"),
        Query(f"max by (job_name) ({failed})", "{{job_name}} failed"),
    )
