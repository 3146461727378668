"""All alerts of a system, and its PrometheusRule."""

from __future__ import annotations

from typing import Any

from components.cluster.monitoring.manifests.alerting import (
    cache_alerts,
    database_alerts,
    maintenance,
    operations,
    own,
    schedule_alerts,
    traffic,
    volume_alerts,
    workload_alerts,
)
from components.cluster.monitoring.manifests.alerting.rule import Owned, Rule, group
from slipway.settings.cluster_services import Controllers
from slipway.settings.stacks import DeployedSystem

EXPORTED = {"certificates": "certmanager_", "logs": operations.LOG_LINES, "releases": maintenance.CLOSED}
"""What begins the names of series that exist only with a controller."""
CONCERNS = {
    "traffic": traffic.alerts,
    "workloads": workload_alerts.alerts,
    "schedules": schedule_alerts.alerts,
    "volumes": volume_alerts.alerts,
    "databases": database_alerts.alerts,
    "caches": cache_alerts.alerts,
    "operations": operations.alerts,
    "maintenance": maintenance.alerts,
    "own": own.alerts,
}


def of_system(deployed: DeployedSystem) -> dict[str, list[Rule]]:
    """Returns the alerts by concern, without concerns that have none."""
    found = {concern: alerts(deployed) for concern, alerts in CONCERNS.items()}
    return {concern: rules for concern, rules in found.items() if rules}


def prometheus_rule(
    deployed: DeployedSystem, runbooks: str, controllers: Controllers | None = None, *, caches_scraped: bool = True
) -> dict[str, Any]:
    """Returns the spec of the system's PrometheusRule: recording rules first, because the alerts read them. Alerts on
    series of an absent controller, or of caches that the cloud watches, are left out: they could never fire, or would
    always."""
    controllers = controllers or Controllers()
    missing = [series for name, series in EXPORTED.items() if getattr(controllers, name) == "absent"]
    owned = Owned(
        system=deployed.name, page=deployed.defined_as, team=deployed.definition.owner.team, runbooks=runbooks
    )
    recorded = [
        *traffic.recordings(deployed),
        *workload_alerts.recordings(deployed),
        *database_alerts.recordings(deployed),
        *volume_alerts.recordings(deployed),
    ]
    groups = [group(f"{deployed.name}-recording", recorded)]
    for concern, rules in of_system(deployed).items():
        if concern == "caches" and not caches_scraped:
            continue
        able = [owned.alert(rule) for rule in rules if not any(series in rule.expr for series in missing)]
        groups += [group(f"{deployed.name}-{concern}", able)] if able else []
    return {"groups": groups}
