"""What the owner counts: a panel for each of the system's business metrics."""

from __future__ import annotations

import re

from builders.alerting.promql import selector
from builders.dashboards.panels import Panel, Query, series
from settings.operations import BusinessMetric
from settings.stacks import PlacedSystem

PLUMBING = ("container", "endpoint", "instance", "job", "pod", "slot")
"""Labels that tell which pod was asked; what remains is the application's own."""
_CURRENCY = re.compile(r"[A-Z]{3}")


def panels(placed: PlacedSystem) -> list[Panel]:
    return [_counted(placed, each) if _counts(each) else _measured(placed, each) for each in placed.definition.metrics]


def _counts(metric: BusinessMetric) -> bool:
    return metric.metric.endswith("_total")


def _counted(placed: PlacedSystem, metric: BusinessMetric) -> Panel:
    found = selector(metric.metric, namespace=placed.namespace)
    return series(
        metric.name,
        unit(metric),
        f"Increase of {metric.metric} over one hour, of all pods together.",
        Query(_over_pods("sum", f"increase({found}[1h])")),
        aim=metric.aim,
    )


def _measured(placed: PlacedSystem, metric: BusinessMetric) -> Panel:
    """Pods that read the same number from a database all tell it, so it is not summed."""
    return series(
        metric.name,
        unit(metric),
        f"The largest {metric.metric} that any pod tells.",
        Query(_over_pods("max", selector(metric.metric, namespace=placed.namespace))),
        aim=metric.aim,
    )


def _over_pods(operator: str, expr: str) -> str:
    return f"{operator} without ({', '.join(PLUMBING)}) ({expr})"


def unit(metric: BusinessMetric) -> str:
    """As Grafana calls it: `1` as short, `USD` as currencyUSD, anything else as it is."""
    if metric.unit == "1":
        return "short"
    return f"currency{metric.unit}" if _CURRENCY.fullmatch(metric.unit) else metric.unit
