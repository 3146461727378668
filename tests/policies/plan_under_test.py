"""A stack's recorded plan before the pack's real analyzer process, whole or with one edit."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulumi.runtime.proto import analyzer_pb2

from cli.selection import select
from rehearsal import exported
from rehearsal.exported import Exported
from tests.policies.pack_under_test import SECONDS, Pack

ROOT = Path(__file__).parents[2]


class Dropped:
    """Stands for a value that is taken away."""

    def __repr__(self) -> str:
        return "dropped"


DROPPED = Dropped()


@dataclass(frozen=True)
class Edit:
    """One change of one resource: the value at `path` becomes `value`; without a path the resource is dropped."""

    type: str
    """Its last part is enough: `Instance`, `dbforpostgresql:Server`."""
    name: str
    path: tuple[str | int, ...] = ()
    value: Any = DROPPED

    def __str__(self) -> str:
        where = ".".join(map(str, self.path)) or "all of it"
        return f"{self.type} {self.name}: {where} = {self.value!r}"

    def applied(self, resource: Mapping[str, Any]) -> dict[str, Any] | None:
        """The resource with the change; None when it is dropped."""
        if not self.path:
            return None
        changed = copy.deepcopy(dict(resource))
        *above, last = self.path
        holder = changed["inputs"]
        for key in above:
            holder = holder.setdefault(key, {}) if isinstance(key, str) else holder[key]
        if self.value is DROPPED:
            del holder[last]
        elif last == "+":
            holder.append(self.value)
        else:
            holder[last] = self.value(holder[last]) if callable(self.value) else self.value
        return changed


class PlanUnderTest:
    """The plan of a stack in a first preview: what it would create, with secrets as they are on the wire."""

    def __init__(self, stack: str) -> None:
        plan = select(ROOT, stack, None).rehearse(judged=False, seed="policies").plan
        self.resources = [dict(step.state) for step in plan.steps]
        self._state = Exported(plan.project, stack, self.resources)
        self._pack = Pack(stack=stack)
        requests = exported.requests(self._state)
        self.found_alone = {each.urn: self._alone(each) for each in requests.alone}
        self._together = {each.urn: each for each in requests.together}

    def of(self, edit: Edit) -> dict[str, Any]:
        """The one resource that is meant."""
        found = [
            each
            for each in self.resources
            if each["type"].endswith(edit.type) and each["urn"].rpartition("::")[2] == edit.name
        ]
        assert len(found) == 1, f"{len(found)} resources are {edit.type} {edit.name}"
        return found[0]

    def broken(self, edit: Edit | None = None) -> set[str]:
        """The rules that say anything of the plan after the edit."""
        if edit is None:
            return set().union(*self.found_alone.values(), self._stack(list(self._together.values())))
        resource = self.of(edit)
        changed = edit.applied(resource)
        assert changed != resource, "the edit changes nothing"
        together = {urn: each for urn, each in self._together.items() if urn != resource["urn"]}
        if changed is None:
            return self._stack(list(together.values()))
        requests = exported.requests(Exported(self._state.project, self._state.stack, [*self._providers, changed]))
        said = self._alone(requests.alone[-1])
        return said | self._stack([*together.values(), requests.together[-1]])

    def close(self) -> None:
        self._pack.close()

    @property
    def _providers(self) -> list[dict[str, Any]]:
        return [each for each in self.resources if each["type"].startswith("pulumi:providers:")]

    def _alone(self, request: analyzer_pb2.AnalyzeRequest) -> set[str]:
        answer = self._pack.stub.Analyze(request, timeout=SECONDS)
        return {each.policyName for each in answer.diagnostics}

    def _stack(self, resources: Sequence[analyzer_pb2.AnalyzerResource]) -> set[str]:
        request = analyzer_pb2.AnalyzeStackRequest(resources=resources)
        answer = self._pack.stub.AnalyzeStack(request, timeout=SECONDS)
        return {each.policyName for each in answer.diagnostics}
