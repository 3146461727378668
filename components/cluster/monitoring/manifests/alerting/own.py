"""The alerts that a system declares by name.

`metric` is the application's own; without one, the alert reads the gateway's counts, which have no path.
"""

from __future__ import annotations

from components.cluster.monitoring.manifests.alerting import labels
from components.cluster.monitoring.manifests.alerting.operations import LOG_LINES
from components.cluster.monitoring.manifests.alerting.promql import matching, selector
from components.cluster.monitoring.manifests.alerting.rule import Rule
from slipway.settings.expressions import any_of
from slipway.settings.operations import Alert
from slipway.settings.stacks import DeployedSystem


def alerts(deployed: DeployedSystem) -> list[Rule]:
    return [*_declared(deployed), *_without_data(deployed)]


def _declared(deployed: DeployedSystem) -> list[Rule]:
    return [
        Rule(
            name=alert.name,
            expr=f"{_value(deployed, alert)} > {alert.above:.15g}",
            for_=alert.for_,
            severity=alert.severity,
            summary=alert.summary,
            description=_description(alert),
            steps=("See the known issues below: the owner has seen some of them before.",),
        )
        for alert in deployed.definition.alerts
    ]


def _without_data(deployed: DeployedSystem) -> list[Rule]:
    """Returns alerts on missing metrics for ratios and percentiles, which otherwise never fire. An error counter is
    left alone, because many programs export it only from the first error on."""
    return [
        Rule(
            name="AlertWithoutData",
            expr=f"absent({selector(alert.metric, namespace=deployed.namespace)})",
            for_="1h",
            labels={"about": alert.name},
            summary=f"{alert.name} cannot fire: nothing exports {alert.metric}",
            description=f"The alert {alert.name} reads {alert.metric}, and no pod of the system has exported it for an hour.",
            steps=(
                "Ask a pod for its metrics, at the path and port of `services.<name>.metrics`: is the name another one?",
                "Look at MetricsMissing: if it fires, Prometheus does not reach the service at all.",
            ),
        )
        for alert in deployed.definition.alerts
        if alert.metric is not None and alert.kind in ("error-ratio", "latency")
    ]


def _value(deployed: DeployedSystem, alert: Alert) -> str:
    builder = {"error-ratio": _ratio, "latency": _latency, "rate": _rate, "logs": _lines}[alert.kind]
    return builder(deployed, alert)


def _ratio(deployed: DeployedSystem, alert: Alert) -> str:
    """Divides the error rate by the rate of all requests, because a rate alone is not a ratio."""
    if alert.metric is None:
        return selector(f"{labels.ERRORS}{alert.window}", system=deployed.name)
    paths = _paths(alert)
    every = f"sum(rate({selector(alert.metric, *paths, namespace=deployed.namespace)}[{alert.window}]))"
    failed = selector(alert.metric, *paths, matching("status", "5.."), namespace=deployed.namespace)
    return f"(sum(rate({failed}[{alert.window}])) or 0 * {every}) / ({every} > 0)"


def _latency(deployed: DeployedSystem, alert: Alert) -> str:
    """Sums the buckets of all pods by `le` before it computes the percentile."""
    if alert.metric is None:
        return f"{selector(labels.LATENCY, system=deployed.name)} / 1000"
    series = selector(alert.metric, *_paths(alert), namespace=deployed.namespace)
    return f"histogram_quantile(0.95, sum by (le) (rate({series}[{alert.window}])))"


def _rate(deployed: DeployedSystem, alert: Alert) -> str:
    series = selector(alert.metric or "", *_paths(alert), namespace=deployed.namespace)
    return f"sum(rate({series}[{alert.window}]))"


def _lines(deployed: DeployedSystem, alert: Alert) -> str:
    return f"sum(increase({selector(LOG_LINES, system=deployed.name, kind=alert.name)}[{alert.window}]))"


def _paths(alert: Alert) -> list[str]:
    return [matching("path", any_of(alert.paths))] if alert.paths else []


def _description(alert: Alert) -> str:
    what = {
        "error-ratio": "The share of requests that fail",
        "latency": "The time within which 95 of 100 requests are answered, in seconds,",
        "rate": "The events a second",
        "logs": "The lines that the owner's pattern finds",
    }[alert.kind]
    return f"{what} over {alert.window} is above {alert.above:g} for {alert.for_}."
