"""The Release that a command is about."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from slipway.cli.cluster_options import ClusterOptions, connected, system_on
from slipway.cli.selection import Selection, select
from slipway.ops.cluster import releases
from slipway.ops.cluster.api import Api
from slipway.ops.cluster.connection import Connection
from slipway.ops.cluster.releases import Release
from slipway.settings.stacks import DeployedSystem, StackCluster


@dataclass(frozen=True, kw_only=True)
class Request:
    """Options of the command line that say which release is meant."""

    cwd: Path
    stack: str | None
    file: Path | None
    target: ClusterOptions = field(default_factory=ClusterOptions)

    def selection(self) -> Selection:
        """Return the stack. Raises InvalidSettings."""
        return select(self.cwd, self.stack, self.file)


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
    release = releases.get(connection.api, deployed.namespace, system, connection.context)
    return Found(selection=selection, cluster=cluster, deployed=deployed, connection=connection, release=release)
