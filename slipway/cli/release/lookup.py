"""The Release that a command is about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from slipway.cli.cluster_options import ClusterOptions, cluster_of, connected, system_on
from slipway.cli.selection import Selection, select_slipway
from slipway.ops.cluster import release_client
from slipway.ops.cluster.api import Api
from slipway.ops.cluster.connection import Connection
from slipway.ops.cluster.release_client import Release
from slipway.settings.clouds.local import LocalCluster
from slipway.settings.stacks import DeployedSystem, Stack, StackCluster


@dataclass(frozen=True, kw_only=True)
class Request:
    """Options of the command line that say which release is meant."""

    cwd: Path
    stack: str | None
    file: Path | None
    target: ClusterOptions = field(default_factory=ClusterOptions)

    def selection(self) -> Selection:
        """Return the stack. Raises InvalidSettings."""
        return select_slipway(self.cwd, self.stack, self.file)


@dataclass(frozen=True, kw_only=True)
class Found:
    """A system of the stack, and its Release on the cluster."""

    selection: Selection
    cluster: StackCluster
    deployed: DeployedSystem
    connection: Connection
    release: Release

    @property
    def api(self) -> Api:
        return self.connection.api


def find(request: Request, system: str) -> Found:
    """Return the Release of a system. Raises InvalidSettings and CloudFailure."""
    selection = request.selection()
    cluster, deployed = system_on(selection.stack, system, request.target)
    connection = connected(selection.stack, cluster.name, request.target)
    release = release_client.get(connection.api, deployed.namespace, system, connection.context)
    return Found(selection=selection, cluster=cluster, deployed=deployed, connection=connection, release=release)


@dataclass(frozen=True)
class OnCluster:
    """A system, the cluster that it is declared on, and its Release there."""

    cluster: str
    system: DeployedSystem
    connection: Connection
    release: Release | None


def on_clusters(
    stack: Stack, system: str | None, target: ClusterOptions, *, outage_timeout: float = 0
) -> Iterator[OnCluster]:
    """Yield the systems of the clusters that the options reach, in the order of the stack. Raises InvalidSettings and
    CloudFailure."""
    if system is not None:
        clusters = {system_on(stack, system, target)[0].name: [system]}
    elif target.cluster is None and _have_own_contexts(stack, target):
        clusters = {name: list(cluster.systems) for name, cluster in stack.clusters.items()}
    else:
        name = cluster_of(stack, target)
        clusters = {name: list(stack.clusters[name].systems)}
    for name, systems in clusters.items():
        connection = connected(stack, name, target, outage_timeout=outage_timeout)
        for each in (stack.clusters[name].systems[one] for one in systems):
            release = release_client.find(connection.api, each.namespace, each.name)
            yield OnCluster(name, each, connection, release)


def _have_own_contexts(stack: Stack, target: ClusterOptions) -> bool:
    """Return whether every cluster of the stack names its context."""
    if target.context is not None:
        return False
    every = [cluster.settings for cluster in stack.clusters.values()]
    return all(isinstance(each, LocalCluster) and each.context for each in every)
