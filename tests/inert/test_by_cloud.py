"""No key is silently without effect on a cloud: what changes the plan on one and not on another is in the other's table."""

from __future__ import annotations

import re
import typing

import pytest

from components.clouds import contract
from slipway.settings import inert
from slipway.settings.clouds import CLOUDS
from slipway.settings.clouds.base import CloudSettings
from slipway.settings.pointers import Path
from slipway.settings.setting import Setting
from slipway.settings.volumes import Volume
from tests.inert import by_cloud, walk

OWN_TESTS = {
    "Bucket.adopt": "an id has the form of its cloud",
    "Budget.expected": "`slipway cost` compares it, with the prices of any cloud",
    "Cache.slots": "decides how many servers there are",
    "Database.adopt": "an id has the form of its cloud",
    "Database.engine": "decides which other keys act",
    "Database.hosting": "decides whether the others act",
    "Database.schema_by": "decides as whom services log in, before a cloud is asked",
    "Queue.hosting": "refused where a cloud has no broker",
    "Queue.version": "has one value",
    "Queue.vhost": "is the broker's own, whoever runs it",
    "Volume.reason": "for people",
}
"""Keys that the example does not change, and why."""


def given() -> set[type[Setting]]:
    """The settings that a question to a cloud has, and volumes, whose archives are in its bucket."""
    asked = [each for name, each in vars(contract).items() if name.endswith("Args") and isinstance(each, type)]
    words = [word for each in asked for text in each.__annotations__.values() for word in re.findall(r"\w+", text)]
    named = [vars(contract).get(word) for word in words]
    return {each for each in named if isinstance(each, type) and issubclass(each, Setting)} | {Volume}


def path_of(pattern: str) -> Path:
    """The path of a pattern of the example, as the tables have it."""
    keys = pattern.removeprefix("System.").replace("*", inert.ANY).split(".")
    return tuple(each.partition("<")[0] for each in keys)


def differences(cloud: str, table: CloudSettings) -> dict[str, str]:
    """What the table of a cloud and the plans do not agree about."""
    found = {}
    asked = by_cloud.asked_on(cloud)
    for pattern, acts_on in by_cloud.acting().items():
        said = inert.reason(table.inert, path_of(pattern)) is not None
        if said and cloud in acts_on:
            found[pattern] = "acts"
        elif not said and acts_on and cloud not in acts_on and pattern in asked:
            found[pattern] = "changes nothing"
    return found


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_table_has_exactly_the_keys_without_effect(cloud: str) -> None:
    """A key that acts on another cloud alone needs a row with the reason, and a row is of a key that does not act."""
    assert differences(cloud, CLOUDS[cloud]) == {}


def test_a_missing_row_and_a_wrong_one_are_found() -> None:
    """The test above would fail for either."""
    rows = {**CLOUDS["local"].inert, "databases.NAME.size": "wrong"}
    del rows["databases.NAME.maximumStorage"]
    assert differences("local", CloudSettings(title="", cluster=CLOUDS["local"].cluster, inert=rows)) == {
        "System.databases.*.maximumStorage": "changes nothing",
        "System.databases.*.size": "acts",
    }


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_row_is_tried(cloud: str) -> None:
    """None is of a key that the example does not change."""
    tried = [path_of(pattern) for pattern in by_cloud.asked_on(cloud)]
    rows = {pattern: [inert.reason({pattern: "x"}, path) for path in tried] for pattern in CLOUDS[cloud].inert}
    assert [pattern for pattern, found in rows.items() if not any(found)] == []


def test_every_key_that_a_cloud_is_given_is_tried() -> None:
    """A new key of what clouds create is in the example, or in the list with the reason."""
    tried = {(field.model, field.name) for field, _ in by_cloud.chosen().values()}
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
    """Keys of clouds' queues are not tried where queues are refused; all others are tried everywhere."""
    every = set(by_cloud.chosen())
    assert by_cloud.asked_on("aws") == every
    assert every - by_cloud.asked_on("local") == {each for each in every if each.split(".")[1] in ("queues", "topics")}
