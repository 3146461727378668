"""What notices a change of each field: the plan, a page, a command, or nothing."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from components.cluster.monitoring.manifests.alerting.pages import system_page
from slipway.cli.cost import expected
from slipway.cli.selection import select
from slipway.reports import runbook
from slipway.settings.clouds.local import LocalCluster
from slipway.settings.environments import NamedEnvironment
from slipway.settings.load import load_stack, load_systems
from slipway.settings.problems import InvalidSettings
from slipway.settings.project import find_project
from slipway.settings.services import supplied_by
from slipway.settings.stack_reader import StackConfig
from slipway.settings.stacks import DeployedSystem, Slot, Stack, StackCluster, SystemDeployment
from slipway.settings.system import System
from tests.forking import forked_workers
from tests.inert import runs, walk
from tests.inert.walk import Field
from tests.rehearsed import ROOT
from tests.shared import shared

ENVIRONMENT = NamedEnvironment(name="fair", follows="production")
"""The environment of the example's stack."""
GHOSTS = tuple(f"ghost {number}" for number in range(8))
"""Fields that nothing reads: they are changed as all others are, and nothing may be found to follow them."""
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
CLUSTERS = ("config", "slipway:clusters")
"""The path of the clusters in a stack's file."""
MAIN = "main"
"""The cluster in which all acts that is the stack's."""
PEOPLE = "For people"
"""Begins what the description of a field says that only people read."""
ACTS = ("plan", "pages", "commands")


@dataclass(frozen=True)
class Notice:
    """What follows a field."""

    field: Field
    by: frozenset[str]
    """Any of `plan`, `pages`, `commands` and `runbook`."""


@dataclass(frozen=True)
class Table:
    """`values.yaml`."""

    second: Mapping[str, Any]
    """Second values by place."""
    refused: Mapping[str, Mapping[str, Any]]
    """Values that are refused because of others, with the rule that they break."""
    alone: Mapping[str, Any]
    """Second values that decide whether others act: each is tried in a run of its own."""


@cache
def table() -> Table:
    content = yaml.safe_load(walk.VALUES.read_text("utf-8"))
    second, refused, alone = (
        {f"{file} {path}": value for file, values in content[key].items() for path, value in values.items()}
        for key in ("second", "refused", "alone")
    )
    return Table(second, refused, alone)


def example(files: Mapping[str, Any], program: str = "") -> tempfile.TemporaryDirectory[str]:
    """Return a project with the program of this one, or another, and with documents as its systems and its stack `test`."""
    made = tempfile.TemporaryDirectory()
    folder = Path(made.name)
    for room in ("components", "slipway", "Pulumi.yaml", *([] if program else ["__main__.py"])):
        (folder / room).symlink_to(ROOT / room)
    if program:
        (folder / "__main__.py").write_text(program, "utf-8")
    texts = {**walk.other_files(), **{name: json.dumps(content) for name, content in files.items()}}
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return made


@cache
def every_field() -> Sequence[Field]:
    with example(walk.documents()) as folder:
        project = find_project(Path(folder))
        return walk.fields(
            load_stack(project, "test"),
            load_systems(project),
            StackConfig(environment=ENVIRONMENT, clusters={"main": {}}),
        )


def problems(changes: Mapping[tuple[str, walk.Keys], Any]) -> list[str]:
    """Return why the example is refused with these values."""
    with example(walk.changed(walk.documents(), changes)) as folder:
        try:
            load_stack(find_project(Path(folder)), "test")
        except InvalidSettings as error:
            return [str(problem) for problem in error.problems]
    return []


def chosen() -> tuple[dict[str, tuple[Field, Any]], dict[str, list[Field]]]:
    """Return one place and its second value of each pattern, and the places of those for which there is none."""
    wanted, found, without = table(), {}, {}
    groups: dict[str, list[Field]] = {}
    for field in sorted(every_field(), key=_rank):
        groups.setdefault(field.pattern, []).append(field)
    for pattern, places in groups.items():
        listed = [each for each in places if each.at in wanted.second]
        filled = [each for each in places if each.value not in (None, [], {})]
        if any(each.at in {**wanted.refused, **wanted.alone} for each in places) and not listed:
            continue
        if listed:
            found[pattern] = (listed[0], wanted.second[listed[0].at])
        elif filled and (value := walk.second_value(filled[0])) is not walk.UNSET:
            found[pattern] = (filled[0], value)
        elif not any(other.startswith((f"{pattern}.", f"{pattern}<")) for other in groups):
            without[pattern] = places
    return found, without


