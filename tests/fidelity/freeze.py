"""Makes of what `pulumi preview --json` said of whole stacks the graph that `programs/stacks` declares again:

    python tests/fidelity/freeze.py prod.json staging.json > tests/fidelity/programs/stacks/graph.jsonl

Of each shape one resource is kept, with all that is above it. Two have one shape if they are of one type below one type,
have the same options, and their inputs depend on the same types and are as known and as secret.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

UNKNOWN, SECRET = "04da6b54-80e4-46f7-96ec-b56ff0331ba9", "[secret]"
OPTIONS = ("protect", "ignoreChanges", "customTimeouts", "retainOnDelete", "additionalSecretOutputs")
STACK, PROVIDERS = "pulumi:pulumi:Stack", "pulumi:providers:"
MOST_ENTRIES, LONGEST = 2, 16
"""What is kept of a map or a list, and of a text, that says nothing unknown or secret."""

State = Mapping[str, Any]


def frozen(previews: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Lines of the graph. What a resource names stands before it, and is named by the number of its line."""
    shapes: set[str] = set()
    taken: set[tuple[str, str]] = set()
    lines = 0
    for preview in previews:
        states = _in_order({step["urn"]: step["newState"] for step in preview["steps"]})
        chosen = _chosen(states, shapes)
        numbers: dict[str, int] = {}
        for urn in (urn for urn in states if urn in chosen):
            line = _line(states[urn], states, numbers)
            while (place := (urn.split("::")[2], line["name"])) in taken:
                line["name"] += "'"
            taken.add(place)
            numbers[urn] = lines
            lines += 1
            yield line


def _in_order(states: Mapping[str, State]) -> dict[str, State]:
    """Those that the program declares, each after all that it names."""
    declared = {urn: state for urn, state in states.items() if not _is_given(urn)}
    sorter = TopologicalSorter({urn: _named(state) & declared.keys() for urn, state in declared.items()})
    return {urn: declared[urn] for urn in sorter.static_order()}


def _is_given(urn: str) -> bool:
    """Whether Pulumi itself makes it."""
    return _type(urn) == STACK or (_type(urn).startswith(PROVIDERS) and _name(urn).startswith("default"))


def _named(state: State) -> set[str]:
    needed = [urn for urns in (state.get("propertyDependencies") or {}).values() for urn in urns or ()]
    return {state.get("parent", ""), _provider(state), *(state.get("dependencies") or ()), *needed}


def _chosen(states: Mapping[str, State], shapes: set[str]) -> set[str]:
    chosen: set[str] = set()
    for urn, state in states.items():
        if (shape := _shape(state)) not in shapes:
            shapes.add(shape)
            _choose(urn, states, chosen)
    return chosen


def _choose(urn: str, states: Mapping[str, State], chosen: set[str]) -> None:
    """With its provider, its parent, and theirs."""
    if urn in states and urn not in chosen:
        chosen.add(urn)
        _choose(_provider(states[urn]), states, chosen)
        _choose(states[urn].get("parent", ""), states, chosen)


def _shape(state: State) -> str:
    needs = {key: _types(urns) for key, urns in (state.get("propertyDependencies") or {}).items()}
    inputs = {key: [mark in json.dumps(value) for mark in (UNKNOWN, SECRET)] for key, value in _inputs(state).items()}
    above = [_type(state.get("parent", "")), _type(_provider(state))]
    options = {key: state[key] for key in OPTIONS if key in state}
    return json.dumps([state["type"], above, _types(state.get("dependencies")), needs, inputs, options], sort_keys=True)


def _line(state: State, states: Mapping[str, State], numbers: Mapping[str, int]) -> dict[str, Any]:
    def by_number(urns: Iterable[str] | None) -> list[int]:
        """One of each type: those that are there, else another one of that type."""
        found = {_type(urn): numbers[urn] for urn in sorted(urns or ()) if urn in numbers}
        others = {_type(urn): number for urn, number in numbers.items()}
        missing = {each: others[each] for each in _types(urns) if each not in found and each in others}
        return sorted({**found, **missing}.values())

    provider = _provider(state)
    line: dict[str, Any] = {"type": state["type"], "name": _name(state["urn"]), "custom": bool(state.get("custom"))}
    if (parent := state.get("parent", "")) in numbers:
        line["parent"] = numbers[parent]
    if provider in numbers:
        line["provider"] = numbers[provider]
    elif provider:
        line["version"] = _name(provider).removeprefix("default_").replace("_", ".")
    needs = {key: by_number(urns) for key, urns in (state.get("propertyDependencies") or {}).items() if urns}
    line |= {"options": {key: state[key] for key in OPTIONS if key in state}, "dependsOn": by_number(_own(state))}
    return line | {"inputs": {key: _short(value) for key, value in _inputs(state).items()}, "needs": needs}


def _own(state: State) -> list[str]:
    """Dependencies that come from no input."""
    by_property = {urn for urns in (state.get("propertyDependencies") or {}).values() for urn in urns or ()}
    return [urn for urn in state.get("dependencies") or () if urn not in by_property]


def _short(value: Any) -> Any:
    """Its first entries, and all that lead to something unknown or secret."""
    if isinstance(value, dict):
        entries = list(value.items())
        return {key: _short(each) for i, (key, each) in enumerate(entries) if i < MOST_ENTRIES or _is_special(each)}
    if isinstance(value, list):
        return [_short(each) for i, each in enumerate(value) if i < MOST_ENTRIES or _is_special(each)]
    return value[:LONGEST] if isinstance(value, str) and value not in (UNKNOWN, SECRET) else value


def _is_special(value: Any) -> bool:
    text = json.dumps(value)
    return UNKNOWN in text or SECRET in text


def _inputs(state: State) -> Mapping[str, Any]:
    return state.get("inputs") or {}


def _provider(state: State) -> str:
    return state.get("provider", "").rpartition("::")[0]


def _types(urns: Iterable[str] | None) -> list[str]:
    return sorted({_type(urn) for urn in urns or ()})


def _type(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2] if urn else ""


def _name(urn: str) -> str:
    return urn.split("::", 3)[3]


if __name__ == "__main__":
    for each in frozen(json.loads(Path(file).read_text(encoding="utf-8")) for file in sys.argv[1:]):
        print(json.dumps(each, ensure_ascii=False))
