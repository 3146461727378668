"""Managed services take security updates by themselves."""

from __future__ import annotations

from pulumi_policy import Severity

from adapters import clouds
from framework import Declaration, Resource, Settings, Verdict, resource_rule

_UPDATED = clouds.alone("security-updates")


@resource_rule(
    Declaration(
        name="security-updates",
        description="Managed clusters, databases, brokers and caches take security updates by themselves.",
        why="A hole is attacked within days of its correction, and nobody updates by hand that fast",
        clauses=("CIS Controls 7.3, 7.4: automated patch management", *clouds.clauses("security-updates")),
        types=_UPDATED.keys(),
        severity=Severity.HIGH,
    )
)
def security_updates(service: Resource, settings: Settings, verdict: Verdict) -> None:
    """Check the setting of one service."""
    _UPDATED[service.type](service, settings, verdict)
