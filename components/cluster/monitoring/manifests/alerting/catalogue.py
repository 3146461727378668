"""All alerts of a system, and its PrometheusRule."""

from __future__ import annotations

from typing import Any

from components.cluster.monitoring.manifests.alerting import databases, operations, own, schedules, traffic, workloads
from components.cluster.monitoring.manifests.alerting.rule import Owned, Rule, group
from slipway.settings.stacks import DeployedSystem

CONCERNS = {
    "traffic": traffic.alerts,
    "workloads": workloads.alerts,
    "schedules": schedules.alerts,
    "databases": databases.alerts,
    "operations": operations.alerts,
    "own": own.alerts,
}


def of_system(deployed: DeployedSystem) -> dict[str, list[Rule]]:
    """Returns the alerts by concern, without concerns that have none."""
    found = {concern: alerts(deployed) for concern, alerts in CONCERNS.items()}
    return {concern: rules for concern, rules in found.items() if rules}


def prometheus_rule(deployed: DeployedSystem, runbooks: str) -> dict[str, Any]:
    """Returns the spec of the system's PrometheusRule: recording rules first, because the alerts read them."""
    owned = Owned(system=deployed.name, team=deployed.definition.owner.team, runbooks=runbooks)
    recorded = [*traffic.recordings(deployed), *databases.recordings(deployed)]
    groups = [group(f"{deployed.name}-recording", recorded)]
    for concern, rules in of_system(deployed).items():
        groups.append(group(f"{deployed.name}-{concern}", [owned.alert(rule) for rule in rules]))
    return {"groups": groups}
