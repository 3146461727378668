"""`slipway weights`."""

from __future__ import annotations

from pathlib import Path

from cli.placed import placed
from cli.selection import select
from cli.table import table
from live.weights import EdgeState
from settings.stacks import AwsCluster, Placement


def weights(cwd: Path, stack: str | None, file: Path | None, system: str) -> int:
    """Prints the weights in force of each static site beside the declared. Raises InvalidSettings and CloudFailure."""
    selected = select(cwd, stack, file).stack
    cluster, found = placed(selected, system)
    if not found.definition.sites:
        print(f"{system} has no static sites")
    elif not isinstance(cluster.settings, AwsCluster):
        print(f"the gateway splits visitors of {system}: kubectl get httproute --namespace {found.namespace}")
    else:
        from live.aws.weights import in_force

        rows = [_row(site, state, found.placement) for site, state in in_force(selected, cluster, system).items()]
        print(table(("site", "in force", "declared", ""), rows))
    return 0


def _row(site: str, state: EdgeState | None, placement: Placement) -> tuple[str, str, str, str]:
    slots = ("blue", "green")
    declared = _said({slot: placement.weight(slot) for slot in slots}, placement.active, closed=placement.maintenance)
    if state is None:
        return site, "nothing yet", declared, "run `pulumi up` first"
    actual = _said({slot: state.weights.get(slot, 0) for slot in slots}, state.active, closed=state.maintenance)
    return site, actual, declared, "" if actual == declared else "differs"


def _said(weights: dict[str, int], active: str, *, closed: bool) -> str:
    """`blue 90 %, green 10 %, blue active`."""
    shares = ", ".join(f"{slot} {weight} %" for slot, weight in weights.items())
    return f"{shares}, {active} active{', maintenance' if closed else ''}"
