"""No setting is inert: each field of a system and a stack changes the plan, a page, a command's output, or is refused."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

from slipway.settings.clouds import CLOUDS
from slipway.settings.fields import Text
from slipway.settings.schema import field_docstrings
from slipway.settings.setting import Setting
from slipway.settings.stack_reader import StackConfig
from slipway.settings.stacks import SystemDeployment
from slipway.settings.system import System
from tests.inert import noticed, runs, walk
from tests.inert.noticed import ACTS, PEOPLE, Notice

MODELS = (System, SystemDeployment, StackConfig, *(cloud.cluster for cloud in CLOUDS.values()))
FOR_PEOPLE = {
    "System.description": "the runbook's first lines",
    "System.links.*": "documents that no program reads",
    "System.flags.*.description": "what a flag's name does not say",
    "System.services.*.egress.*<Egress>.host": "network policies know addresses only",
    "System.services.*.egress.*<ToNetwork>.host": "network policies know addresses only",
    "System.services.*.environment.*<Plain>.reason": "reviewers read why a value that looks secret is none",
    "System.migrations.*.description": "the approver reads it",
    "System.migrations.*.risk": "the approver reads it",
    "System.recovery.drill": "a drill needs people and a stack of its own",
    "System.release.promotions.*.stack": "the application's repository promotes",
    "System.release.promotions.*.branch": "the application's repository promotes",
    "System.release.promotions.*.tag": "the application's repository promotes",
    "System.release.timetable.*.at": "people meet",
    "System.release.timetable.*.name": "people meet",
    "System.release.timetable.*.role": "people meet",
    "System.release.timetable.*.duration": "people meet",
    "System.release.rollback.on.*": "reasons in words, which no figure shows",
    "System.release.rollback.consider.*": "reasons in words, which no figure shows",
    "System.release.rollback.expectedDuration": "told to people who wait",
}
"""Fields that only people read, on the runbook's page or in the file, and why no program can act on them."""
ONE_VALUE = {
    "AwsCluster.cloud",
    "AzureCluster.cloud",
    "LocalCluster.cloud",
    "System.services.*.environment.*<FromQueue>.queue",
    "System.queue.version",
}
"""Fields that have one legal value."""
MOST_FOR_PEOPLE = 20
"""Fields that may be for people only. Chosen: one in twenty."""


@pytest.fixture(scope="module")
def found() -> list[Notice]:
    return noticed.notices()[0]


def test_the_example_has_every_field() -> None:
    """A new field must be given a value there, or tried at a place of `values.yaml`."""
    patterns = {each.pattern for each in noticed.every_field()}
    there = {(each.model, each.name) for each in noticed.every_field()}
    missing = {
        f"{model.__name__}.{name}"
        for model, name in walk.declared(*MODELS)
        if (model, name) not in there and not _has_fields(model, name, patterns)
    }
    # Those of `clusters` are the clouds' settings, which are walked by themselves.
    assert missing - {"StackConfig.clusters"} == set()


def _has_fields(model: type[Setting], name: str, patterns: set[str]) -> bool:
    """Return whether the field is a setting whose own fields are in the example."""
    key = model.model_fields[name].alias or name
    return any(f".{key}." in pattern or f".{key}<" in pattern for pattern in patterns)


def test_every_field_has_a_second_value() -> None:
    """From its type, or from `values.yaml`; an empty one counts where an entry of another system has values."""
    chosen, without = noticed.chosen()
    tried = {(field.model, field.name) for field, _ in chosen.values()}
    left = {pattern for pattern, places in without.items() if (places[0].model, places[0].name) not in tried}
    assert left == ONE_VALUE


def test_the_table_names_places_of_the_example() -> None:
    places, table = {each.at for each in noticed.every_field()}, noticed.table()
    assert {*table.second, *table.refused} - places == set()


def test_the_example_is_valid() -> None:
    assert noticed.problems({}) == []


