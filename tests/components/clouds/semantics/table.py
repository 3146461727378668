"""What arguments of a cloud's resources mean: rows of `aws.yaml`, `azure.yaml` and `local.yaml`, and whether resources keep to them.

broken = table("aws").broken(resource)    # the rows that it breaks, by name
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import yaml

from slipway.rehearsal import SECRET, Plan, Step
from tests.plans.compact import Path as Keys
from tests.plans.compact import Tree, dotted, flow, leaves, readable, tree

FOLDER = Path(__file__).parent
CLOUDS = ("aws", "azure", "local")
OPTIONS = ("protect", "retainOnDelete", "ignoreChanges", "additionalSecretOutputs", "deleteBeforeReplace")
UNKNOWN = "(unknown)"
CHECKS = ("is", "oneOf", "stack", "as", "present", "matches", "within", "count", "none")
NOTHING = object()
"""In place of a value that is not there."""


@dataclass(frozen=True)
class Resource:
    """A resource of a plan as rows see it."""

    type: str
    name: str
    stack: str
    value: Tree

    @property
    def leaves(self) -> Iterator[tuple[Keys, Any]]:
        return leaves(self.value)


@dataclass(frozen=True)
class Row:
    """What one argument must be."""

    type: str
    path: str
    check: str
    wanted: Any
    why: str
    source: str
    rule: str = ""
    """The policy that judges the same."""
    default: bool = False
    """Whether it is as good left out."""
    where: Mapping[str, str] = field(default_factory=dict)
    """Other inputs, and patterns of their values; `none` where there must be no value."""
    most: int = 0
    """The bound of a value that is `as` another."""

    @property
    def name(self) -> str:
        where = "".join(f" where {path} is {pattern}" for path, pattern in self.where.items())
        return f"{self.type} {self.path}{where}"

    @cached_property
    def keys(self) -> Keys:
        return keys(self.path)

    def concerns(self, resource: Resource) -> bool:
        return (
            resource.type == self.type
            and (self.check != "stack" or resource.stack in self.wanted)
            and all(_is_where(resource, path, pattern) for path, pattern in self.where.items())
        )

    def values(self, resource: Resource) -> list[tuple[Keys, Any]]:
        """Where it stands in a resource, and what is there; what holds it may not be known yet."""
        return list(_found(resource.value, self.keys, ()))

    def holds(self, resource: Resource) -> bool:
        return all(self._is_met(value, resource) for _, value in self.values(resource))

    def covers(self, path: Keys) -> bool:
        """Whether a value at `path` is what it is about; of what is merely to be there, also what is in it."""
        fits = len(path) == len(self.keys) or (len(path) > len(self.keys) and self.check == "present")
        return fits and all(_fits(each, key) for each, key in zip(self.keys, path, strict=False))

    def _is_met(self, value: Any, resource: Resource) -> bool:
        if value is NOTHING:
            return self.default or self.check == "none"
        wanted = self.wanted[resource.stack] if self.check == "stack" else self.wanted
        match self.check:
            case "present":
                return value not in ("", [], {}, None)
            case "none":
                return False
            case "is" | "stack":
                return value == wanted and isinstance(value, bool) == isinstance(wanted, bool)
            case "oneOf":
                return value in wanted
            case "matches":
                return value == UNKNOWN or re.fullmatch(wanted, flow(value)) is not None
            case "count":
                return isinstance(value, Mapping) and len(value) == wanted
            case "within":
                return _is_within(value, wanted)
            case _:
                return self._is_as(value, resource)

    def _is_as(self, value: Any, resource: Resource) -> bool:
        (_, other), *_ = _found(resource.value, keys(self.wanted), ())
        if other is NOTHING:
            return False
        bounded = min(int(other), self.most) if self.most else other
        return str(value) == str(bounded)


@dataclass(frozen=True)
class Table:
    """The rows of a cloud, what must stand beside what, and what is without bearing."""

    provider: str
    rows: Sequence[Row]
    beside: Mapping[str, Sequence[str]]
    indifferent: Mapping[str, Sequence[str]]
    """Patterns of paths by pattern of type."""
    elsewhere: Mapping[str, Mapping[str, str]]
    """The test that holds what stands there, by pattern of path and by type."""

    def resources(self, plan: Plan, stack: str) -> list[Resource]:
        """What it is about in a plan; `stack` says whose settings that has."""
        return [
            _resource(step, stack)
            for step in plan.steps
            if step.state["custom"] and re.fullmatch(self.provider, step.type)
        ]

    def broken(self, resource: Resource) -> set[str]:
        """The names of the rows that a resource breaks."""
        rows = self._of_type.get(resource.type, ())
        return {row.name for row in rows if row.concerns(resource) and not row.holds(resource)}

    def alone(self, resources: Iterable[Resource]) -> set[str]:
        """What stands without something that must stand beside it."""
        there = {(each.type, each.name) for each in resources}
        return {
            f"{type_} {name} without {other}"
            for type_, name in there
            for other, _, suffix in (each.partition(" ") for each in self.beside.get(type_, ()))
            if (other, f"{name}{suffix}") not in there
        }

    def is_classified(self, resource: Resource, path: Keys) -> bool:
        """Whether a row, a pattern or another test says what a value at `path` is for."""
        return (
            self.has_row(resource, path)
            or any(is_indifferent(*each, resource.type, path) for each in self.patterns)
            or any(_is_like(pattern, general(path)) for pattern in self.elsewhere.get(resource.type, {}))
        )

    def has_row(self, resource: Resource, path: Keys) -> bool:
        return any(row.covers(path) and row.concerns(resource) for row in self._of_type.get(resource.type, ()))

    @cached_property
    def _of_type(self) -> Mapping[str, Sequence[Row]]:
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            found.setdefault(row.type, []).append(row)
        return found

    @property
    def patterns(self) -> Iterator[tuple[str, str]]:
        """Of type and path, of what is without bearing."""
        return ((kind, each) for kind, patterns in self.indifferent.items() for each in patterns)


def is_indifferent(kind: str, pattern: str, type_: str, path: Keys) -> bool:
    """Whether a pattern of a table is about a path."""
    return _is_like(kind, type_) and _is_like(pattern, general(path))


@cache
def table(cloud: str) -> Table:
    """A cloud's table. Raises TypeError for a key that no row has."""
    document = yaml.load((FOLDER / f"{cloud}.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    types: Mapping[str, Any] = document["types"]
    return Table(
        provider=document["provider"],
        rows=[
            _row(type_, path, row, rules["source"])
            for type_, rules in types.items()
            for path, rows in rules["rows"].items()
            for row in (rows if isinstance(rows, list) else [rows])
        ],
        beside={type_: rules["beside"] for type_, rules in types.items() if "beside" in rules},
        indifferent=document["indifferent"],
        elsewhere=document.get("elsewhere", {}),
    )


@cache
def general(path: Keys) -> str:
    """A path for all items of its lists."""
    return re.sub(r"\[[^\]]*\]", "[]", dotted(path))


def keys(path: str) -> Keys:
    """The keys of a path as it is written; Slipway's own tags have a dot in them."""
    return tuple(re.findall(r"\[[^\]]*\]|\([^)]*\)|slipway\.dev/[\w-]+|[^.\[(]+", path))


def _row(type_: str, path: str, row: Mapping[str, Any], source: str) -> Row:
    rest = dict(row)
    (check,) = [key for key in CHECKS if key in rest]
    if "count" in rest:
        path = path.removesuffix("[]")
    return Row(type_, path, check, rest.pop(check), rest.pop("why"), rest.pop("source", source), **rest)


def _resource(step: Step, stack: str) -> Resource:
    options = {key: step.state[key] for key in OPTIONS if step.state.get(key)}
    inputs = readable({**step.inputs, **({"(options)": options} if options else {})})
    return Resource(step.type, step.name, stack, tree(inputs))


def _found(value: Tree, path: Keys, above: Keys) -> Iterator[tuple[Keys, Any]]:
    if not path:
        yield above, value
    elif value in (UNKNOWN, SECRET):
        return
    elif not isinstance(value, Mapping):
        yield above, NOTHING
    elif path[0] == "[]":
        items = [key for key in value if key.startswith("[")]
        for key in items:
            yield from _found(value[key], path[1:], (*above, key))
        if not items:
            yield above, NOTHING
    elif path[0] in value:
        yield from _found(value[path[0]], path[1:], (*above, path[0]))
    else:
        yield (*above, *path), NOTHING


def _is_within(value: Any, networks: Sequence[str]) -> bool:
    try:
        return any(ip_network(value).subnet_of(ip_network(each)) for each in networks)  # type: ignore[arg-type]
    except ValueError:
        return False


def _fits(wanted: str, key: str) -> bool:
    return wanted == key or (wanted == "[]" and key.startswith("["))


def _is_where(resource: Resource, path: str, pattern: str) -> bool:
    if path == "(name)":
        return re.fullmatch(pattern, resource.name) is not None
    values = [value for _, value in _found(resource.value, keys(path), ())]
    if pattern == "none":
        return all(value is NOTHING for value in values)
    return any(value is not NOTHING and re.fullmatch(pattern, flow(value)) for value in values)


@cache
def _is_like(pattern: str, text: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), text) is not None
