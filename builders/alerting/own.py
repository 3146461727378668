"""The alerts that a system declares by name.

`metric` is the application's own; without one the gateway's counts are read, which know no path.
"""

from __future__ import annotations

from builders.alerting import labels
from builders.alerting.operations import LOG_LINES
from builders.alerting.promql import matching, selector
from builders.alerting.rule import Rule
from settings.operations import Alert
from settings.stacks import PlacedSystem


def alerts(placed: PlacedSystem) -> list[Rule]:
    return [
        Rule(
            name=alert.name,
            expr=f"{_value(placed, alert)} > {alert.above:g}",
            lasting=alert.lasting,
            severity=alert.severity,
            summary=alert.summary,
            meaning=_meaning(alert),
            steps=("See the troubles below: the owner has seen some of them before.",),
        )
        for alert in placed.definition.alerts
    ]


def _value(placed: PlacedSystem, alert: Alert) -> str:
    builder = {"error-ratio": _ratio, "latency": _latency, "rate": _rate, "logs": _lines}[alert.kind]
    return builder(placed, alert)


def _ratio(placed: PlacedSystem, alert: Alert) -> str:
    """A rate of errors is no ratio: it is divided by the rate of all requests."""
    if alert.metric is None:
        return selector(f"{labels.ERRORS}5m", system=placed.name)
    paths = _paths(alert)
    every = f"sum(rate({selector(alert.metric, *paths, namespace=placed.namespace)}[{alert.window}]))"
    failed = selector(alert.metric, *paths, matching("status", "5.."), namespace=placed.namespace)
    return f"(sum(rate({failed}[{alert.window}])) or 0 * {every}) / ({every} > 0)"


def _latency(placed: PlacedSystem, alert: Alert) -> str:
    """Buckets of all pods are summed by `le` first."""
    if alert.metric is None:
        return f"{selector(labels.LATENCY, system=placed.name)} / 1000"
    series = selector(alert.metric, *_paths(alert), namespace=placed.namespace)
    return f"histogram_quantile(0.95, sum by (le) (rate({series}[{alert.window}])))"


def _rate(placed: PlacedSystem, alert: Alert) -> str:
    series = selector(alert.metric or "", *_paths(alert), namespace=placed.namespace)
    return f"sum(rate({series}[{alert.window}]))"


def _lines(placed: PlacedSystem, alert: Alert) -> str:
    return f"sum(increase({selector(LOG_LINES, system=placed.name, kind=alert.name)}[{alert.window}]))"


def _paths(alert: Alert) -> list[str]:
    return [matching("path", "|".join(f"({path})" for path in alert.paths))] if alert.paths else []


def _meaning(alert: Alert) -> str:
    what = {
        "error-ratio": "The share of requests that fail",
        "latency": "The time within which 95 of 100 requests are answered, in seconds,",
        "rate": "The events a second",
        "logs": "The lines that the owner's pattern finds",
    }[alert.kind]
    return f"{what} over {alert.window} is above {alert.above:g} for {alert.lasting}."
