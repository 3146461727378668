"""A stack's recorded plan, and single edits of it, as a pack is asked about them."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slipway.rehearsal import exported
from slipway.rehearsal.exported import Exported, Requests
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
