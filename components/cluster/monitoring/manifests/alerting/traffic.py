"""Recording rules by slot on the gateway's metrics, and alerts that follow from a system's objectives.

Service and slot are extracted from the names of backends. Burn rates are those of the SRE workbook: an alert needs both
its long and its short window, so that it starts and ends quickly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from components.cluster.monitoring.manifests.alerting import backends, labels
from components.cluster.monitoring.manifests.alerting.promql import matching, selector
from components.cluster.monitoring.manifests.alerting.rule import Rule, recording
from slipway.settings.fields import seconds
from slipway.settings.signals import RECORDED_WINDOWS
from slipway.settings.stacks import DeployedSystem

BURN_RATES = (
    (14.4, "1h", "5m", "critical", "2m"),
    (6, "6h", "30m", "critical", "5m"),
    (3, "1d", "2h", "warning", "15m"),
    (1, "3d", "6h", "warning", "1h"),
)
"""Factor of the allowed rate, long and short window, severity, and `for`."""
FEWEST_FAILURES = 5
"""Failed requests in five minutes below which an error ratio is not significant. Chosen: one of few requests is a large
share."""
SLOW_BUDGET = 0.05
"""Share of requests that may be slower than the objective. Source: the objective is a 95th percentile."""
_COUNT = "envoy_cluster_upstream_rq_xx"
_TIME = "envoy_cluster_upstream_rq_time"


def recordings(deployed: DeployedSystem) -> list[dict[str, Any]]:
    """Returns recording rules: requests per second and p95 by service and slot, and the shares of failed and slow
    requests by service."""
    ours = backends.of_system(deployed)
    bound = f"{seconds(deployed.definition.objectives.p95) * 1000:.15g}"
    tags = {"system": deployed.name}
    by_slot = f"sum by (service, slot, class) ({_with_class(backends.named(deployed, f'rate({selector(_COUNT, *ours)}[5m])'))})"
    buckets = backends.named(deployed, f"rate({selector(f'{_TIME}_bucket', *ours)}[5m])")
    latency = f"histogram_quantile(0.95, sum by (service, slot, le) ({buckets}))"
    rules = [recording(labels.REQUESTS, by_slot, **tags), recording(labels.LATENCY, latency, **tags)]
    for window in RECORDED_WINDOWS:
        rules.append(recording(f"{labels.ERRORS}{window}", _share(deployed, window), **tags))
        rules.append(recording(f"{labels.SLOW}{window}", _slow(deployed, bound, window), **tags))
    return rules


def alerts(deployed: DeployedSystem) -> list[Rule]:
    objectives = deployed.definition.objectives
    failing = objectives.error_percent / 100
    rules = [
        *_burning("ErrorBudgetBurn", labels.ERRORS, failing, deployed.name, "requests fail"),
        *_burning("LatencyBudgetBurn", labels.SLOW, SLOW_BUDGET, deployed.name, f"requests take over {objectives.p95}"),
    ]
    limit = deployed.definition.release.rollback.error_percent
    if limit is not None:
        rules.append(_rolls_back(deployed.name, limit))
    if objectives.average is not None:
        rules.append(_average(deployed, objectives.average))
    if objectives.latency_regression_percent is not None:
        rules.append(_regression(deployed.name, objectives.latency_regression_percent))
    return rules


def _with_class(expr: str) -> str:
    return f'label_replace({expr}, "class", "$1", "envoy_response_code_class", "(.*)")'


def _sum(deployed: DeployedSystem, metric: str, window: str, *matchers: str) -> str:
    rate = f"rate({selector(metric, *backends.of_system(deployed), *matchers)}[{window}])"
    return f"sum by (service) ({backends.named(deployed, rate)})"


def _share(deployed: DeployedSystem, window: str) -> str:
    """Returns the error ratio: zero if no request fails, no value if there are no requests."""
    failed = _sum(deployed, _COUNT, window, 'envoy_response_code_class="5"')
    every = _sum(deployed, _COUNT, window)
    return f"({failed} or 0 * {every}) / ({every} > 0)"


def _slow(deployed: DeployedSystem, bound: str, window: str) -> str:
    """Returns the share of slow requests. Prometheus 3 writes the bound 200 as 200.0, Prometheus 2 as 200."""
    fast = _sum(deployed, f"{_TIME}_bucket", window, matching("le", rf"{bound}([.]0)?"))
    every = _sum(deployed, f"{_TIME}_count", window)
    return f"1 - {fast} / ({every} > 0)"


def _burning(name: str, ratio: str, budget: float, system: str, what: str) -> Sequence[Rule]:
    return [
        Rule(
            name=name,
            expr=(
                f"{selector(ratio + long, system=system)} > {budget * factor:.6g} and "
                f"{selector(ratio + short, system=system)} > {budget * factor:.6g}"
            ),
            for_=for_,
            severity="critical" if severity == "critical" else "warning",
            labels={"window": long},
            summary=f"{{{{ $labels.service }}}}: {{{{ $value | humanizePercentage }}}} of {what}",
            description=(
                f"At this pace, {factor:g} times what the objective allows, the month's budget is used up early. "
                f"Measured over {long} and over {short}."
            ),
            steps=(
                "Look at the dashboard of releases: does it come from one slot only? Then give the other one all visitors.",
                "Look at the logs of the service, and at the alerts of what it uses: databases, queue, vendors.",
                "Compare with the last change: a release, a flag, a migration.",
            ),
        )
        for factor, long, short, severity, for_ in BURN_RATES
    ]


def _rolls_back(system: str, percent: float) -> Rule:
    """Returns an alert on the owner's rollback threshold, because burn rates react too slowly: 12 percent of errors
    burn a budget of 1 percent for three hours before anybody is paged."""
    failed = selector(labels.REQUESTS, system=system, **{"class": "5"})
    enough = f"sum by (service) ({failed}) * 300 >= {FEWEST_FAILURES}"
    return Rule(
        name="ErrorsAboveRollback",
        expr=f"{selector(labels.ERRORS + '5m', system=system)} > {percent / 100:.6g} and on (service) {enough}",
        for_="2m",
        severity="critical",
        summary="{{ $labels.service }}: {{ $value | humanizePercentage }} of requests fail",
        description=(
            f"Above {percent:g} percent of failed requests the owner rolls a release back at once. Measured over 5m, in "
            f"which at least {FEWEST_FAILURES} requests failed."
        ),
        steps=(
            "Was a version released lately? Then go back: give the slot before it all visitors.",
            "Otherwise look at the logs of the service, and at the alerts of what it uses: databases, queue, vendors.",
        ),
    )


def _regression(system: str, percent: float) -> Rule:
    """Returns an alert that compares latency with the same hour of the previous day, since load follows a daily rhythm."""
    now = selector(labels.LATENCY, system=system)
    return Rule(
        name="LatencyRegression",
        expr=(
            f"avg_over_time({now}[15m]) > on (service) group_left () "
            f"{1 + percent / 100:g} * avg by (service) (avg_over_time({now}[1h] offset 1d))"
        ),
        for_="15m",
        summary="{{ $labels.service }} in {{ $labels.slot }} answers in {{ $value | humanize }} ms (p95)",
        description=f"That is over {percent:g} percent slower than at this time of the day before.",
        steps=(
            "Was a version released since? The owner counts this as a reason to consider a rollback.",
            "Look at the slowest queries on the dashboard of databases.",
        ),
    )


def _average(deployed: DeployedSystem, limit: str) -> Rule:
    mean = f"{_sum(deployed, _TIME + '_sum', '5m')} / ({_sum(deployed, _TIME + '_count', '5m')} > 0)"
    return Rule(
        name="AverageLatencyHigh",
        expr=f"{mean} > {seconds(limit) * 1000:g}",
        for_="10m",
        summary="{{ $labels.service }} answers in {{ $value }} ms on average",
        description=f"The owner promises {limit} on average.",
        steps=(
            "Look at the slowest queries on the dashboard of databases.",
            "Look whether the autoscaler is at its maximum.",
        ),
    )
