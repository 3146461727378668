"""`slipway release hand-over`, `revert` and `retire`: changes of a stack's file, ready to be committed."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from slipway.cli import stack_file
from slipway.cli.cluster_options import ClusterOptions, cluster_of, connected, system_on
from slipway.cli.lookup import find_system, refused
from slipway.cli.release.lookup import Request
from slipway.cli.release.lookup import find as find_release
from slipway.cli.selection import Selection
from slipway.ops.cluster import release_client
from slipway.ops.cluster.release_client import Release
from slipway.release.objects import SLOTS
from slipway.release.status import IN_PROGRESS
from slipway.reports.release_status import minute, sentence
from slipway.settings.document import mark_at, read
from slipway.settings.exit_statuses import OK
from slipway.settings.load import name_in
from slipway.settings.pointers import Path as Keys
from slipway.settings.rewriting import with_value, without
from slipway.settings.stacks import DeployedSystem, SystemDeployment

Change = Callable[[str, Keys, DeployedSystem, Release], str]
"""Returns the stack's file with a change for one system, or raises Unchanged."""


BY_HAND = (
    "releases on cluster {cluster} are made by hand (`controllers.releases: absent`): use `slipway set-version --slot "
    "{slot}`, and the slots' `weight`"
)

UNASKED = (
    "no cluster was asked who has the visitors: after a rollback pass --context, or `slipway release revert` first"
)


class Unchanged(Exception):
    """There is nothing to change, or not yet; the message says why."""


def hand_over(request: Request, system: str, version: str, hotfix: str | None = None, *, dry: bool) -> int:
    """Set the version of the candidate's slot and make it the active one, in one change; a reason for a `hotfix` opens
    the window. Raises InvalidSettings and CloudFailure."""
    selection = request.selection()
    path = stack_file.deployment_path(selection, system)
    cluster, found = find_system(selection.stack, system)
    if cluster.settings.controllers.releases == "absent":
        raise refused(BY_HAND.format(cluster=cluster.name, slot=_candidate(found.deployment.active, found.deployment)))
    deployment = found.deployment
    in_force = _in_force(request, system)
    if in_force is None and deployment.slot(deployment.active).version is not None:
        print(UNASKED, file=sys.stderr)
    slot = _candidate(in_force or deployment.active, deployment)
    shown = name_in(selection.project, selection.file)
    version_path = (*path, slot, "version")
    stack_file.check_version(version, mark_at(read(selection.file, shown), version_path), version_path)
    if deployment.active == slot and deployment.slot(slot).version == version:
        print(f"{shown}: {system} {slot} is already {version}, and active")
        return OK
    text = with_value(_text(selection), version_path, version)
    text = _with_versions(text, (*path, slot, "versions"), deployment, in_force or deployment.active, slot)
    text = without(_activated(text, path, slot, deployment), (*path, "hotfix"))
    text = with_value(text, (*path, "hotfix", "reason"), hotfix) if hotfix else text
    return _write(selection, text, dry=dry)


def revert(request: Request, system: str | None, *, dry: bool) -> int:
    """Write what is in force into the stack's file, for systems whose release was rolled back. Raises InvalidSettings
    and CloudFailure."""
    return _change_each(request, system, _reverted if system else _rolled_back, dry=dry)


def retire(request: Request, system: str | None, *, dry: bool) -> int:
    """Remove the version of the former slot, for systems whose watch is over. Raises InvalidSettings and
    CloudFailure."""
    return _change_each(request, system, _retired, dry=dry)


def _in_force(request: Request, system: str) -> str | None:
    """Return the slot that visitors have, if the command line names a cluster to ask. After a rollback it is not the
    one that the stack's file calls active."""
    if request.target.context is None and request.target.kubeconfig is None:
        return None
    release = find_release(request, system).release
    if release.status.phase in IN_PROGRESS:
        raise refused(f"a release is in progress: {sentence(release.spec, release.status)}")
    return release.status.active


def _candidate(in_force: str, deployment: SystemDeployment) -> str:
    """Return the slot beside the one in force; of a system that runs nowhere yet the active one."""
    if all(deployment.slot(each).version is None for each in SLOTS):
        return deployment.active
    return _other(in_force)


def _other(slot: str) -> str:
    return next(each for each in SLOTS if each != slot)


def _activated(text: str, path: Keys, slot: str, deployment: SystemDeployment) -> str:
    """Return `text` with `slot` active, and without weights, which belong to the controller."""
    if deployment.active != slot:
        text = with_value(text, (*path, "active"), slot)
    for each in SLOTS:
        text = without(text, (*path, each, "weight"))
    return text


def _with_versions(text: str, path: Keys, deployment: SystemDeployment, in_force: str, slot: str) -> str:
    """Return `text` in which the candidate has the versions of single services in force: those left in its slot are
    older."""
    for name in deployment.slot(slot).versions.keys() - deployment.slot(in_force).versions.keys():
        text = without(text, (*path, name))
    for name, version in deployment.slot(in_force).versions.items():
        text = with_value(text, (*path, name), version)
    return text


