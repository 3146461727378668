"""All alerts of a system, and the PrometheusRule that holds them."""

from __future__ import annotations

from typing import Any

from builders.alerting import databases, operations, own, traffic, workloads
from builders.alerting.rule import Owned, Rule, group
from settings.stacks import PlacedSystem

CONCERNS = {
    "traffic": traffic.alerts,
    "workloads": workloads.alerts,
    "databases": databases.alerts,
    "operations": operations.alerts,
    "own": own.alerts,
}


def of_system(placed: PlacedSystem) -> dict[str, list[Rule]]:
    """By concern; concerns without an alert are left out."""
    found = {concern: alerts(placed) for concern, alerts in CONCERNS.items()}
    return {concern: rules for concern, rules in found.items() if rules}


def prometheus_rule(placed: PlacedSystem, runbooks: str) -> dict[str, Any]:
    """The spec of the system's PrometheusRule: recording rules first, for the alerts read them."""
    owned = Owned(system=placed.name, team=placed.definition.owner.team, runbooks=runbooks)
    recorded = [*traffic.recordings(placed), *databases.recordings(placed)]
    groups = [group(f"{placed.name}-recording", recorded)]
    for concern, rules in of_system(placed).items():
        groups.append(group(f"{placed.name}-{concern}", [owned.alert(rule) for rule in rules]))
    return {"groups": groups}
