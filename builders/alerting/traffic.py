"""What the gateway sees of a system: recording rules by slot, and alerts that follow from the objectives.

Envoy names a backend `<namespace>/<route>/<rule>/<namespace>/<service>-<slot>` (builders/gateway/proxies.py), from which
service and slot are read. Burn rates are those of the SRE workbook: an alert needs its long and its short window, so
that it comes soon, and goes soon.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from builders.alerting import labels
from builders.alerting.promql import matching, selector
from builders.alerting.rule import Rule, recording
from settings.fields import seconds
from settings.stacks import PlacedSystem

WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
BURN_RATES = (
    (14.4, "1h", "5m", "critical", "2m"),
    (6, "6h", "30m", "critical", "5m"),
    (3, "1d", "2h", "warning", "15m"),
    (1, "3d", "6h", "warning", "1h"),
)
"""How many times faster than allowed, over which windows, how bad, and for how long."""
SLOW_BUDGET = 0.05
"""Of 100 requests 5 may be slower than the p95 objective."""
BACKEND = r"[^/]+/[^/]+/[^/]+/([^/]+)/(.+)-(blue|green)[|]?"
_COUNT = "envoy_cluster_upstream_rq_xx"
_TIME = "envoy_cluster_upstream_rq_time"


def recordings(placed: PlacedSystem) -> list[dict[str, Any]]:
    """By service and slot: requests a second, and the p95. By service: the shares of failed and of slow requests."""
    ours = matching("envoy_cluster_name", rf"[^/]+/[^/]+/[^/]+/{placed.namespace}/.+")
    bound = f"{seconds(placed.definition.objectives.p95) * 1000:.15g}"
    tags = {"system": placed.name}
    by_slot = f"sum by (service, slot, class) ({_named(f'rate({selector(_COUNT, ours)}[5m])', 'class')})"
    buckets = _named(f"rate({selector(f'{_TIME}_bucket', ours)}[5m])")
    latency = f"histogram_quantile(0.95, sum by (service, slot, le) ({buckets}))"
    rules = [recording(labels.REQUESTS, by_slot, **tags), recording(labels.LATENCY, latency, **tags)]
    for window in WINDOWS:
        rules.append(recording(f"{labels.ERRORS}{window}", _share(ours, window), **tags))
        rules.append(recording(f"{labels.SLOW}{window}", _slow(ours, bound, window), **tags))
    return rules


def alerts(placed: PlacedSystem) -> list[Rule]:
    objectives = placed.definition.objectives
    failing = objectives.error_percent / 100
    rules = [
        *_burning("ErrorBudgetBurn", labels.ERRORS, failing, placed.name, "requests fail"),
        *_burning("LatencyBudgetBurn", labels.SLOW, SLOW_BUDGET, placed.name, f"requests take over {objectives.p95}"),
    ]
    if objectives.average is not None:
        rules.append(_average(placed, objectives.average))
    return rules


def _named(expr: str, *more: str) -> str:
    """The same with labels `service`, `slot` and `class`."""
    named = expr
    for label, found in (("service", "$2"), ("slot", "$3")):
        named = f'label_replace({named}, "{label}", "{found}", "envoy_cluster_name", "{BACKEND}")'
    return f'label_replace({named}, "class", "$1", "envoy_response_code_class", "(.*)")' if more else named


def _sum(metric: str, window: str, *matchers: str) -> str:
    return f"sum by (service) ({_named(f'rate({selector(metric, *matchers)}[{window}])')})"


def _share(ours: str, window: str) -> str:
    """Zero while requests come and none fails; nothing while none comes."""
    failed = _sum(_COUNT, window, ours, 'envoy_response_code_class="5"')
    every = _sum(_COUNT, window, ours)
    return f"({failed} or 0 * {every}) / ({every} > 0)"


def _slow(ours: str, bound: str, window: str) -> str:
    """Prometheus 3 writes the bound 200 as 200.0, and 2 leaves it as it is."""
    fast = _sum(f"{_TIME}_bucket", window, ours, matching("le", rf"{bound}([.]0)?"))
    every = _sum(f"{_TIME}_count", window, ours)
    return f"1 - {fast} / ({every} > 0)"


def _burning(name: str, ratio: str, budget: float, system: str, what: str) -> Sequence[Rule]:
    return [
        Rule(
            name=name,
            expr=(
                f"{selector(ratio + long, system=system)} > {budget * factor:.6g} and "
                f"{selector(ratio + short, system=system)} > {budget * factor:.6g}"
            ),
            lasting=lasting,
            severity="critical" if severity == "critical" else "warning",
            labels={"window": long},
            summary=f"{{{{ $labels.service }}}}: {{{{ $value | humanizePercentage }}}} of {what}",
            meaning=(
                f"At this pace, {factor:g} times what the objective allows, the month's budget is used up early. "
                f"Measured over {long} and over {short}."
            ),
            steps=(
                "Look at the dashboard of releases: does it come from one slot only? Then give the other one all visitors.",
                "Look at the logs of the service, and at the alerts of what it uses: databases, queue, vendors.",
                "Compare with the last change: a release, a flag, a migration.",
            ),
        )
        for factor, long, short, severity, lasting in BURN_RATES
    ]


def _average(placed: PlacedSystem, limit: str) -> Rule:
    ours = matching("envoy_cluster_name", rf"[^/]+/[^/]+/[^/]+/{placed.namespace}/.+")
    mean = f"{_sum(_TIME + '_sum', '5m', ours)} / ({_sum(_TIME + '_count', '5m', ours)} > 0)"
    return Rule(
        name="AverageLatencyHigh",
        expr=f"{mean} > {seconds(limit) * 1000:g}",
        lasting="10m",
        summary="{{ $labels.service }} answers in {{ $value }} ms on average",
        meaning=f"The owner promises {limit} on average.",
        steps=(
            "Look at the slowest queries on the dashboard of databases.",
            "Look whether the autoscaler is at its maximum.",
        ),
    )
