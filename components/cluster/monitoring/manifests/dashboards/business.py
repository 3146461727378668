"""Business metrics: a panel for each metric of the system."""

from __future__ import annotations

import re

from components.cluster.monitoring.manifests.alerting.promql import selector
from components.cluster.monitoring.manifests.dashboards.panels import Panel, Query, series
from slipway.settings.operations import BusinessMetric
from slipway.settings.stacks import DeployedSystem

PLUMBING = ("container", "endpoint", "instance", "job", "pod", "slot")
"""Labels that identify the scraped pod; the rest are the application's own."""
_CURRENCY = re.compile(r"[A-Z]{3}")


def panels(deployed: DeployedSystem) -> list[Panel]:
    return [
        _counted(deployed, each) if _counts(each) else _measured(deployed, each) for each in deployed.definition.metrics
    ]


def _counts(metric: BusinessMetric) -> bool:
    return metric.metric.endswith("_total")


def _counted(deployed: DeployedSystem, metric: BusinessMetric) -> Panel:
    found = selector(metric.metric, namespace=deployed.namespace)
    return series(
        metric.name,
        unit(metric),
        f"Increase of {metric.metric} over one hour, of all pods together.",
        Query(_over_pods("sum", f"increase({found}[1h])")),
        target=metric.target,
    )


def _measured(deployed: DeployedSystem, metric: BusinessMetric) -> Panel:
    """Returns a panel of the largest value, without a sum: pods that read a number from a database all export the same
    one."""
    return series(
        metric.name,
        unit(metric),
        f"The largest {metric.metric} that any pod tells.",
        Query(_over_pods("max", selector(metric.metric, namespace=deployed.namespace))),
        target=metric.target,
    )


def _over_pods(operator: str, expr: str) -> str:
    return f"{operator} without ({', '.join(PLUMBING)}) ({expr})"


def unit(metric: BusinessMetric) -> str:
    """Returns Grafana's name of a unit: short for `1`, currencyUSD for `USD`, any other unchanged."""
    if metric.unit == "1":
        return "short"
    return f"currency{metric.unit}" if _CURRENCY.fullmatch(metric.unit) else metric.unit
