"""A stack's recorded plan before the pack's real analyzer process, whole or with one edit."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pulumi.runtime.proto import analyzer_pb2

from slipway.rehearsal import exported
from slipway.rehearsal.exported import Exported, Requests
from tests.policies.pack_under_test import SECONDS, Pack
from tests.rehearsed import ROOT, rehearsed

SYSTEMS = {path.parent.name for path in ROOT.glob("systems/*/system.yaml")}


class Dropped:
    """Stands for a value that is taken away."""

    def __repr__(self) -> str:
        return "dropped"

    def __reduce__(self) -> str:
        return "DROPPED"


DROPPED = Dropped()


@dataclass(frozen=True)
class Replaced:
    """A text in which `old`, which must occur, becomes `new`."""

    old: str
    new: str

    def __call__(self, text: str) -> str:
        assert self.old in text, f"{self.old!r} does not occur"
        return text.replace(self.old, self.new)


@dataclass(frozen=True)
class Without:
    """A list without those of its mappings of which `key` is `value`."""

    key: str
    value: str

    def __call__(self, listed: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        return [each for each in listed if each.get(self.key) != self.value]


@dataclass(frozen=True)
class Edit:
    """One change of one resource: the value at `path` becomes `value`; without a path the resource is dropped."""

    type: str
    """Its last part is enough: `Instance`, `dbforpostgresql:Server`."""
    name: str
    path: tuple[str | int, ...] = ()
    value: Any = DROPPED
    """A value, or what makes one of that before."""
    part: str = "inputs"
    """Where the path begins; empty for what Pulumi itself keeps of a resource, such as `protect`."""

    def __str__(self) -> str:
        where = ".".join(map(str, self.path)) or "all of it"
        return f"{self.type} {self.name}: {where} = {self.value!r}"

    def applied(self, resource: Mapping[str, Any]) -> dict[str, Any] | None:
        """The resource with the change; None when it is dropped."""
        if not self.path:
            return None
        changed = copy.deepcopy(dict(resource))
        *above, last = self.path
        holder: Any = changed.setdefault(self.part, {}) if self.part else changed
        for key in above:
            holder = holder.setdefault(key, {}) if isinstance(key, str) else holder[key]
        if self.value is DROPPED:
            del holder[last]
        elif last == "+":
            holder.append(self.value)
        else:
            holder[last] = self.value(holder[last]) if callable(self.value) else self.value
        return changed


def owner(urn: str) -> str:
    """The system that a resource is of, or whatever else its name begins with."""
    return urn.rpartition("::")[2].partition("/")[0]


def recorded(stack: str) -> Exported:
    """What a first preview of the stack would create, with inputs only; what a provider would tell is not known."""
    plan = rehearsed(stack, seed="policies").plan
    return Exported(plan.project, stack, [dict(step.state) for step in plan.steps])


def configured(stack: str) -> Mapping[str, str]:
    """What the stack's file says, as a pack is told it."""
    return rehearsed(stack, seed="policies").plan.config


def requests_for(state: Exported, resources: Sequence[Mapping[str, Any]]) -> Requests:
    """What a pack is asked about some resources of a state, which may differ from what the state says of them."""
    providers = [each for each in state.resources if each["type"].startswith("pulumi:providers:")]
    asked = exported.requests(Exported(state.project, state.stack, [*providers, *resources]))
    return Requests(asked.alone[len(providers) :], asked.together[len(providers) :])


class PlanUnderTest:
    """The plan of a stack, and the pack that judges it."""

    def __init__(self, stack: str) -> None:
        self._state = recorded(stack)
        self._pack = Pack(stack=stack, settings=configured(stack))
        requests = exported.requests(self._state)
        self._single = {each.urn: each for each in requests.alone}
        self._together = {each.urn: each for each in requests.together}
        self._known: dict[str, set[tuple[str, str, str]]] = {}

    def of(self, edit: Edit) -> Mapping[str, Any]:
        """The one resource that is meant."""
        found = [
            each
            for each in self._state.resources
            if each["type"].endswith(edit.type) and each["urn"].rpartition("::")[2] == edit.name
        ]
        assert len(found) == 1, f"{len(found)} resources are {edit.type} {edit.name}"
        return found[0]

    def broken(self, edit: Edit | None = None) -> set[str]:
        """The rules that say anything of the plan, or of what an edit of it changes."""
        if edit is None:
            said = self._stack(self._together.values())
            return self._alone(*self._single.values()) | {rule for rule, *_ in said}
        resource = self.of(edit)
        changed = edit.applied(resource)
        assert changed != resource, f"{edit} changes nothing"
        others = self._near(resource["urn"])
        if changed is None:
            return self._news(resource["urn"], others)
        requests = requests_for(self._state, [changed])
        try:
            return self._alone(requests.alone[-1]) | self._news(resource["urn"], [*others, requests.together[-1]])
        finally:
            # The pack remembers inputs for resources that have no outputs.
            self._alone(self._single[resource["urn"]])

    def close(self) -> None:
        self._pack.close()

    def _alone(self, *requests: analyzer_pb2.AnalyzeRequest) -> set[str]:
        answers = [self._pack.stub.Analyze(each, timeout=SECONDS) for each in requests]
        return {each.policyName for answer in answers for each in answer.diagnostics}

    def _near(self, urn: str) -> list[analyzer_pb2.AnalyzerResource]:
        """The others that a rule may see the resource with: those of no system and, of a system's, those of its own."""
        away = SYSTEMS - {owner(urn)} if owner(urn) in SYSTEMS else ()
        return [each for other, each in self._together.items() if other != urn and owner(other) not in away]

    def _news(self, urn: str, resources: Sequence[analyzer_pb2.AnalyzerResource]) -> set[str]:
        """The rules that say of the resources what they do not say of them without an edit: some miss other systems."""
        system = owner(urn) if owner(urn) in SYSTEMS else ""
        if system not in self._known:
            self._known[system] = self._stack([*self._near(urn), self._together[urn]])
        return {rule for rule, *_ in self._stack(resources) - self._known[system]}

    def _stack(self, resources: Iterable[analyzer_pb2.AnalyzerResource]) -> set[tuple[str, str, str]]:
        """Rule, resource and message of all that is said."""
        request = analyzer_pb2.AnalyzeStackRequest(resources=resources)
        answer = self._pack.stub.AnalyzeStack(request, timeout=SECONDS)
        return {(each.policyName, each.urn, each.message) for each in answer.diagnostics}
