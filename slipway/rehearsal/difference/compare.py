"""Compares a plan with an earlier plan or state, resource by resource."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from slipway.rehearsal import urns
from slipway.rehearsal.difference import kubernetes_inputs, replacing
from slipway.rehearsal.difference.before import READ, Before, State
from slipway.rehearsal.difference.properties import Change, changes
from slipway.rehearsal.marks import Marked
from slipway.rehearsal.plan import SECRET, UNKNOWN, Plan, Step

PROVIDER = "its provider"
"""Used in place of a property: a provider of another cluster or account recreates all its resources."""
Op = Literal["create", "import", "update", "replace", "delete", "moved", "same"]


@dataclass(frozen=True)
class Changed:
    """The change of one resource. `replaced_by` are the properties that force a replacement, `may_replace` those that
    might, `refused` those that the target does not change, so that the update fails. `implied` are the properties whose
    values come from a replaced or new resource, with that resource's URN. `old_urn` is the earlier URN of a renamed
    resource."""

    op: Op
    urn: str
    type: str
    changes: tuple[Change, ...] = ()
    replaced_by: tuple[str, ...] = ()
    may_replace: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    implied: tuple[tuple[str, str], ...] = ()
    old_urn: str = ""
    loses_data: str = ""
    """Description of the data that is lost with the resource, or empty."""

    @property
    def name(self) -> str:
        return urns.name_of(self.urn)

    @property
    def via(self) -> tuple[str, ...]:
        """Return the replaced or new resources that this one takes values from."""
        return tuple(dict.fromkeys(urn for _, urn in self.implied))

    @property
    def holds_data(self) -> str:
        """Return what data a resource of the type holds; empty if none."""
        return replacing.data(self.type, protected=False)

    @property
    def restarted_by(self) -> tuple[str, ...]:
        """Return the properties that are changed in place but restart the resource."""
        names = (".".join(each.path) for each in self.changes)
        return tuple(name for name in names if self.op == "update" and replacing.restarts(self.type, name))


@dataclass(frozen=True)
class Difference:
    """All resources of the plan in its order, then the deleted ones."""

    before: str
    resources: tuple[Changed, ...]
    entries: tuple[str, ...] = ()
    """URNs that were removed from the ledger."""
    config_secrets: tuple[str, ...] = ()
    """Keys of encrypted configuration values that differ; encrypting the same value again changes it too."""

    @cached_property
    def counts(self) -> Mapping[Op, int]:
        return Counter(each.op for each in self.resources)

    @property
    def touched(self) -> tuple[Changed, ...]:
        """Return all resources that change."""
        return tuple(each for each in self.resources if each.op != "same")

    @property
    def is_none(self) -> bool:
        """Return whether nothing changes."""
        return not (self.touched or self.entries or self.config_secrets)

    def allowing(self, addresses: Collection[str]) -> Difference:
        """Return the difference without the data loss of resources whose URNs end with one of `addresses`."""

        def allowed(urn: str) -> bool:
            return any(urn.endswith(f"{mark}{it}") for it in addresses for mark in ("::", "$"))

        named = [replace(each, loses_data="") if allowed(each.urn) else each for each in self.resources]
        entries = tuple(each for each in self.entries if not allowed(each))
        return replace(self, resources=tuple(named), entries=entries)

    @property
    def losses(self) -> tuple[Changed, ...]:
        """Return the resources with data that are, or may be, deleted or replaced."""
        return tuple(each for each in self.resources if each.loses_data)

    @property
    def refusals(self) -> tuple[Changed, ...]:
        """Return the resources whose update the target refuses."""
        return tuple(each for each in self.resources if each.refused)

    @property
    def blocks(self) -> bool:
        """Return whether data, or an entry of the ledger, would be lost, or the update fails."""
        return bool(self.losses or self.entries or self.refusals)


OldUrns = Mapping[str, Sequence[str]]


def compare(
    before: Before,
    plan: Plan,
    *,
    old_urns: OldUrns | None = None,
    marks: Marked | None = None,
) -> Difference:
    """Compare a plan with an earlier plan or state. Components are left out, since no provider manages them. `old_urns`
    are earlier URNs of the plan's resources, `marks` those of its secrets, made with the same key as the marks in
    `before`."""
    walk = _Walk(before, plan, old_urns or {}, marks or {})
    return Difference(before.name, tuple(walk.resources()))


class _Walk:
    """Compares in the plan's order, in which a resource follows its dependencies."""

    def __init__(self, before: Before, plan: Plan, old_urns: OldUrns, marks: Marked) -> None:
        self._before, self._plan, self._old_urns, self._marks = before, plan, old_urns, marks
        self._replaced: set[str] = set()
        self._created: set[str] = set()
        self._networks: set[str] = set()
        """Networks that are replaced, and resources that are replaced because they are in one."""
        self._found: set[str] = set()

    def resources(self) -> Iterator[Changed]:
        for step in self._plan.steps:
            if step.op not in READ and step.state.get("custom"):
                changed = self._changed(step)
                if changed.op == "replace":
                    self._replaced.add(step.urn)
                    if replacing.is_network(step.type) or self._networks.intersection(changed.via):
                        self._networks.add(step.urn)
                yield changed
        for urn, state in self._before.resources.items():
            if state.get("custom") and urn not in self._found:
                yield Changed("delete", urn, state["type"], loses_data=_held(state))

    def _changed(self, step: Step) -> Changed:
        old_urn = self._old_urn(step)
        if old_urn is None:
            self._created.add(step.urn)
            return Changed("import" if step.op == "import" else "create", step.urn, step.type)
        self._found.add(old_urn)
        old = self._before.resources[old_urn]
        inputs = kubernetes_inputs.comparable(step.type, old.get("inputs") or {}, step.inputs)
        seen = changes(*inputs, resolved=self._before.resolved)
        found = _unless_ignored(step, (*seen, *self._other_secrets(step.urn, old_urn)))
        via = dict(self._other_values(step, old))
        names = [".".join(each.path) for each in found] + list(via)
        replaced = tuple(name for name in names if replacing.replaces(step, name) is True)
        leaves = {name for name, urn in via.items() if urn in self._networks} if _held(old) else set()
        maybe = tuple(name for name in names if replacing.replaces(step, name) is None or name in leaves)
        provider = step.provider.rpartition("::")[0]
        if provider in self._replaced:
            replaced, via = (*replaced, PROVIDER), {**via, PROVIDER: provider}
        elif via and urns.is_provider(step.type):
            replaced = tuple(via)
        moved = step.urn != old_urn
        op: Op = "replace" if replaced else "update" if names else "moved" if moved else "same"
        return Changed(
            op,
            step.urn,
            step.type,
            changes=found,
            replaced_by=replaced,
            may_replace=() if replaced else maybe,
            refused=() if replaced else tuple(".".join(it.path) for it in found if replacing.refuses(step.type, it)),
            implied=tuple(via.items()),
            old_urn=old_urn if moved else "",
            loses_data=_held(old) if replaced or maybe else "",
        )

    def _old_urn(self, step: Step) -> str | None:
        """Return the resource's own URN or the first alias that exists in `before`."""
        candidates = (step.urn, *step.state.get("aliases", ()), *self._old_urns.get(step.urn, ()))
        return next((urn for urn in candidates if urn in self._before.resources), None)

    def _other_secrets(self, urn: str, old_urn: str) -> Iterator[Change]:
        """Yield the properties with a changed secret. A different number of secrets is a difference of the values,
        found elsewhere."""
        before, after = self._before.marks.get(old_urn, {}), self._marks.get(urn, {})
        for name in sorted(before.keys() & after.keys()):
            if len(before[name]) == len(after[name]) and list(before[name]) != list(after[name]):
                yield Change((name,), SECRET, SECRET)

    def _other_values(self, step: Step, old: State) -> Iterator[tuple[str, str]]:
        """Yield the properties that will change because their values come from a replaced or new resource."""
        before = old.get("propertyDependencies", {})
        for name, needs in step.state.get("propertyDependencies", {}).items():
            other = self._replaced | (self._created - set(before.get(name, ()))) if name in before else self._replaced
            origin = next((urn for urn in needs if urn in other), None)
            if origin is not None and _is_hidden(step.inputs.get(name)):
                yield name, origin


def _unless_ignored(step: Step, found: tuple[Change, ...]) -> tuple[Change, ...]:
    ignored = [path.replace("[", ".[").split(".") for path in step.state.get("ignoreChanges", ())]
    return tuple(each for each in found if not any(list(each.path[: len(path)]) == path for path in ignored))


def _is_hidden(value: object) -> bool:
    """Return whether a part of the value is unknown or secret; a secret may be unknown too."""
    if isinstance(value, Mapping):
        return any(_is_hidden(each) for each in value.values())
    return any(_is_hidden(each) for each in value) if isinstance(value, list) else value in (UNKNOWN, SECRET)


def _held(state: State) -> str:
    """Return what data is lost with a resource; empty if it is retained."""
    if state.get("retainOnDelete"):
        return ""
    return replacing.data(state["type"], protected=bool(state.get("protect")))
