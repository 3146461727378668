"""Labels and links of every alert, and the names of metrics that rules share."""

from __future__ import annotations

CLUSTER_TEAM = "platform"
"""The team that receives the cluster's own alerts."""
CLUSTER_DASHBOARD = "/dashboards"

ERRORS = "slipway:errors:ratio_rate"
"""Share of a service's failed requests, as counted by the gateway; the window is appended."""
SLOW = "slipway:slow:ratio_rate"
"""Share of a service's requests slower than its objective."""
REQUESTS = "slipway:requests:rate5m"
"""Requests per second by service, slot and status class."""
LATENCY = "slipway:latency_milliseconds:p95_5m"
"""95th percentile of latency by service and slot."""

POD_CPU = "slipway:pod_cpu_cores:max_rate5m"
"""CPU of the busiest pod by service and slot, in cores."""
POD_MEMORY = "slipway:pod_memory_bytes:max"
"""Memory of the largest pod by service and slot."""

RESTORE_PASSED = "slipway:restore_test_passed:last"
"""1 if the last restore test passed, else 0, by system and by database or volume. While one runs, the previous result."""
RESTORE_AGE = "slipway:restore_test_age_seconds:last"
"""Time since the last passed restore test or, without one, since the CronJob's creation; by system
and by database or volume."""


def runbook(base: str, page: str, alert: str) -> str:
    """Returns the URL of the section about `alert` on the page of a system or of the cluster."""
    return f"{base}/{page}.md#{alert.lower()}"


def dashboard(system: str) -> str:
    return f"/d/slipway-{system}"
