"""The plan: the resources that a run of the program would create and read, in an order that depends on the resources
alone."""

from __future__ import annotations

import heapq
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from slipway.rehearsal import urns

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""The engine's placeholder for a value that is known only after an update."""

SECRET = "[secret]"
"""Replaces every secret value in a plan, known or not."""


@dataclass(frozen=True)
class Diagnostic:
    """A message of the program or of the rehearsal; `severity` is "info", "warning" or "error"."""

    severity: str
    message: str
    urn: str = ""

    def to_json(self) -> dict[str, str]:
        """Return the shape of `pulumi preview --json`, which leaves an empty URN out."""
        return {key: value for key, value in vars(self).items() if value}


@dataclass(frozen=True)
class Step:
    """One operation on one resource; `state` has the keys of the engine's `newState`."""

    op: str
    urn: str
    state: Mapping[str, Any]

    @property
    def type(self) -> str:
        return self.state["type"]

    @property
    def name(self) -> str:
        return urns.name_of(self.urn)

    @property
    def package(self) -> str:
        return urns.package_of(self.type)

    @property
    def inputs(self) -> Mapping[str, Any]:
        return self.state.get("inputs", {})

    @property
    def parent(self) -> str:
        """Return the parent's URN; empty for the stack itself."""
        return self.state.get("parent", "")

    @property
    def provider(self) -> str:
        """Return the reference `<provider URN>::<id>`; empty for components and providers."""
        return self.state.get("provider", "")

    @property
    def dependencies(self) -> tuple[str, ...]:
        return tuple(self.state.get("dependencies", ()))

    def to_json(self) -> dict[str, Any]:
        provider = {"provider": self.provider} if self.provider else {}
        return {"op": self.op, "urn": self.urn, **provider, "newState": self.state}


@dataclass(frozen=True)
class Plan:
    """All steps of one stack, parents and dependencies first, ties by URN."""

    project: str
    stack: str
    organization: str
    steps: tuple[Step, ...]
    outputs: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, str] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()

    @cached_property
    def by_urn(self) -> Mapping[str, Step]:
        return {step.urn: step for step in self.steps}

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """Return the number of steps of each type, by type token in alphabetical order."""
        return dict(sorted(Counter(step.type for step in self.steps).items()))

    @cached_property
    def change_summary(self) -> Mapping[str, int]:
        """Return the number of steps of each operation."""
        return dict(sorted(Counter(step.op for step in self.steps).items()))

    def children_of(self, urn: str) -> tuple[Step, ...]:
        """Return the steps whose parent is `urn`, in plan order."""
        return self._children.get(urn, ())

    @cached_property
    def _children(self) -> Mapping[str, tuple[Step, ...]]:
        children: defaultdict[str, list[Step]] = defaultdict(list)
        for step in self.steps:
            children[step.parent].append(step)
        return {parent: tuple(steps) for parent, steps in children.items()}

    def to_dict(self) -> dict[str, Any]:
        """Return the document of `pulumi preview --json`, plus `outputs`."""
        return {
            "config": self.config,
            "steps": [step.to_json() for step in self.steps],
            "outputs": self.outputs,
            "diagnostics": [item.to_json() for item in sorted(self.diagnostics, key=_diagnostic_order)],
            "changeSummary": self.change_summary,
        }

    def to_json(self) -> str:
        """Return the plan as text: the same bytes for the same program, configuration and package versions."""
        return json.dumps(self.to_dict(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def in_dependency_order(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Sort parents, providers and dependencies before the resources that need them, ties by URN.

    A reference to a resource outside the plan has no effect; steps of a cycle come last, by URN.
    """
    by_urn = {step.urn: step for step in steps}
    needs = {urn: {need for need in _references(step) if need in by_urn} for urn, step in by_urn.items()}
    needed_by: defaultdict[str, list[str]] = defaultdict(list)
    for urn, all_needs in needs.items():
        for need in all_needs:
            needed_by[need].append(urn)
    missing = {urn: len(all_needs) for urn, all_needs in needs.items()}
    ready = [urn for urn, count in missing.items() if not count]
    heapq.heapify(ready)
    ordered: dict[str, Step] = {}
    while ready:
        urn = heapq.heappop(ready)
        ordered[urn] = by_urn[urn]
        for dependent in needed_by[urn]:
            missing[dependent] -= 1
            if not missing[dependent]:
                heapq.heappush(ready, dependent)
    return (*ordered.values(), *(by_urn[urn] for urn in sorted(by_urn.keys() - ordered.keys())))


def _references(step: Step) -> set[str]:
    state = step.state
    references = {step.parent, step.provider.rpartition("::")[0], state.get("deletedWith", ""), *step.dependencies}
    references.update(*state.get("propertyDependencies", {}).values())
    return references - {step.urn, ""}


def _diagnostic_order(item: Diagnostic) -> tuple[str, str, str]:
    return item.urn, item.severity, item.message
