"""The cluster of a command, and its context in the kubeconfig."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path

from slipway.cli.lookup import refused
from slipway.ops.cluster.connection import Connection, UnknownContext, connect
from slipway.settings.clouds.local import LocalCluster
from slipway.settings.problems import nearest
from slipway.settings.stacks import DeployedSystem, Stack, StackCluster


@dataclass(frozen=True, kw_only=True)
class ClusterOptions:
    """Options of the command line."""

    context: str | None = None
    kubeconfig: Path | None = None
    cluster: str | None = None


def cluster_of(stack: Stack, target: ClusterOptions) -> str:
    """Return the selected cluster. Raises InvalidSettings."""
    known = sorted(stack.clusters)
    if target.cluster is None and len(known) == 1:
        return known[0]
    if target.cluster not in known:
        wrong = (
            f"'{target.cluster}' is not a cluster of stack" if target.cluster else "there are several clusters in stack"
        )
        raise refused(f"{wrong} {stack.name}: pass --cluster ({', '.join(known)})")
    return target.cluster


def system_on(stack: Stack, system: str, target: ClusterOptions) -> tuple[StackCluster, DeployedSystem]:
    """Return the cluster and the system on it. Raises InvalidSettings."""
    on = {name: cluster for name, cluster in stack.clusters.items() if system in cluster.systems}
    if not on:
        known = {name for cluster in stack.clusters.values() for name in cluster.systems}
        raise refused(f"--system {system} is not a system of stack {stack.name}{nearest(system, known)}")
    if target.cluster is None and len(on) == 1:
        (cluster,) = on.values()
    elif target.cluster in on:
        cluster = on[target.cluster]
    else:
        raise refused(f"pass the cluster of stack {stack.name} that runs {system}: --cluster ({', '.join(on)})")
    return cluster, cluster.systems[system]


def on_context(stack: Stack, context: str | None, clusters: Collection[str]) -> Stack:
    """Return the stack with the context set on its local cluster. Raises InvalidSettings."""
    if context is None:
        return stack
    own = [name for name in sorted(clusters) if isinstance(stack.clusters[name].settings, LocalCluster)]
    if len(own) != 1:
        if own:
            raise refused(
                f"--context {context} could be for any of {', '.join(own)}: set `context` of each in the stack"
            )
        elsewhere = ", ".join(sorted(clusters))
        raise refused(
            f"--context {context} is for local clusters only, but {elsewhere} is in a cloud: remove --context"
        )
    cluster = stack.clusters[own[0]]
    settings = cluster.settings.model_copy(update={"context": context})
    return replace(stack, clusters={**stack.clusters, cluster.name: replace(cluster, settings=settings)})


def connected(
    stack: Stack,
    cluster: str,
    target: ClusterOptions,
    *,
    outage_timeout: float = 0,
    report: Callable[[str], None] = lambda line: None,
) -> Connection:
    """Connect to the cluster; for `outage_timeout` and `report` see `slipway.ops.cluster.api.Api`. Raises
    InvalidSettings and Unreachable."""
    try:
        return connect(
            target.kubeconfig, _context(stack, cluster, target), outage_timeout=outage_timeout, report=report
        )
    except UnknownContext as failure:
        raise refused(str(failure)) from None


def _context(stack: Stack, cluster: str, target: ClusterOptions) -> str | None:
    """Return the requested context, or the stack's. The context of a cloud cluster is never guessed."""
    if target.context:
        return target.context
    settings = stack.clusters[cluster].settings
    if isinstance(settings, LocalCluster):
        return settings.context
    if target.kubeconfig is None:
        raise refused(f"cluster {cluster} is in a cloud: pass --context with its context in the kubeconfig")
    return None
