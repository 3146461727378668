"""`slipway release plan`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime

from slipway.cli import reference
from slipway.cli.base_branch import base_branch
from slipway.cli.cluster_options import ClusterOptions, cluster_of, connected, system_on
from slipway.cli.lookup import refused
from slipway.cli.release.lookup import Request
from slipway.cli.selection import Selection
from slipway.ops.cluster import migration_history, release_client
from slipway.ops.cluster.migration_history import History
from slipway.release import ways
from slipway.reports import clocks, release_plan, release_status
from slipway.reports.release_plan import ReleaseTimes
from slipway.settings.exit_statuses import OK, VIOLATED
from slipway.settings.load import load_stack
from slipway.settings.project import find_project
from slipway.settings.releases import Migration
from slipway.settings.stacks import DeployedSystem, Stack, StackCluster

TIME = "%Y-%m-%dT%H:%M:%SZ"
EXAMPLE = "2026-11-05T02:30:00Z"
NONE = "nothing to release: every system of {stack} has the target and the migrations of {base}"
ALONE = "there is no other branch to compare with, so every target is shown; --context asks a cluster what is active"


def plan(request: Request, system: str | None, *, against: str | None, at: str | None, output: str) -> int:
    """Print what the next `pulumi up` would do for each system with a new target or new migrations: new to the base
    branch, or to the cluster that the command line names. Return 1 if it would be refused, because the cluster has
    rolled the same release back. Raises InvalidSettings and CloudFailure."""
    selection = request.selection()
    start = datetime.now(UTC) if at is None else _time(at)
    with ExitStack() as files:
        known = _known(request, selection, against, files)
        wanted = list(_wanted(selection.stack, system, request, known))
        refusals = {deployed.name: known.refusal(cluster, deployed) for cluster, deployed, _ in wanted}
    planned = [
        release_plan.times(
            deployed,
            pending,
            start,
            by_hand=cluster.settings.controllers.releases == "absent",
            refused=refusals[deployed.name],
        )
        for cluster, deployed, pending in wanted
    ]
    if output == "json":
        print(json.dumps([each.to_json() for each in planned], indent=2, ensure_ascii=False))
    else:
        none = NONE.format(stack=selection.stack.name, base=known.name)
        print("\n\n".join(map(_text, planned)) if planned else none)
    return VIOLATED if any(refusals.values()) else OK


def _time(text: str) -> datetime:
    try:
        return datetime.strptime(text, TIME).replace(tzinfo=UTC)
    except ValueError:
        raise refused(f"--at {text} is not a time in UTC, for example {EXAMPLE}") from None


def _known(request: Request, selection: Selection, against: str | None, files: ExitStack) -> _Known:
    """Return what was released before: on the cluster if the command line names one, else on the base branch."""
    target = request.target
    if against is None and (target.context is not None or target.kubeconfig is not None):
        return _OnCluster(selection.stack, target)
    root = selection.project.root
    found = None if against else base_branch(root)
    name, commit = (found.name, found.commit) if found else (against or "", against)
    if commit is None:
        print(ALONE, file=sys.stderr)
        return _Known(selection.stack.name)
    folder = files.enter_context(reference.tree("--against", commit, root))
    file = folder / selection.file.relative_to(root) if selection.file.is_relative_to(root) else None
    if file is None or not file.is_file():
        return _Known(name)
    return _Before(name, load_stack(find_project(folder), selection.stack.name, file))


class _Known:
    """What was released before: nothing."""

    def __init__(self, name: str) -> None:
        self.name = name

    def has_target(self, cluster: StackCluster, deployed: DeployedSystem) -> bool:
        """Return whether visitors have the target already, or the base branch wants the same."""
        return False

    def has_migration(self, cluster: StackCluster, deployed: DeployedSystem, migration: Migration) -> bool:
        """Return whether a migration was applied, or is on the base branch."""
        return False

    def refusal(self, cluster: StackCluster, deployed: DeployedSystem) -> str | None:
        """Return why the next `up` would be refused, if it would: the cluster has rolled the same release back."""
        return None


class _Before(_Known):
    """The stack of the base branch."""

    def __init__(self, name: str, stack: Stack) -> None:
        super().__init__(name)
        self._stack = stack

    def has_target(self, cluster: StackCluster, deployed: DeployedSystem) -> bool:
        before = self._system(cluster, deployed)
        return before is not None and _target(before) == _target(deployed)

    def has_migration(self, cluster: StackCluster, deployed: DeployedSystem, migration: Migration) -> bool:
        before = self._system(cluster, deployed)
        return before is not None and migration.name in {each.name for each in before.definition.migrations}

    def _system(self, cluster: StackCluster, deployed: DeployedSystem) -> DeployedSystem | None:
        there = self._stack.clusters.get(cluster.name)
        return there.systems.get(deployed.name) if there else None


class _OnCluster(_Known):
    """What a cluster has. Systems of the stack's other clusters count as unchanged."""

    def __init__(self, stack: Stack, target: ClusterOptions) -> None:
        cluster = cluster_of(stack, target)
        connection = connected(stack, cluster, target)
        super().__init__(connection.context)
        self._cluster, self._api = cluster, connection.api
        self._histories: dict[str, History] = {}
        self._releases: dict[str, release_client.Release | None] = {}

    def has_target(self, cluster: StackCluster, deployed: DeployedSystem) -> bool:
        if cluster.name != self._cluster:
            return True
        found = self._release(deployed)
        return found is not None and _wants(deployed, found.status.active, found.status.active_version)

    def has_migration(self, cluster: StackCluster, deployed: DeployedSystem, migration: Migration) -> bool:
        if cluster.name != self._cluster:
            return True
        if deployed.namespace not in self._histories:
            self._histories[deployed.namespace] = migration_history.history(self._api, deployed.namespace)
        return self._histories[deployed.namespace].is_applied(migration.name)

    def refusal(self, cluster: StackCluster, deployed: DeployedSystem) -> str | None:
        found = self._release(deployed) if cluster.name == self._cluster else None
        if found is None or not release_status.is_given_up(found.spec, found.status):
            return None
        wanted, status = found.spec, found.status
        same = _wants(deployed, wanted.target.slot, wanted.target.version)
        if not same or wanted.attempt != deployed.deployment.attempt:
            return None
        return f"was rolled back: {(status.reason or 'it was given up').rstrip('.')}; {ways.on(wanted, status)}"

    def _release(self, deployed: DeployedSystem) -> release_client.Release | None:
        if deployed.name not in self._releases:
            self._releases[deployed.name] = release_client.find(self._api, deployed.namespace, deployed.name)
        return self._releases[deployed.name]


