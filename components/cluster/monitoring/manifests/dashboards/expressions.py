"""Queries that several dashboards share."""

from __future__ import annotations

from collections.abc import Iterable

from components.cluster.monitoring.manifests.alerting.promql import exactly, matching, selector
from components.cluster.monitoring.manifests.alerting.workload_alerts import SLOT_PODS

SLOT_DEPLOYMENTS = "(.+)-(blue|green)"
"""Name of a Deployment, from which service and slot are extracted."""


def rate(series: str, window: str = "5m") -> str:
    return f"rate({series}[{window}])"


def summed(expr: str, *labels: str) -> str:
    return f"sum by ({', '.join(labels)}) ({expr})" if labels else f"sum({expr})"


def any_of(label: str, words: Iterable[str]) -> str:
    """Returns a matcher for any of the words."""
    return matching(label, exactly(*words))


def by_pod(expr: str) -> str:
    """Sums by service and slot, extracted from pod names."""
    return summed(_named(expr, "pod", SLOT_PODS), "service", "slot")


def by_deployment(expr: str) -> str:
    """Sums by service and slot, extracted from Deployment names."""
    return summed(_named(expr, "deployment", SLOT_DEPLOYMENTS), "service", "slot")


def _named(expr: str, label: str, pattern: str) -> str:
    service = f'label_replace({expr}, "service", "$1", "{label}", "{pattern}")'
    return f'label_replace({service}, "slot", "$2", "{label}", "{pattern}")'


def firing(system: str) -> str:
    return selector("ALERTS", alertstate="firing", system=system)


def share(part: str, whole: str) -> str:
    """Returns a ratio: zero if the numerator has no series, no value if the denominator is zero. Both are summed by the
    same labels."""
    return f"({part} or 0 * {whole}) / ({whole} > 0)"
