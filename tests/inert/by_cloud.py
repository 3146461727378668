"""What a change of each key of a system, and of a cluster, does to the plan.

The example in `clouds/` has clusters of every cloud and with other values that decide which keys act, and systems on several of
them, so that one run tells of a key everywhere.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from slipway.cli.selection import select
from slipway.rehearsal import Step
from slipway.settings import inert
from slipway.settings.document import read
from slipway.settings.load import load_stack, load_systems
from slipway.settings.project import find_project
from slipway.settings.stacks import Stack
from tests.forking import forked_workers
from tests.inert import runs, walk
from tests.inert.noticed import CLUSTERS, example
from tests.inert.walk import Field, Keys
from tests.rehearsed import ROOT
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
SECOND_OF: Mapping[str, Any] = {
    "managed System.queue.replicas": 1,
    "papers System.databases.*.maximumStorage": 300,
    "papers System.databases.*.storage": 200,
}
"""The same of one system: a broker of a cloud has three nodes or one, and Azure has fixed sizes of disks for documents."""
PROGRAM = f"""\
import runpy
from slipway.settings import inert
inert.asked, inert.declared = (lambda *_, **__: {{}}), (lambda *_: [])
runpy.run_path({str(ROOT / "__main__.py")!r}, run_name="__main__")
"""
"""The program without the refusals of keys that have no effect, so that plans tell of them too."""
WHOLE: tuple[Keys, ...] = (("recovery",), ("nodes",), ("compliance", "regions"))
"""Keys that are taken away as one, since no plan has the values in them."""
REST = "rest"
"""The system with keys that no cloud is handed."""
REFERENCES = frozenset({"domain", "host", "image", "needs", "secret", "service", "to"})
"""Keys that name what is declared elsewhere."""
OF_CLUSTER = frozenset({"diary"})
"""Systems whose keys act on resources of the cluster."""
SECTIONS = ("gateway", "certificates", "monitoring", "logging", "releases", "present")
"""Keys of a cluster that other values decide about."""
NOT_OF_LOCAL: tuple[Keys, ...] = (("local", "controllers", "dns"), ("local", "controllers", "secrets"))
"""Controllers that no cluster of one's own has."""
DECIDING = frozenset(
    {
        "System.databases.*.engine",
        "System.databases.*.hosting",
        "System.queue.hosting",
        "System.secrets.*<Generated>.existing",
        "System.queue.vhost",
        "clusters.local Cluster.certificates.issuer",
    }
)
"""Keys that decide whether others act."""


@dataclass(frozen=True)
class Tried:
    """A key that is changed at one place."""

    owner: str
    """The system, or the cluster, of which it is."""
    field: Field
    value: Any
    """Its second value."""

    @property
    def name(self) -> str:
        return f"{self.owner} {self.field.pattern}"


def documents() -> dict[str, Any]:
    """Return the documents of the example by file."""
    files = [EXAMPLE / walk.STACK_FILE, *sorted(EXAMPLE.glob("systems/*/system.yaml"))]
    return {str(file.relative_to(EXAMPLE)): json.loads(json.dumps(read(file, file.name))) for file in files}


def unrefused() -> ExitStack:
    """Read settings without the refusals of keys that have no effect, so that plans tell of them too."""
    made = ExitStack()
    made.enter_context(patch.object(inert, "asked", lambda *_, **__: {}))
    made.enter_context(patch.object(inert, "declared", lambda *_: []))
    return made


@cache
def stack() -> Stack:
    """Return the stack of the example."""
    with example(documents()) as folder, unrefused():
        return load_stack(find_project(Path(folder)), "test")


def places(name: str) -> list[str]:
    """Return the clusters on which a key is."""
    owner = name.partition(" ")[0]
    if owner.startswith("clusters."):
        return [owner.partition(".")[2]]
    return [
        cluster.name
        for cluster in stack().clusters.values()
        if any(system.defined_as == owner for system in cluster.systems.values())
    ]


