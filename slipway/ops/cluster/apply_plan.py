"""Applies a plan's objects to a cluster: all of `slipway rehearse` except the command line and its output."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from slipway.ops.cluster import annotations, differing, pruning, record, served_kinds, serving
from slipway.ops.cluster.api import Api, ApiUnavailable
from slipway.ops.cluster.api_kinds import Kinds
from slipway.ops.cluster.applying import Applier, Change
from slipway.ops.cluster.checking import ReadinessChecker
from slipway.ops.cluster.contents import unknowns
from slipway.ops.cluster.differing import Difference
from slipway.ops.cluster.lease import Lease, whoever
from slipway.ops.cluster.marks import Mark
from slipway.ops.cluster.objects import Object
from slipway.ops.cluster.pruning import Pruned
from slipway.ops.cluster.readiness import RULES
from slipway.ops.cluster.scheduling import Outcome, Schedule
from slipway.ops.cluster.snapshot import Snapshot
from slipway.ops.cluster.verdict import READY, Verdict
from slipway.ops.failure import CloudFailure

TIMEOUT = 600.0
"""Seconds to wait for an object without its own timeout. Source: the default of pulumi-kubernetes, ten minutes."""


class UnknownKinds(CloudFailure):
    """The cluster lacks kinds that the plan needs. Nothing of the plan was applied."""


@dataclass(frozen=True)
class DesiredState:
    """The objects to apply. `absent` are API groups whose controllers do not run on the cluster; `take_over` allows
    changing the objects of other owners."""

    mark: Mark
    objects: Sequence[Object]
    absent: frozenset[str] = frozenset()
    timeout: float = TIMEOUT
    take_over: bool = False


@dataclass(frozen=True)
class ApplyResult:
    """The result of a run. `pruned` is None if something failed: then nothing is pruned."""

    outcome: Outcome
    pruned: Pruned | None
    unawaited: tuple[Object, ...] = ()
    open: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By title, the paths of values that only a cloud knows, which were applied as placeholders."""

    @property
    def is_good(self) -> bool:
        return self.outcome.is_good and self.pruned is not None and not self.pruned.failures


@dataclass(frozen=True)
class _Worker:
    """Implements `slipway.ops.cluster.scheduling.Worker`."""

    applier: Applier
    checker: ReadinessChecker
    desired: DesiredState
    before: Snapshot
    as_before: set[str] = field(default_factory=set)
    """URNs of unchanged objects that were not checked yet: their first check uses the snapshot."""

    def apply(self, target: Object) -> Change:
        change = self.applier.apply(target)
        if change is Change.UNCHANGED:
            self.as_before.add(target.urn)
        return change

    def check(self, target: Object) -> Verdict:
        known = self.before.of(target) if target.urn in self.as_before else None
        self.as_before.discard(target.urn)
        if known is not None and self.checker.evaluate(target, known).is_ready:
            return READY
        return self.checker.check(target)

    def explain(self, target: Object) -> tuple[str, ...]:
        return self.checker.explain(target)

    def is_awaited(self, target: Object, change: Change) -> bool:
        if target.patch or annotations.skips(target) or target.kind.group in self.desired.absent:
            return False
        if target.kind == serving.SERVICE and change is Change.UNCHANGED:
            # As in Pulumi: an unchanged Service is not awaited, even if a pod of it is not ready now.
            return False
        ruled = (target.kind.group, target.kind.name) in RULES or target.kind == serving.SERVICE
        return ruled or bool(annotations.waits_for(target))

    def timeout(self, target: Object, change: Change) -> float:
        operation = "create" if change is Change.CREATED else "update"
        return annotations.timeout(target, operation, self.desired.timeout)