@pytest.mark.parametrize(("place", "case"), noticed.table().refused.items(), ids=list(noticed.table().refused))
def test_a_value_that_does_not_fit_is_refused(place: str, case: dict[str, Any]) -> None:
    """Legal in itself, but not beside the others."""
    (field,) = [each for each in noticed.every_field() if each.at == place]
    reported = noticed.problems({(field.file, field.path): case["value"]})
    assert any(case["rule"] in each for each in reported), reported


def test_every_field_acts(found: list[Notice]) -> None:
    """Nothing follows an inert field; what only the runbook's page follows is for people."""
    inert = {each.field.at: sorted(each.by) for each in found if not each.by & {*ACTS}}
    people = {each.field.at for each in found if each.field.pattern in FOR_PEOPLE}
    assert {place: by for place, by in inert.items() if place not in people} == {}


def test_what_is_for_people_says_so(found: list[Notice]) -> None:
    """In its description, so that nobody expects a program to act on it."""
    by_pattern = {each.field.pattern: each.field for each in found}
    assert set(FOR_PEOPLE) <= set(by_pattern)
    silent = [
        pattern
        for pattern in FOR_PEOPLE
        if not _described(by_pattern[pattern].model, by_pattern[pattern].name).startswith(PEOPLE)
    ]
    assert silent == []
    assert len(FOR_PEOPLE) <= MOST_FOR_PEOPLE


def _described(model: type[Setting], name: str) -> str:
    return field_docstrings(model)[name]


def test_nothing_follows_a_field_that_nothing_reads() -> None:
    """Ghosts are changed with all others, in the same runs as a field would be."""
    assert noticed.notices()[1] == []


class Harbour(System):
    """A system with a key that nobody reads."""

    lighthouse: Text = "lit"
    """Nobody looks at it."""


def test_a_new_key_that_nobody_reads_is_found() -> None:
    """It is walked, has a second value, and fails for want of an act."""
    system = Harbour.model_validate(
        {"title": "Harbour", "owner": {"team": "a"}, "services": {"a": {"image": "aa", "port": 1}}}
    )
    walked = list(walk.below("systems/harbour/system.yaml", system))
    (key,) = [each for each in walked if each.name == "lighthouse"]
    assert (Harbour, "lighthouse") in walk.declared(Harbour) - walk.declared(System)
    changed = walk.second_value(key)
    other = system.model_copy(update={"lighthouse": changed})
    texts = [noticed.of_systems({"harbour": each}) for each in (system, other)]
    assert changed != "lit"
    assert all(runs.followers(texts[0][space], [texts[1][space]]) == set() for space in texts[0])


def _program(values: dict[str, int]) -> dict[str, Any]:
    """A program whose output mixes its inputs; it ignores those whose names begin with `inert`."""
    read = {name: value for name, value in values.items() if not name.startswith("inert")}
    names = list(read)
    return {
        "sum": sum(read.values()),
        "text": " ".join(f"{name}={value}" for name, value in read.items()),
        "pairs": [f"{read[a]}-{read[b]}" for a, b in itertools.pairwise(names)],
    }


@pytest.mark.parametrize("seed", range(5))
def test_fields_are_told_apart(seed: int) -> None:
    """Of sixty inputs exactly those are found that a program reads, whatever it mixes them with."""
    drawn = random.Random(seed)
    names = [f"{'inert' if number % 7 == 0 else 'field'}{number}" for number in range(60)]
    drawn.shuffle(names)
    coded = runs.codes(names)
    count = 1 + max(max(code) for code in coded.values())
    outputs = [
        _program({name: 100 * index + (run in coded[name]) for index, name in enumerate(names)}) for run in range(count)
    ]
    base = _program({name: 100 * index for index, name in enumerate(names)})
    follow = runs.followers(base, outputs)
    assert {name for name in names if coded[name] in follow} == {name for name in names if name.startswith("field")}
