"""Which cluster a command goes to, and the kubeconfig's context for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cli.placed import refused
from live.cluster.reach import Reached, UnknownContext, reach
from settings.problems import nearest
from settings.stacks import LocalCluster, PlacedCluster, PlacedSystem, Stack


@dataclass(frozen=True, kw_only=True)
class Target:
    """What the command line says of it."""

    context: str | None = None
    kubeconfig: Path | None = None
    cluster: str | None = None


def cluster_of(stack: Stack, target: Target) -> str:
    """The stack's cluster that is meant. Raises InvalidSettings."""
    known = sorted(stack.clusters)
    if target.cluster is None and len(known) == 1:
        return known[0]
    if target.cluster not in known:
        wrong = f"'{target.cluster}' is no cluster of stack" if target.cluster else "several clusters are in stack"
        raise refused(f"{wrong} {stack.name}; name one with --cluster ({', '.join(known)})")
    return target.cluster


def system_on(stack: Stack, system: str, target: Target) -> tuple[PlacedCluster, PlacedSystem]:
    """The system and the cluster that it stands on. Raises InvalidSettings."""
    on = {name: cluster for name, cluster in stack.clusters.items() if system in cluster.systems}
    if not on:
        known = {name for cluster in stack.clusters.values() for name in cluster.systems}
        raise refused(f"--system {system} is not a system of stack {stack.name}{nearest(system, known)}")
    if target.cluster is None and len(on) == 1:
        (cluster,) = on.values()
    elif target.cluster in on:
        cluster = on[target.cluster]
    else:
        raise refused(f"name the cluster of stack {stack.name} that {system} is on with --cluster ({', '.join(on)})")
    return cluster, cluster.systems[system]


def reached(stack: Stack, cluster: str, target: Target) -> Reached:
    """Raises InvalidSettings, and OutOfReach."""
    try:
        return reach(target.kubeconfig, _context(stack, cluster, target))
    except UnknownContext as failure:
        raise refused(str(failure)) from None


def _context(stack: Stack, cluster: str, target: Target) -> str | None:
    """The one asked for, or the stack's own. What stands for a cloud's cluster is never guessed."""
    if target.context:
        return target.context
    settings = stack.clusters[cluster].settings
    if isinstance(settings, LocalCluster):
        return settings.context
    if target.kubeconfig is None:
        raise refused(f"cluster {cluster} is in a cloud; name the kubeconfig's context for it with --context")
    return None
