"""`slipway weights`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from slipway.cli.cluster_options import ClusterOptions, connected
from slipway.cli.lookup import find_system
from slipway.cli.selection import select_slipway
from slipway.cli.table import table
from slipway.ops.clouds import PACKAGES
from slipway.ops.cluster import release_client
from slipway.ops.site_weights import EdgeState
from slipway.release.status import Status
from slipway.reports import release_status
from slipway.settings.clouds import is_able
from slipway.settings.exit_statuses import OK
from slipway.settings.stacks import SystemDeployment

if TYPE_CHECKING:
    from slipway.ops.kubernetes.weights import Split

SLOTS, MAINTENANCE = ("blue", "green"), "maintenance"


def weights(cwd: Path, stack: str | None, file: Path | None, system: str, target: ClusterOptions) -> int:
    """Print the weights in force and the wanted ones: at the edge of static sites if the cloud has one, otherwise at
    the gateway. There the Release says what is wanted, if the system has one, and else the stack's file. Raises
    InvalidSettings and CloudFailure."""
    selected = select_slipway(cwd, stack, file).stack
    cluster, found = find_system(selected, system)
    if is_able(cluster.settings.cloud, "edge") and target.context is None:
        if not found.definition.sites:
            print(f"{system} has no static sites: for its routes pass the cluster's --context")
            return OK
        edge = import_module(f"{PACKAGES[cluster.settings.cloud]}.weights")
        states = edge.in_force(selected, cluster, system)
        rows = [_row(site, state, found.deployment) for site, state in states.items()]
        if cluster.settings.controllers.releases == "absent":
            print(table(("site", "in force", "declared", ""), rows))
        else:
            print(table(("site", "in force"), [row[:2] for row in rows]))
            print("what the release wants is on the cluster: `slipway release status` shows it")
        return OK
    from slipway.ops.kubernetes import weights as gateway

    connection = connected(selected, cluster.name, target)
    splits = gateway.in_force(connection.api, found.namespace)
    release = release_client.find(connection.api, found.namespace, found.name)
    wanted = _released(release.status) if release and release.status.weights else _declared(found.deployment)
    if not splits:
        print(f"{system} has no routes on {connection.context}")
    else:
        head = "release" if release and release.status.weights else "declared"
        print(table(("route", "in force", head, ""), [_route_row(name, each, wanted) for name, each in splits.items()]))
    if release is not None:
        print(release_status.sentence(release.spec, release.status))
    return OK


def _declared(deployment: SystemDeployment) -> str:
    """Return what the stack's file wants of routes."""
    return MAINTENANCE if deployment.maintenance else _shares({slot: deployment.weight(slot) for slot in SLOTS})


def _released(status: Status) -> str:
    """Return what the controller wants of routes now."""
    return MAINTENANCE if status.closed else _shares({"blue": 0, "green": 0, **status.weights})


def _route_row(name: str, split: Split, wanted: str) -> tuple[str, str, str, str]:
    """Return the row of a route; a change that its controller has not processed is not in force."""
    actual = MAINTENANCE if split.weights is None else _shares(split.weights)
    if not split.standing.is_ready:
        return name, f"not {actual} yet", wanted, split.standing.reason
    return name, actual, wanted, "" if actual == wanted else "differs"


def _row(site: str, state: EdgeState | None, deployment: SystemDeployment) -> tuple[str, str, str, str]:
    declared = _summary(
        {slot: deployment.weight(slot) for slot in SLOTS}, deployment.active, closed=deployment.maintenance
    )
    if state is None:
        return site, "nothing yet", declared, "run `pulumi up` first"
    actual = _summary({slot: state.weights.get(slot, 0) for slot in SLOTS}, state.active, closed=state.maintenance)
    return site, actual, declared, "" if actual == declared else "differs"


def _summary(weights: dict[str, int], active: str, *, closed: bool) -> str:
    """Format weights as `blue 90 %, green 10 %, blue active`."""
    return f"{_shares(weights)}, {active} active{f', {MAINTENANCE}' if closed else ''}"


def _shares(weights: Mapping[str, int]) -> str:
    return ", ".join(f"{slot} {weight} %" for slot, weight in weights.items())
