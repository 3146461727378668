"""Which system of a stack a command is about."""

from __future__ import annotations

from settings.problems import InvalidSettings, Place, Problem, nearest
from settings.stacks import MONITORING, PlacedCluster, PlacedSystem, Stack


def placed(stack: Stack, system: str) -> tuple[PlacedCluster, PlacedSystem]:
    """The system and the cluster that it stands on; `monitoring` stands for the receivers of alerts, which a stack with
    several clusters has in each: `main/monitoring`. Raises InvalidSettings when `stack` has no such system."""
    clusters = {name: cluster for cluster in stack.clusters.values() for name in cluster.systems}
    receivers = {f"{name}/{MONITORING}": cluster for name, cluster in stack.clusters.items()}
    if len(receivers) == 1:
        receivers[MONITORING] = next(iter(receivers.values()))
    if system in receivers:
        return receivers[system], receivers[system].monitoring
    if system == MONITORING:
        raise refused(f"--system {system} is one of several; say which: {', '.join(receivers)}")
    if system not in clusters:
        raise refused(f"--system {system} is not a system of stack {stack.name}{nearest(system, clusters)}")
    return clusters[system], clusters[system].systems[system]


def refused(rule: str) -> InvalidSettings:
    """Bad input on the command line."""
    return InvalidSettings([Problem(Place("slipway"), rule)])
