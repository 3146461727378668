"""Queries by which the controller of releases reads figures of one slot, from the gateway's metrics, and alerts."""

from __future__ import annotations

from components.cluster.monitoring.manifests.alerting import backends
from components.cluster.monitoring.manifests.alerting.promql import selector
from slipway.release.objects import SLOTS, Queries, SlotName, SlotQueries
from slipway.settings.stacks import DeployedSystem

INTERVAL_SECONDS = 15
"""Seconds of a sample. Source: releases are judged on samples of a quarter of a minute."""
SCRAPE_SECONDS = 5
"""Seconds between two scrapes of the gateway. Chosen: three values in each sample."""
_COUNT, _TIME = "envoy_cluster_upstream_rq_xx", "envoy_cluster_upstream_rq_time_bucket"


def queries(deployed: DeployedSystem, *, routed: bool) -> Queries:
    """Returns the queries of a system; without routes it has no figures by slot."""
    firing = {"alertstate": "firing", "system": deployed.name}
    forbidden = selector("ALERTS", alertname="ForbiddenLinesInLogs", **firing)
    return Queries(
        interval_seconds=INTERVAL_SECONDS,
        slots={slot: _of_slot(deployed, slot) for slot in SLOTS} if routed else {},  # type: ignore[misc]
        critical=selector("ALERTS", severity="critical", **firing),
        forbidden_logs=forbidden if deployed.definition.logs.forbidden else None,
    )


def _of_slot(deployed: DeployedSystem, slot: SlotName) -> SlotQueries:
    """Returns the queries of a slot. A slot whose requests all succeed has zero errors, one without requests nothing."""
    ours = backends.of_slot(deployed, slot)
    window = f"[{INTERVAL_SECONDS}s]"
    requests = f"sum(increase({selector(_COUNT, *ours)}{window}))"
    failed = f"sum(increase({selector(_COUNT, *ours, envoy_response_code_class='5')}{window}))"
    buckets = f"sum by (le) (rate({selector(_TIME, *ours)}{window}))"
    return SlotQueries(
        requests=requests,
        errors=f"{failed} or 0 * {requests}",
        p95=f"histogram_quantile(0.95, {buckets}) / 1000",
    )
