"""Labels and links that every alert carries, and the names of metrics that rules share."""

from __future__ import annotations

CLUSTER_TEAM = "platform"
"""Who hears of the cluster's own alerts."""
CLUSTER_DASHBOARD = "/dashboards"

ERRORS = "slipway:errors:ratio_rate"
"""Share of a service's requests that failed, by the gateway's count; the window is appended."""
SLOW = "slipway:slow:ratio_rate"
"""Share of a service's requests that were slower than its objective."""
REQUESTS = "slipway:requests:rate5m"
"""Requests a second by service, slot and class of status."""
LATENCY = "slipway:latency_milliseconds:p95_5m"
"""95 of 100 requests are answered within this, by service and slot."""

RESTORE_PASSED = "slipway:restore_test_passed:last"
"""Whether the last restore test of a database passed, 1 or 0, by system and database. While one runs, the one before."""
RESTORE_AGE = "slipway:restore_test_age_seconds:last"
"""Time since a restore test passed, or since there are any if none ever did, by system and database."""


def runbook(base: str, page: str, alert: str) -> str:
    """The address of the paragraph about `alert` on the page of a system or of the cluster."""
    return f"{base}/{page}.md#{alert.lower()}"


def dashboard(system: str) -> str:
    return f"/d/slipway-{system}"
