"""Which system of a stack a command is about."""

from __future__ import annotations

from settings.problems import InvalidSettings, Place, Problem, nearest
from settings.stacks import PlacedCluster, PlacedSystem, Stack


def placed(stack: Stack, system: str) -> tuple[PlacedCluster, PlacedSystem]:
    """The system and the cluster that it stands on; `monitoring-main` stands for the receivers of alerts of the cluster
    `main`. Raises InvalidSettings when `stack` has no such system."""
    clusters = {name: cluster for cluster in stack.clusters.values() for name in cluster.systems}
    receivers = {cluster.monitoring.name: cluster for cluster in stack.clusters.values()}
    if system in receivers:
        return receivers[system], receivers[system].monitoring
    if system not in clusters:
        raise refused(
            f"--system {system} is not a system of stack {stack.name}{nearest(system, [*clusters, *receivers])}"
        )
    return clusters[system], clusters[system].systems[system]


def refused(rule: str) -> InvalidSettings:
    """Bad input on the command line."""
    return InvalidSettings([Problem(Place("slipway"), rule)])
