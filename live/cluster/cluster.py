"""A plan's objects on a cluster: the whole of `slipway rehearse` but for words and the command line."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from live.cluster import annotations, definitions, pruning, record, serving
from live.cluster.api import Api
from live.cluster.applying import Applier, Change
from live.cluster.contents import unknowns
from live.cluster.kinds import Kind, Kinds
from live.cluster.looking import Looker
from live.cluster.marks import Mark
from live.cluster.objects import Object
from live.cluster.pruning import Pruned
from live.cluster.readiness import RULES
from live.cluster.scheduling import Outcome, Schedule
from live.cluster.verdict import Verdict, failed
from live.failure import CloudFailure

TIMEOUT = 600.0
"""Seconds that Pulumi waits for an object that says nothing else."""


class UnknownKinds(CloudFailure):
    """The cluster lacks kinds that the plan needs. Nothing of the plan was applied."""


@dataclass(frozen=True)
class Wanted:
    """What is to be on the cluster. `absent` are API groups whose controllers do not run there."""

    mark: Mark
    objects: Sequence[Object]
    absent: frozenset[str] = frozenset()
    timeout: float = TIMEOUT


@dataclass(frozen=True)
class Came:
    """What it came to. `pruned` is None where something failed: then nothing is pruned."""

    outcome: Outcome
    pruned: Pruned | None
    unawaited: tuple[Object, ...] = ()
    open: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By title, paths of values that only a cloud knows, applied as placeholders."""

    @property
    def is_good(self) -> bool:
        return self.outcome.is_good and self.pruned is not None and not self.pruned.failures


@dataclass(frozen=True)
class _Worker:
    """Answers `live.cluster.scheduling.Worker`."""

    applier: Applier
    looker: Looker
    wanted: Wanted
    served: Mapping[str, frozenset[str]]
    by_urn: Mapping[str, Object]

    def apply(self, target: Object) -> Change:
        return self.applier.apply(target)

    def look(self, target: Object) -> Verdict:
        behind = self.served.get(target.urn, frozenset())
        if behind and (other := serving.locked(target, behind, self.by_urn)):
            return failed(f"its pods are those of {other}, which waits for it: `pulumi up` would wait for ever")
        return self.looker.look(target)

    def is_awaited(self, target: Object) -> bool:
        if target.patch or annotations.skips(target) or target.kind.group in self.wanted.absent:
            return False
        ruled = (target.kind.group, target.kind.name) in RULES or target.kind == serving.SERVICE
        return ruled or bool(annotations.waits_for(target))

    def timeout(self, target: Object, change: Change) -> float:
        operation = "create" if change is Change.CREATED else "update"
        return annotations.timeout(target, operation, self.wanted.timeout)

    def doomed(self, target: Object, lost: frozenset[str]) -> str:
        behind = self.served.get(target.urn)
        return "the workloads behind it failed" if behind and behind <= lost else ""


class Cluster:
    """One cluster for the length of a command. `say` takes lines of progress."""

    def __init__(self, api: Api, say: Callable[[str], None]) -> None:
        self._api, self._say = api, say

    @functools.cached_property
    def _kinds(self) -> Kinds:
        return Kinds(self._api)

    def define(self, folder: Path, *, timeout: float = TIMEOUT) -> None:
        """Installs the CRDs of a folder. Raises CloudFailure."""
        found = definitions.read(folder)
        changed = definitions.install(self._api, found, timeout=timeout)
        self._say(f"{len(found)} CustomResourceDefinitions, {changed} of them new or changed")

    def seed(self) -> str:
        """The cluster's seed, or one for a first run, which `bring` writes."""
        return record.seed_of(self._api) or record.new_seed()

    def refuse_unknown_kinds(self, objects: Sequence[Object]) -> None:
        """Raises UnknownKinds, with the fix."""
        if absent := definitions.missing(objects, self._kinds):
            names = ", ".join(map(str, absent))
            raise UnknownKinds(
                f"the cluster does not know {names}; install their CRDs, or pass --crds with their folder"
            )

    def bring(self, wanted: Wanted, seed: str) -> Came:
        """Applies, waits, prunes. Raises CloudFailure when the cluster cannot be asked at all."""
        record.keep_seed(self._api, seed)
        recorded = record.keep_kinds(self._api, wanted.mark, {each.kind for each in wanted.objects if not each.patch})
        outcome = self._applied(wanted)
        pruned = self._pruned(wanted, recorded) if outcome.is_good else None
        return Came(
            outcome,
            pruned,
            unawaited=tuple(
                each for each in wanted.objects if each.kind.group in wanted.absent and each.urn in outcome.changes
            ),
            open={each.title: paths for each in wanted.objects if (paths := unknowns(each))},
        )

    def _applied(self, wanted: Wanted) -> Outcome:
        def say(target: Object, words: str) -> None:
            self._say(f"{target.title}: {words}")

        served = serving.served_by(wanted.objects)
        worker = _Worker(
            Applier(self._api, self._kinds, wanted.mark, say, wanted.timeout),
            Looker(self._api, self._kinds, served),
            wanted,
            served,
            {each.urn: each for each in wanted.objects},
        )
        try:
            return Schedule(wanted.objects, worker, say).run()
        except BaseException:
            self._api.stop.set()
            raise

    def _pruned(self, wanted: Wanted, recorded: Sequence[Kind]) -> Pruned:
        entries = pruning.left(self._api, self._kinds, wanted.mark, recorded, wanted.objects)
        return pruning.prune(self._api, entries, timeout=wanted.timeout, say=self._say)
