"""Security and durability of the arguments of each cloud's resources, by table; no edit of them goes unnoticed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import yaml

from slipway.rehearsal import SECRET, Plan
from slipway.reports import catalogue
from tests.components.clouds import test_aws_whole, test_azure_whole
from tests.components.clouds.planned import WHOLE, WITH_QUEUES, plan
from tests.components.clouds.semantics.table import (
    CLOUDS,
    NOTHING,
    UNKNOWN,
    Resource,
    Row,
    general,
    is_indifferent,
    table,
)
from tests.plans.compact import Path, Tree
from tests.plans.moved import moved
from tests.policies.pack_under_test import PACK
from tests.rehearsed import ROOT, rehearsed

STACKS = {"aws": ("prod", "staging"), "azure": ("prod", "staging"), "local": ("local",)}
EVERYWHERE = "0.0.0.0/0"
POOLS = (
    "nodePools: {arm: {architecture: arm64, maximum: 6, cpu: 4, memory: 16},"
    " spare: {spot: true, maximum: 10, cpu: 8, memory: 32}}\n"
)
"""Node pools besides the usual one, which no stack has."""
ADDRESSES = re.compile(r"[\d.]+/\d+")


def whole(cloud: str) -> Plan:
    """The plan of a system that asks for everything that a cloud has."""
    of = {"aws": test_aws_whole, "azure": test_azure_whole}.get(cloud)
    return (
        plan(of.CLUSTER + POOLS, of.SHOP.replace("\n", " "), WITH_QUEUES)
        if of
        else plan("cloud: local", definition=WHOLE)
    )


@cache
def planned(cloud: str) -> list[tuple[str, Plan]]:
    """Plans with everything that a cloud is asked for, each with the stack whose settings it has."""
    of_stacks = [(stack, rehearsed(stack).plan) for stack in STACKS[cloud]]
    return [*of_stacks, (STACKS[cloud][0], moved(cloud).plan), ("test", whole(cloud))]


@cache
def resources(cloud: str) -> list[Resource]:
    return [each for stack, made in planned(cloud) for each in table(cloud).resources(made, stack)]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_row_holds(cloud: str) -> None:
    """Of every resource in every plan."""
    broken = {f"{each.stack} {each.name}: {row}" for each in resources(cloud) for row in table(cloud).broken(each)}
    assert broken == set()


@pytest.mark.parametrize("cloud", CLOUDS)
def test_what_belongs_together_stands_together(cloud: str) -> None:
    """And is missed where it is taken away."""
    for stack, made in planned(cloud):
        there = table(cloud).resources(made, stack)
        assert table(cloud).alone(there) == set()
        for others in table(cloud).beside.values():
            for kind in (each.partition(" ")[0] for each in others):
                gone = [each for each in there if each.type != kind]
                assert len(gone) == len(there) or table(cloud).alone(gone), f"nobody misses {kind}"


@pytest.mark.parametrize("cloud", CLOUDS)
def test_no_edit_goes_unnoticed(cloud: str) -> None:
    """Each value that a row is about, turned, lowered, emptied, widened or taken away, breaks that row."""
    tried, survivors = 0, set()
    for resource in _different(resources(cloud)):
        for row in table(cloud).rows:
            if not row.concerns(resource) or row.check == "none":
                continue
            for path, value in row.values(resource):
                for edited in _edits(value, row):
                    tried += 1
                    changed = replace(resource, value=_put(resource.value, path, edited))
                    if row.name not in table(cloud).broken(changed):
                        survivors.add(f"{row.name}: {value!r} as {'nothing' if edited is NOTHING else repr(edited)}")
    assert tried > 100
    assert survivors == set()


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_pack_knows_every_type(cloud: str) -> None:
    """Also those that no stack of the project has: the rule `known-types` refuses all others."""
    known = yaml.safe_load((ROOT / "policies" / "types.yaml").read_text("utf-8"))["types"]
    made = {step.type for _, each in planned(cloud) for step in each.steps if step.state.get("custom")}
    assert {each for each in made if not each.startswith("pulumi:providers:")} - set(known) == set()


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_argument_is_classified(cloud: str) -> None:
    """A new one is to have a row, or to be named among those without bearing."""
    unknown = {
        f"{each.type} {general(path)}"
        for each in resources(cloud)
        for path, _ in each.leaves
        if not table(cloud).is_classified(each, path)
    }
    assert unknown == set()


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_row_is_about_something(cloud: str) -> None:
    """Of each there is a value in a plan, and no pattern of those without bearing speaks of it."""
    rows = table(cloud).rows
    seen = {
        (row.name, path)
        for row in rows
        for each in resources(cloud)
        if row.concerns(each)
        for path, value in row.values(each)
        if value is not NOTHING or row.check == "none"
    }
    assert {row.name for row in rows} == {name for name, _ in seen}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_pattern_is_about_something(cloud: str) -> None:
    """Each of those without bearing matches an argument that no row is about."""
    found = [(each, path) for each in resources(cloud) for path, _ in each.leaves]
    plain = {(each.type, path) for each, path in found if not table(cloud).has_row(each, path)}
    patterns = {(kind, pattern) for kind, patterns in table(cloud).indifferent.items() for pattern in patterns}
    assert patterns == {each for each in patterns if any(is_indifferent(*each, *where) for where in plain)}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_rows_name_their_sources_and_rules(cloud: str) -> None:
    """Why, who says so, and the policy that judges the same, which must know of the type."""
    rules = {rule.name: rule for concern in catalogue.read(PACK, {}) for rule in concern.rules}
    for row in table(cloud).rows:
        assert row.why, row.name
        assert re.match(r"https://|CIS ", row.source), row.name
        assert not row.rule or row.type in rules[row.rule].types, f"{row.name}: {row.rule} judges no such resource"


@pytest.mark.parametrize("cloud", CLOUDS)
def test_what_is_held_elsewhere_is(cloud: str) -> None:
    """The tests exist that are said to hold what the table does not."""
    for tests in table(cloud).elsewhere.values():
        for test in tests.values():
            file, _, name = test.partition("::")
            assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8"), test


def _different(found: list[Resource]) -> Iterator[Resource]:
    """One of those of a type that differ by names and unknown values only."""
    seen = set()
    for each in found:
        rows = [row for row in table(_cloud(each)).rows if row.concerns(each)]
        shape = (each.type, each.stack, repr([[value for _, value in row.values(each)] for row in rows]))
        if shape not in seen:
            seen.add(shape)
            yield each


def _cloud(resource: Resource) -> str:
    return next(cloud for cloud in CLOUDS if re.fullmatch(table(cloud).provider, resource.type))


def _edits(value: Tree, row: Row) -> Iterator[Any]:
    """What somebody might make of a value."""
    if value is NOTHING:
        return
    if not row.default:
        yield NOTHING
    if row.check == "present":
        yield type(value)()
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from {0, value - 1, value // 2, value + 1} - {value}
    elif isinstance(value, list):
        yield from _lists(value)
    elif isinstance(value, dict):
        yield from ({key: each for key, each in value.items() if key != gone} for gone in value)
    elif value == SECRET:
        yield "in plain text"
    elif isinstance(value, str) and UNKNOWN not in value:
        yield from _texts(value)


def _lists(value: list[Any]) -> Iterator[list[Any]]:
    yield [*value, EVERYWHERE]
    yield from ([*value[:index], *value[index + 1 :]] for index, each in enumerate(value) if each != UNKNOWN)


def _texts(value: str) -> Iterator[str]:
    if value:
        yield ""
    if ADDRESSES.fullmatch(value):
        yield EVERYWHERE
    elif value.isdigit():
        yield "0" if value != "0" else "1"
    elif value in ("true", "false"):
        yield "false" if value == "true" else "true"
    else:
        yield "something else"


def _put(value: Tree, path: Path, new: Any) -> Tree:
    """The same with another value at `path`."""
    key, *rest = path
    if rest:
        return {**value, key: _put(value[key], tuple(rest), new)}
    kept = {name: each for name, each in value.items() if name != key}
    return kept if new is NOTHING else {**value, key: new}
