"""Queries that several dashboards have."""

from __future__ import annotations

from collections.abc import Iterable

from builders.alerting.promql import exactly, matching, selector
from builders.alerting.workloads import SLOT_PODS

SLOT_DEPLOYMENTS = "(.+)-(blue|green)"
"""A Deployment's name, from which service and slot are read."""


def rate(series: str, window: str = "5m") -> str:
    return f"rate({series}[{window}])"


def summed(expr: str, *labels: str) -> str:
    return f"sum by ({', '.join(labels)}) ({expr})" if labels else f"sum({expr})"


def any_of(label: str, words: Iterable[str]) -> str:
    """A matcher for any of the words."""
    return matching(label, exactly(*words))


def by_pod(expr: str) -> str:
    """Summed by service and slot, which are read from the names of pods."""
    return summed(_named(expr, "pod", SLOT_PODS), "service", "slot")


def by_deployment(expr: str) -> str:
    """Summed by service and slot, which are read from the names of Deployments."""
    return summed(_named(expr, "deployment", SLOT_DEPLOYMENTS), "service", "slot")


def _named(expr: str, label: str, pattern: str) -> str:
    service = f'label_replace({expr}, "service", "$1", "{label}", "{pattern}")'
    return f'label_replace({service}, "slot", "$2", "{label}", "{pattern}")'


def firing(system: str) -> str:
    return selector("ALERTS", alertstate="firing", system=system)


def share(part: str, whole: str) -> str:
    """Zero where none is part of it, nothing where there is no whole. Both are summed by the same labels."""
    return f"({part} or 0 * {whole}) / ({whole} > 0)"
