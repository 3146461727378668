"""Find the system of a stack that a command is for."""

from __future__ import annotations

from slipway.settings.problems import InvalidSettings, Place, Problem, nearest
from slipway.settings.stacks import DeployedSystem, Stack, StackCluster


def find_system(stack: Stack, system: str) -> tuple[StackCluster, DeployedSystem]:
    """Return the system and its cluster; `monitoring-main` means the alert receivers of the cluster `main`. Raises
    InvalidSettings if `stack` has no such system."""
    clusters = {name: cluster for cluster in stack.clusters.values() for name in cluster.systems}
    receivers = {each.name: (cluster, each) for cluster in stack.clusters.values() for each in cluster.services}
    if system in receivers:
        return receivers[system]
    if system not in clusters:
        raise refused(
            f"--system {system} is not a system of stack {stack.name}{nearest(system, [*clusters, *receivers])}"
        )
    return clusters[system], clusters[system].systems[system]


def refused(rule: str) -> InvalidSettings:
    """Return the error for bad input on the command line."""
    return InvalidSettings([Problem(Place("slipway"), rule)])
