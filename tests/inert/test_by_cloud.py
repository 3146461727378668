"""No key is silently without effect: what does not change the plan of a cluster is in a table, with the value that decides."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator
from dataclasses import replace

import pytest

from components.clouds import contract
from slipway.settings import inert
from slipway.settings.clouds import CLOUDS
from slipway.settings.inert import Inert, Table
from slipway.settings.inert_anywhere import ANYWHERE, IN_EVERY_STACK
from slipway.settings.pointers import Path
from slipway.settings.setting import Setting
from slipway.settings.stacks import StackCluster
from slipway.settings.system import System
from slipway.settings.volumes import Volume
from tests.inert import by_cloud, walk

OWN_TESTS = {
    "Bucket.adopt": "an id has the form of its cloud",
    "Budget.expected": "`slipway cost` compares it, with the prices of any cloud",
    "Cache.slots": "decides how many servers there are",
    "Database.engine": "decides which other keys act",
    "Database.hosting": "decides whether the others act",
    "Database.schema_by": "decides as whom services log in, before a cloud is asked",
    "Queue.hosting": "decides which other keys act",
    "Queue.version": "has one value",
    "Queue.vhost": "is the broker's own, whoever runs it",
    "Volume.reason": "for people",
}
"""Keys that the example does not change, and why."""
ELSEWHERE = {
    "System.compliance.regions": "compared with the regions of clusters",
    "System.nodes": "compared with the nodes of a cluster",
    "System.recovery": "acts on domains, of which a fail-over moves visitors",
    "System.services.*.volumes.*.mountPath": "acts on pods, and no slot has a version here",
    "System.services.*.metrics.port": "acts on pods",
    "System.objectives.availabilityPercent": "acts on the figures of routes",
    "System.objectives.databaseP95": "acts on the dashboard of databases",
    "System.objectives.pageLoad": "acts on the dashboard of domains",
    "Cluster.releases.image": "AWS has a repository for it before the controller is there",
    "Cluster.releases.prometheus": "KEDA asks it too, where a service scales by a metric",
    "till System.secrets.*<Generated>.generated": "required, since it says of which kind the secret is",
    "outside System.databases.*.dataClass": "laws and standards ask for it, wherever the data is",
}
"""Keys, some of one system, that change no plan of the example where they have no row, and why. Other tests change them."""


def given() -> set[type[Setting]]:
    """The settings that a question to a cloud has, and volumes, whose archives are in its bucket."""
    asked = [each for name, each in vars(contract).items() if name.endswith("Args") and isinstance(each, type)]
    words = [word for each in asked for text in each.__annotations__.values() for word in re.findall(r"\w+", text)]
    named = [vars(contract).get(word) for word in words]
    return {each for each in named if isinstance(each, type) and issubclass(each, Setting)} | {Volume}


def tried() -> Iterator[tuple[str, Path, System | None, StackCluster]]:
    """Yield each key of the example with its path in the tables, its system and the cluster, on each where it is."""
    for name, key in by_cloud.chosen().items():
        path = key.field.path
        for place in by_cloud.places(name):
            cluster = by_cloud.stack().clusters[place]
            own = (each.definition for each in cluster.systems.values() if each.defined_as == key.owner)
            yield name, path if path[0] != "config" else ("clusters", *path[2:]), next(own, None), cluster


def table(cloud: str) -> Table:
    """Every row that can hold on a cloud."""
    return (*IN_EVERY_STACK, *CLOUDS[cloud].inert)


def differences(cloud: str, rows: Table) -> dict[str, str]:
    """What rows and the plans of a cloud's clusters do not agree about. Of keys that no cloud is handed, only those count that
    act on some cloud: the others depend on what the example lacks, such as a controller of releases."""
    found, acting = {}, by_cloud.acting()
    for name, path, system, cluster in tried():
        if cluster.settings.cloud != cloud:
            continue
        if name.startswith(f"{by_cloud.REST} ") and not acting[name]:
            continue
        said = inert.found(rows, path, system, cluster.settings) is not None
        if said and cluster.name in acting[name]:
            found[f"{name} on {cluster.name}"] = "acts"
        elif not said and cluster.name not in acting[name] and not {name, name.partition(" ")[2]} & set(ELSEWHERE):
            found[f"{name} on {cluster.name}"] = "changes nothing"
    return found


@pytest.mark.parametrize("cloud", CLOUDS)
def test_tables_have_exactly_the_keys_without_effect(cloud: str) -> None:
    """A key that changes nothing needs a row with the reason, and a row is of a key that does not act where it holds."""
    assert differences(cloud, table(cloud)) == {}


def test_a_missing_row_and_a_wrong_one_are_found() -> None:
    """The test above would fail for either."""
    rows = [each for each in table("local") if each.key != "databases.NAME.maximumStorage" or each.when]
    found = differences("local", [Inert("databases.NAME.size", "wrong"), *rows])
    assert found == {
        "kit System.databases.*.maximumStorage on local": "changes nothing",
        "plain System.databases.*.maximumStorage on pod": "changes nothing",
        "kit System.databases.*.size on local": "acts",
        "papers System.databases.*.size on local": "acts",
    }


def test_a_condition_that_is_missing_or_too_much_is_found() -> None:
    """A row must hold exactly with the values with which the key does nothing."""
    (row,) = [each for each in CLOUDS["local"].own_inert if each.key == "databases.NAME.version"]
    rows = [each for each in table("local") if each is not row]
    assert differences("local", [*rows, replace(row, when={})]) == {"kit System.databases.*.version on local": "acts"}
    narrow = replace(row, when={**row.when, "databases.NAME.engine": "mongodb"})
    assert differences("local", [*rows, narrow]) == {"plain System.databases.*.version on pod": "changes nothing"}


@pytest.mark.parametrize("row", [*IN_EVERY_STACK, *ANYWHERE], ids=lambda row: f"{row.key} {row.condition}")
def test_every_row_of_all_clouds_is_tried(row: Inert) -> None:
    """None is of a key, or of a value that decides, that the example does not have."""
    assert any(_is_of(row, path, system, cluster) for _, path, system, cluster in tried())


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_row_of_a_cloud_is_tried(cloud: str) -> None:
    """On a cluster of that cloud."""
    own = [each for each in tried() if each[3].settings.cloud == cloud]
    rows = CLOUDS[cloud].own_inert
    assert [row for row in rows if not any(_is_of(row, *each[1:]) for each in own)] == []


def _is_of(row: Inert, path: Path, system: System | None, cluster: StackCluster) -> bool:
    return inert.found([row], path, system, cluster.settings) is not None


def test_every_key_that_a_cloud_is_given_is_tried() -> None:
    """A new key of what clouds create is in the example, or in the list with the reason."""
    tried = {(each.field.model, each.field.name) for each in by_cloud.chosen().values()}
    keys = {f"{model.__name__}.{name}" for model, name in walk.declared(*given()) if not _has_keys(model, name, tried)}
    assert keys - {f"{model.__name__}.{name}" for model, name in tried} == set(OWN_TESTS)


def _has_keys(model: type[Setting], name: str, tried: set[tuple[type[Setting], str]]) -> bool:
    """Whether a key holds settings whose own keys are tried."""
    below = walk.declared(*_settings(model.model_fields[name].annotation))
    return bool(below & tried)


def _settings(annotation: object) -> list[type[Setting]]:
    if isinstance(annotation, type) and issubclass(annotation, Setting):
        return [annotation]
    return [found for part in typing.get_args(annotation) for found in _settings(part)]


def test_what_a_cloud_refuses_is_not_tried_there() -> None:
    """Keys of clouds' queues are not tried where queues are refused."""
    asked = {path[0] for _, path, _, cluster in tried() if cluster.settings.cloud == "local"}
    assert {"databases", "queue", "caches"} <= asked
    assert not asked & {"queues", "topics"}


def test_most_keys_that_no_cloud_is_handed_act() -> None:
    """So that the example tells whether they act on every cloud."""
    acting = {name: found for name, found in by_cloud.acting().items() if name.startswith(f"{by_cloud.REST} ")}
    assert len([name for name, found in acting.items() if found]) > len(acting) * 3 / 4
