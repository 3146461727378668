"""The resources that a plan is compared with, from another plan or an exported state."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slipway.rehearsal import exported, urns
from slipway.rehearsal.errors import StateError
from slipway.rehearsal.marks import Marked
from slipway.rehearsal.plan import SECRET, Plan
from slipway.rehearsal.values import SECRET_SIGNATURE, SIGNATURE

State = Mapping[str, Any]
"""A resource with the keys of the engine's state: `type`, `inputs`, `custom`, `parent`, `protect` …"""
READ = ("read", "read-replacement")


@dataclass(frozen=True)
class Before:
    """Resources by URN. `name` is their origin: a git reference or a file."""

    name: str
    resources: Mapping[str, State]
    resolved: bool = False
    """True if values come from an update, so that none is unknown."""
    marks: Marked = field(default_factory=dict)
    """Marks of the secrets, if there are any."""
    config: Mapping[str, str] = field(default_factory=dict)
    """The configuration by full key, if it is known."""


def of_plan(name: str, plan: Plan, marks: Marked | None = None) -> Before:
    resources = {step.urn: step.state for step in plan.steps if step.op not in READ}
    return Before(name, resources, marks=marks or {}, config=plan.config)


def read_file(file: Path) -> Before:
    """Read a plan from `slipway preview --format json` or `pulumi preview --json`, or a state from `pulumi stack
    export`. Raises StateError."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise StateError(f"{file}: cannot be read ({error.strerror})") from None
    except ValueError:
        raise StateError(f"{file}: is not JSON; {exported.HINT}") from None
    steps = document.get("steps") if isinstance(document, Mapping) else None
    if steps is None:
        state = exported.read(file)
        declared = [each for each in state.resources if not _is_default_provider(each)]
        resources = {each["urn"]: {**each, "inputs": _masked(each.get("inputs") or {})} for each in declared}
        return Before(file.name, resources, resolved=True)
    config = document.get("config")
    return Before(file.name, dict(_states(file, steps)), config=config if isinstance(config, Mapping) else {})


def _states(file: Path, steps: Any) -> Iterator[tuple[str, State]]:
    for step in steps if isinstance(steps, list) else [{}]:
        found = step if isinstance(step, Mapping) else {}
        state = found.get("newState")
        if not isinstance(state, Mapping) or not isinstance(state.get("type"), str) or "urn" not in found:
            raise StateError(f"{file}: it is not a plan: create one with slipway preview --format json")
        if found.get("op") not in READ:
            yield str(found["urn"]), state


def _is_default_provider(resource: State) -> bool:
    """Return whether the engine made this provider because a resource named none. No plan has it as a step."""
    urn = resource["urn"]
    own = urns.name_of(urn) == "default" or urns.name_of(urn).startswith("default_")
    return own and urns.is_provider(urns.type_of(urn)) and not resource.get("parent")


def _masked(value: Any) -> Any:
    """Replace encrypted values with the marker for secrets."""
    if isinstance(value, list):
        return [_masked(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    if value.get(SIGNATURE) == SECRET_SIGNATURE:
        return SECRET
    return {key: _masked(each) for key, each in value.items()}