def _fields() -> Iterator[tuple[str, Field]]:
    """Yield every key of the example's systems and clusters, each at every place, and of which it is."""
    with example(documents()) as folder, unrefused():
        systems = load_systems(find_project(Path(folder)))
    for name, system in systems.items():
        for field in walk.below(f"systems/{name}/system.yaml", system):
            yield name, field
    for name, cluster in stack().clusters.items():
        for field in walk.of_cluster(name, cluster.settings):
            yield f"clusters.{name}", field


@cache
def chosen() -> dict[str, Tried]:
    """Return one written place and its second value of each key of each owner. Services are as on every cloud, but for their
    disks."""
    files, found = documents(), dict[str, Tried]()
    for owner, field in _fields():
        whole = next((each for each in WHOLE if field.path[: len(each)] == each), None)
        pattern, path = (f"System.{walk.dotted(whole)}", whole) if whole else (field.pattern, field.path)
        tried = Tried(owner, replace(field, path=path, pattern=pattern), None)
        if (
            tried.name in found
            or {pattern, tried.name} & DECIDING
            or not _is_judged(owner, path)
            or not _is_written(files[field.file], path)
        ):
            continue
        known = SECOND_OF.get(tried.name, SECOND.get(pattern, walk.UNSET))
        value = walk.DROP if whole else walk.second_value(field) if known is walk.UNSET else known
        if value is not walk.UNSET:
            found[tried.name] = replace(tried, value=value)
    return found


def _is_judged(owner: str, path: Keys) -> bool:
    if path[:2] == CLUSTERS:
        return path[3] in SECTIONS or path[2:] in NOT_OF_LOCAL
    if owner == REST:
        return path[0] not in ("title", "owner", "domains") and not {*path[1:]} & REFERENCES
    return path[0] not in ("title", "owner", "services") or path[2:3] in (("volumes",), ("metrics",))


def _is_written(document: Any, path: Keys) -> bool:
    for key in path:
        try:
            document = document[key]
        except (KeyError, IndexError, TypeError):
            return False
    return True


@shared
def acting() -> dict[str, frozenset[str]]:
    """Return, for each key, the clusters where the plan of what it is of follows it."""
    found, files = chosen(), documents()
    parts = {name: {cluster: _parts(each.owner, cluster) for cluster in places(name)} for name, each in found.items()}
    coded = runs.codes_by_place(
        {name: set[str]().union(*parts[name].values()) for name in sorted(found, key=runs.mixed)}
    )
    count = 1 + max(max(code) for code in coded.values())
    changes = [
        {(each.field.file, each.field.path): each.value for name, each in found.items() if index in coded[name]}
        for index in range(count)
    ]
    base, *others = [_plans(each) for each in (files, *(walk.changed(files, each) for each in changes))]
    follow = {part: runs.followers(base[part], [each[part] for each in others]) for part in base}
    return {
        name: frozenset(
            cluster for cluster, below in own.items() if any(coded[name] in follow.get(part, ()) for part in below)
        )
        for name, own in parts.items()
    }


def _parts(owner: str, cluster: str) -> set[str]:
    """Return the topmost components in which a key may act: a system's own, as `kit-aws`, so that keys of several systems can
    be changed in the same runs; all on the cluster for one of the cluster, or that acts on what all share."""
    if not owner.startswith("clusters.") and owner not in OF_CLUSTER:
        return {f"{owner}-{cluster}"}
    return {cluster, *stack().clusters[cluster].systems}


def _plans(files: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what is asked of each resource, by its topmost component."""
    with example(files, PROGRAM) as folder, forked_workers(), unrefused():
        made = select(Path(folder), "test", None).rehearse(policies=False, seed="inert")
    assert made.failure is None, made.failure
    steps = {each.urn: each for each in made.plan.steps}
    found: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for step in made.plan.steps:
        if step.state.get("custom") and not step.type.startswith("pulumi:providers:"):
            found[_topmost(steps, step).name][step.urn] = {key: step.state.get(key) for key in ("inputs", "protect")}
    return found


def _topmost(steps: Mapping[str, Step], step: Step) -> Step:
    above = steps.get(step.state.get("parent", ""))
    while above is not None and above.type != "pulumi:pulumi:Stack":
        step, above = above, steps.get(above.state.get("parent", ""))
    return step