def _rolled_back(text: str, path: Keys, deployed: DeployedSystem, release: Release) -> str:
    """Return the change after a rollback alone: what was refused may be admitted by the next `up`."""
    if release.status.phase == "Refused":
        raise Unchanged(f"{deployed.name}: {sentence(release.spec, release.status)}")
    return _reverted(text, path, deployed, release)


def _reverted(text: str, path: Keys, deployed: DeployedSystem, release: Release) -> str:
    status, deployment = release.status, deployed.deployment
    if status.phase not in ("RolledBack", "Refused"):
        raise Unchanged(f"there is nothing to revert: {sentence(release.spec, status)}")
    if status.active is None or status.active_version is None:
        raise Unchanged(f"{deployed.name} was never promoted, so there is nothing to return to")
    wanted = deployment.slot(deployment.active).version
    if (deployment.active, wanted) == (status.active, status.active_version):
        raise Unchanged(f"{deployed.name}: the stack's file says what is in force, {status.active_version}")
    if wanted != status.version:
        raise Unchanged(f"{deployed.name}: the stack's file wants {wanted}, not {status.version}, which was given up")
    if deployment.slot(status.active).version != status.active_version:
        text = with_value(text, (*path, status.active, "version"), status.active_version)
    text = without(_activated(text, path, status.active, deployment), (*path, "hotfix"))
    if not all(each.compatible for each in release.spec.migrations):
        # The database was rolled back, and the candidate does not work with it.
        text = without(text, (*path, _other(status.active)))
    return text


def _retired(text: str, path: Keys, deployed: DeployedSystem, release: Release) -> str:
    status, deployment = release.status, deployed.deployment
    known = _given_up(release)
    if status.active is None or known is None:
        raise Unchanged(f"there is nothing to retire: {sentence(release.spec, status)}")
    former = _other(status.active)
    version = deployment.slot(former).version
    if deployment.active != status.active:
        wanted = f"the stack's file wants slot {deployment.active}, and visitors have {status.active}"
        raise Unchanged(f"{deployed.name}: {wanted}: release it, or `slipway release revert` first")
    if version is None:
        raise Unchanged(f"{deployed.name}: slot {former} has no version to retire")
    if version != known:
        raise Unchanged(f"{deployed.name}: slot {former} has {version} by now, which was never released")
    if status.phase == "Promoted" and (status.watch_until is None or status.watch_until > datetime.now(UTC)):
        until = f" until {minute(status.watch_until)}" if status.watch_until else ""
        raise Unchanged(f"{deployed.name}: {status.active_version} is still watched{until}")
    return without(without(text, (*path, former)), (*path, "hotfix"))


def _given_up(release: Release) -> str | None:
    """Return the version that visitors had before, or the one that was rolled back; None while that is not settled. The
    other slot may have a version that is still to be released."""
    status = release.status
    if status.phase == "Promoted":
        return status.former_version
    if status.phase == "RolledBack":
        return status.version
    last = status.previous[0] if status.phase == "Idle" and status.previous else None
    return last.version if last and last.outcome == "RolledBack" else None


def _change_each(request: Request, system: str | None, change: Change, *, dry: bool) -> int:
    """Change the file for one system, or for each system of a cluster where there is something to change."""
    selection = request.selection()
    text, changed = _text(selection), False
    for deployed, release in _released(selection, system, request.target):
        try:
            path = stack_file.deployment_path(selection, deployed.name)
            text = change(text, path, deployed, release)
            changed = True
        except Unchanged as reason:
            if system is not None:
                raise refused(str(reason)) from None
            print(reason)
    return _write(selection, text, dry=dry) if changed else OK


def _released(
    selection: Selection, system: str | None, target: ClusterOptions
) -> Iterator[tuple[DeployedSystem, Release]]:
    stack = selection.stack
    name = cluster_of(stack, target) if system is None else system_on(stack, system, target)[0].name
    connection = connected(stack, name, target)
    systems = stack.clusters[name].systems
    for deployed in systems.values() if system is None else [systems[system]]:
        release = release_client.find(connection.api, deployed.namespace, deployed.name)
        if release is None and system is not None:
            release_client.get(connection.api, deployed.namespace, deployed.name, connection.context)
        if release is not None:
            yield deployed, release


def _text(selection: Selection) -> str:
    return selection.file.read_bytes().decode()


def _write(selection: Selection, text: str, *, dry: bool) -> int:
    """Write the file and print what changed in it, as a patch."""
    before, shown = _text(selection), name_in(selection.project, selection.file)
    stack_file.write(selection, text, dry=dry)
    lines = difflib.unified_diff(before.splitlines(), text.splitlines(), f"a/{shown}", f"b/{shown}", lineterm="")
    print("\n".join(lines))
    return OK