class Cluster:
    """One cluster for the duration of a command. `report` takes lines of progress."""

    def __init__(self, api: Api, report: Callable[[str], None]) -> None:
        self._api, self._report = api, report

    @functools.cached_property
    def _kinds(self) -> Kinds:
        return Kinds(self._api)

    def define(self, folder: Path, *, timeout: float = TIMEOUT) -> None:
        """Install the CRDs of a folder. Raises CloudFailure."""
        found = served_kinds.read(folder)
        changed = served_kinds.install(self._api, found, timeout=timeout)
        self._report(f"{len(found)} CustomResourceDefinitions, {changed} of them new or changed")

    def seed(self) -> str | None:
        """Return the cluster's seed; None before the first rehearsal."""
        return record.seed_of(self._api)

    def refuse_unknown_kinds(self, objects: Sequence[Object]) -> None:
        """Raise UnknownKinds, with the fix, if the cluster lacks kinds of the plan."""
        if absent := served_kinds.missing(objects, self._kinds):
            names = ", ".join(map(str, absent))
            raise UnknownKinds(
                f"the cluster does not know {names}; install their CRDs, or pass --crds with their folder"
            )

    def alone(self) -> Lease:
        """Return the lease to hold while anything is changed."""
        record.create_namespace(self._api)
        return Lease(self._api, whoever(), self._lost)

    def _lost(self, words: str) -> None:
        self._report(f"{words}; this run stops")
        self._api.stop.set()

    def apply(self, desired: DesiredState, seed: str) -> ApplyResult:
        """Apply, wait and prune. Raises CloudFailure if the cluster cannot be reached."""
        record.store_seed(self._api, seed)
        recorded = record.store_kinds(
            self._api, desired.mark, {each.kind for each in desired.objects if not each.patch}
        )
        before = Snapshot(self._api, self._kinds, desired.mark, recorded)
        outcome = self._applied(desired, before)
        self._remember(desired, outcome)
        pruned = self._pruned(desired, before) if outcome.is_good else None
        return ApplyResult(
            outcome,
            pruned,
            unawaited=tuple(
                each for each in desired.objects if each.kind.group in desired.absent and each.urn in outcome.changes
            ),
            open={each.title: paths for each in desired.objects if (paths := unknowns(each))},
        )

    def differences(self, desired: DesiredState) -> list[Difference]:
        """Return the changes that `apply` would make, from dry runs on the API server. Raises CloudFailure."""
        recorded = {*record.kinds_of(self._api, desired.mark), *(each.kind for each in desired.objects)}
        before = Snapshot(self._api, self._kinds, desired.mark, sorted(recorded))
        found = differing.differences(self._applier(desired, before), desired.objects)
        gone = [entry.title for entry in pruning.left(before, self._kinds, desired.objects)]
        return [*found, *(Difference(title, differing.PRUNED) for title in gone)]

    def _applier(self, desired: DesiredState, before: Snapshot) -> Applier:
        def report(target: Object, words: str) -> None:
            self._report(f"{target.title}: {words}")

        return Applier(self._api, self._kinds, desired.mark, report, desired.timeout, desired.take_over, before)

    def _applied(self, desired: DesiredState, before: Snapshot) -> Outcome:
        applier = self._applier(desired, before)
        worker = _Worker(applier, ReadinessChecker(self._api, self._kinds), desired, before)
        try:
            return Schedule(desired.objects, worker, applier.report).run()
        except BaseException:
            self._api.stop.set()
            raise

    def _remember(self, desired: DesiredState, outcome: Outcome) -> None:
        """Record the failures in the cluster, so that they outlive the pods."""
        titles = {each.urn: each.title for each in desired.objects}
        try:
            for urn, lines in outcome.evidence.items():
                record.store_failure(self._api, titles[urn], [outcome.failures.get(urn, ""), *lines])
        except ApiUnavailable as failure:
            outcome.away = outcome.away or str(failure)

    def _pruned(self, desired: DesiredState, before: Snapshot) -> Pruned:
        entries = pruning.left(before, self._kinds, desired.objects)
        return pruning.prune(self._api, entries, timeout=desired.timeout, report=self._report)