def _wanted(
    stack: Stack, system: str | None, request: Request, known: _Known
) -> Iterator[tuple[StackCluster, DeployedSystem, list[Migration]]]:
    """Yield the systems that a release is for, each with its pending migrations, in the order of the stack."""
    if system is not None:
        cluster, deployed = system_on(stack, system, request.target)
        yield cluster, deployed, _pending(known, cluster, deployed)
        return
    for cluster in stack.clusters.values():
        for deployed in cluster.systems.values():
            pending = _pending(known, cluster, deployed)
            if pending or not known.has_target(cluster, deployed):
                yield cluster, deployed, pending


def _pending(known: _Known, cluster: StackCluster, deployed: DeployedSystem) -> list[Migration]:
    declared = deployed.definition.migrations
    return [each for each in declared if not known.has_migration(cluster, deployed, each)]


def _target(deployed: DeployedSystem) -> object:
    """Return what makes a release of a system, besides its migrations."""
    deployment = deployed.deployment
    slot = deployment.slot(deployment.active)
    return deployment.active, slot.version, slot.versions, slot.artefacts, deployment.attempt


def _wants(deployed: DeployedSystem, slot: str | None, version: str | None) -> bool:
    """Return whether the stack wants this version in this slot."""
    deployment = deployed.deployment
    return (deployment.active, deployment.slot(deployment.active).version) == (slot, version)


def _text(planned: ReleaseTimes) -> str:
    lines = [f"{planned.system} {planned.version}"]
    lines += ["  by hand: `controllers.releases` of its cluster is absent"] if planned.by_hand else []
    lines += [f"  is refused by the next `up`, for it {planned.refused}"] if planned.refused else []
    lines += [f"  {each}" for each in planned.gates]
    lines += [f"  starts {planned.start:%A %Y-%m-%d %H:%M %Z} at the earliest"]
    for each in planned.moments:
        time = clocks.at_offset(planned.start, each.offset)
        lines.append(f"  {time:%Y-%m-%d %H:%M}  {clocks.clock(each.offset):<9}  {each.text}")
    return "\n".join(lines)
