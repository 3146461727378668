"""What a change of each key of a system does to the plan of a cluster of each cloud.

The example in `clouds/` has a cluster of every cloud, named like it, and the same systems on each, so that one run tells of a
key on all of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from slipway.cli.selection import select
from slipway.rehearsal import Step
from slipway.settings.clouds import CLOUDS
from slipway.settings.document import read
from slipway.settings.load import load_stack, load_systems
from slipway.settings.problems import InvalidSettings
from slipway.settings.project import find_project
from tests.forking import forked_workers
from tests.inert import runs, walk
from tests.inert.noticed import example
from tests.inert.walk import Field, Keys
from tests.shared import shared

EXAMPLE = Path(__file__).parent / "clouds"
SECOND: Mapping[str, Any] = {
    "System.databases.*.extensions.*": "citext",
    "System.databases.*.maximumStorage": 60,
    "System.databases.*.owner": "parasol_owner",
    "System.databases.*.size": "large",
    "System.caches.*.memoryMb": 8000,
    "System.queue.queues.*.deadLetter": "others",
    "System.topics.*.subscriptions.*": "lost",
}
"""Second values that the type of a key does not tell, or that a cloud rounds: a disk of 60 GiB is one that Azure may not
double."""
WHOLE: tuple[Keys, ...] = (("recovery",), ("nodes",), ("compliance", "regions"))
"""Keys that are taken away as one, since no plan has the values in them."""
DECIDING = frozenset({"System.queue.hosting", "System.queue.vhost"})
"""Keys that decide whether others act."""


def documents() -> dict[str, Any]:
    """Return the documents of the example by file."""
    files = [EXAMPLE / walk.STACK_FILE, *sorted(EXAMPLE.glob("systems/*/system.yaml"))]
    return {str(file.relative_to(EXAMPLE)): json.loads(json.dumps(read(file, file.name))) for file in files}


def problems(files: Mapping[str, Any]) -> list[str]:
    """Return why documents are refused."""
    with example(files) as folder:
        try:
            load_stack(find_project(Path(folder)), "test")
        except InvalidSettings as error:
            return [str(problem) for problem in error.problems]
    return []


def fields() -> list[Field]:
    """Return every key of the example's systems, each at every place."""
    with example(documents()) as folder:
        systems = load_systems(find_project(Path(folder)))
    return [each for name, system in systems.items() for each in walk.below(f"systems/{name}/system.yaml", system)]


@cache
def chosen() -> dict[str, tuple[Field, Any]]:
    """Return one written place and its second value of each pattern. Services are as on every cloud, but for their disks."""
    files, found = documents(), dict[str, tuple[Field, Any]]()
    for field in fields():
        whole = next((each for each in WHOLE if field.path[: len(each)] == each), None)
        pattern, path = (f"System.{walk.dotted(whole)}", whole) if whole else (field.pattern, field.path)
        if pattern in {*found, *DECIDING} or not _is_cloudy(path) or not _is_written(files[field.file], path):
            continue
        value = walk.DROP if whole else SECOND[pattern] if pattern in SECOND else walk.second_value(field)
        if value is not walk.UNSET:
            found[pattern] = (replace(field, path=path, pattern=pattern), value)
    return found


def asked_on(cloud: str) -> set[str]:
    """Return the patterns of the systems that the example has on a cloud."""
    systems = documents()[walk.STACK_FILE]["config"]["slipway:clusters"][cloud]["systems"]
    defined = {each["definition"] for each in systems.values()}
    return {pattern for pattern, (field, _) in chosen().items() if field.file.split("/")[1] in defined}


def _is_cloudy(path: Keys) -> bool:
    return path[0] not in ("title", "owner", "services") or "volumes" in path


def _is_written(document: Any, path: Keys) -> bool:
    for key in path:
        try:
            document = document[key]
        except (KeyError, IndexError, TypeError):
            return False
    return True


@shared
def acting() -> dict[str, frozenset[str]]:
    """Return, for each pattern, the clouds whose plans follow it."""
    found, files = chosen(), documents()
    coded = runs.codes(sorted(found, key=runs.mixed))
    count = 1 + max(max(code) for code in coded.values())
    changes = [
        {(field.file, field.path): value for name, (field, value) in found.items() if index in coded[name]}
        for index in range(count)
    ]
    base, *others = [_plans(each) for each in (files, *(walk.changed(files, each) for each in changes))]
    follow = {cloud: runs.followers(base[cloud], [each[cloud] for each in others]) for cloud in CLOUDS}
    return {name: frozenset(cloud for cloud in CLOUDS if coded[name] in follow[cloud]) for name in found}


def _plans(files: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what is asked of each resource, by cloud."""
    with example(files) as folder, forked_workers():
        made = select(Path(folder), "test", None).rehearse(policies=False, seed="inert")
    assert made.failure is None, made.failure
    steps = {each.urn: each for each in made.plan.steps}
    found: dict[str, dict[str, Any]] = {cloud: {} for cloud in CLOUDS}
    for step in made.plan.steps:
        if step.state.get("custom") and not step.type.startswith("pulumi:providers:"):
            found[_cloud(steps, step)][step.urn] = {key: step.state.get(key) for key in ("inputs", "protect")}
    return found


def _cloud(steps: Mapping[str, Step], step: Step) -> str:
    """Return the cloud by the topmost component, a cluster `aws` or a system `kit-aws`."""
    above = steps.get(step.state.get("parent", ""))
    while above is not None and above.type != "pulumi:pulumi:Stack":
        step, above = above, steps.get(above.state.get("parent", ""))
    return step.name.rpartition("-")[2]