def _rank(field: Field) -> tuple[int, int]:
    files = ("stack", "shop", "kiosk", "stall", "pier", "booth", "hut", "barge", "punt", "raft", "skiff")
    clusters = ("main", "west", "home", "shed", "north", "south", "abroad", "afar", "")
    cluster = next(each for each in clusters if not each or f"clusters.{each}." in field.at)
    return files.index(field.at.partition(" ")[0]), clusters.index(cluster)


@shared
def notices() -> tuple[list[Notice], list[str]]:
    """Return what notices each field, and the ghosts that something is said to follow."""
    found, _ = chosen()
    names = sorted([*found, *GHOSTS], key=lambda name: runs.mixed(name))
    coded = runs.codes(names)
    count = 1 + max(max(code) for code in coded.values())
    documents = walk.documents()
    changes = [
        {(field.file, field.path): value for name, (field, value) in found.items() if index in coded[name]}
        for index in range(count)
    ]
    with ThreadPoolExecutor(2) as pool:
        base, *others = pool.map(_observed, [documents, *(walk.changed(documents, each) for each in changes)])
    follow = {space: runs.followers(base[space], [each[space] for each in others]) for space in base}
    by = {name: frozenset(space for space, found in follow.items() if coded[name] in found) for name in names}
    noticed = [Notice(field, by[name]) for name, (field, _) in found.items()]
    return [*noticed, *lone_notices()], [name for name in GHOSTS if by[name]]


def lone_notices() -> list[Notice]:
    """Return what notices each field that is tried alone, in a stack of one cluster."""
    wanted, documents = table().alone, walk.documents()
    fields = [field for field in every_field() if field.at in wanted]
    parts = {_part(field): _few(documents, *_part(field)) for field in fields}
    changes = [walk.changed(parts[_part(field)], {(field.file, field.path): wanted[field.at]}) for field in fields]
    with ThreadPoolExecutor(2) as pool:
        seen = list(pool.map(_observed, [*parts.values(), *changes]))
    bases = dict(zip(parts, seen, strict=False))
    return [
        Notice(field, frozenset(space for space, said in bases[_part(field)].items() if run[space] != said))
        for field, run in zip(fields, seen[len(parts) :], strict=True)
    ]


def _part(field: Field) -> tuple[str, bool]:
    """Return a cluster in which the field acts, and whether its systems are needed for that."""
    if field.path[:2] == CLUSTERS:
        return str(field.path[2]), field.path[3] == "systems"
    if field.file == walk.STACK_FILE:
        return MAIN, True
    clusters, system = walk.documents()[walk.STACK_FILE]["config"][CLUSTERS[1]], field.file.split("/")[1]
    return next(name for name, each in clusters.items() if system in each["systems"]), True


def _few(files: Mapping[str, Any], cluster: str, with_systems: bool) -> dict[str, Any]:
    """Return the documents with one cluster alone."""
    stack = files[walk.STACK_FILE]
    kept = stack["config"][CLUSTERS[1]][cluster]
    clusters = {cluster: kept if with_systems else {**kept, "systems": {}}}
    return {**files, walk.STACK_FILE: {**stack, "config": {**stack["config"], CLUSTERS[1]: clusters}}}


def _observed(files: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    with example(files) as folder:
        selection = select(Path(folder), "test", None)
        with forked_workers():
            made = selection.rehearse(policies=False, seed="inert")
    assert made.failure is None, made.failure
    plan = {step.urn: step.state for step in made.plan.steps}
    return {"plan": {**plan, "outputs": made.plan.outputs}, **_texts(selection.stack)}


def _texts(stack: Stack) -> dict[str, dict[str, Any]]:
    """Return the pages and commands that settings alone decide, by kind."""
    deployed = [(cluster, each) for cluster in stack.clusters.values() for each in cluster.systems.values()]
    secrets = {each.name: each.definition.secrets for _, each in deployed}
    return {
        "pages": {each.name: system_page(each) for _, each in deployed},
        "commands": {
            "cost": {"/".join(key): amount for key, amount in expected(stack).items()},
            **{
                f"secrets {name}": {key: supplied_by(each) for key, each in found.items()}
                for name, found in secrets.items()
            },
        },
        "runbook": {each.name: runbook.page(stack, cluster, each, NOON) for cluster, each in deployed},
    }


def of_systems(systems: Mapping[str, System]) -> dict[str, dict[str, Any]]:
    """Return the same for systems on a cluster of one's own."""
    cluster = LocalCluster(cloud="local")
    deployed = {
        name: DeployedSystem(name, each, SystemDeployment(blue=Slot(version="1.0.0"))) for name, each in systems.items()
    }
    return _texts(Stack("test", "local", {"main": StackCluster("main", cluster, deployed)}))
