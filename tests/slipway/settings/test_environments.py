"""What a stack asks of releases."""

from __future__ import annotations

import json
from typing import Any

import pytest

from slipway.settings.cluster_services import ClusterServices
from slipway.settings.environments import as_released
from slipway.settings.load import environment, load_stack
from slipway.settings.problems import InvalidSettings
from slipway.settings.project import read_stack_file
from slipway.settings.system import System
from tests.slipway.settings.conftest import Workshop

SHOP = {
    "title": "Shop",
    "owner": {"team": "shop"},
    "services": {"api": {"image": "api", "port": 8080}},
    "attestations": [{"name": "Tests", "role": "Lead", "maximumAge": "7d"}],
    "release": {
        "steps": [{"weight": 50, "hold": "15m"}, {"weight": 100, "hold": "30m"}],
        "approvals": [{"role": "Lead", "when": "go-live"}],
        "window": {"days": ["tuesday"], "start": "10:00", "duration": "2h"},
        "announcements": [{"when": "done", "audience": "users", "channels": ["chat"]}],
        "reviews": [{"name": "Look again", "after": "1h"}],
    },
}


def shown(environment: str, presence: str, **releases: Any) -> tuple[list[str], bool]:
    """The holds of a system's steps in a stack, and whether anybody is asked or told."""
    image = {"image": "registry.example.com/slipway:1.0.0"}
    given = {"controllers": {"releases": presence}, "releases": image | releases}
    found = as_released(System.model_validate(SHOP), environment, ClusterServices.model_validate(given))
    release = found.release
    people = [release.window, release.approvals, release.announcements, release.reviews, found.attestations]
    assert len({bool(each) for each in people}) == 1
    return [each.hold for each in release.steps], bool(people[0])


def test_outside_production_nobody_is_asked_or_notified() -> None:
    assert shown("production", "installed") == (["15m", "30m"], True)
    assert shown("staging", "installed") == (["15m", "30m"], False)


def test_a_stack_has_holds_of_its_own() -> None:
    """In every environment."""
    assert shown("local", "installed", hold="5s") == (["5s", "5s"], False)
    assert shown("production", "installed", hold="1h") == (["1h", "1h"], True)


def test_where_people_release_by_hand_the_definition_is_theirs() -> None:
    assert shown("staging", "absent") == (["15m", "30m"], True)


def named(workshop: Workshop, text: str) -> None:
    workshop.edit("Pulumi.test.yaml", "slipway:environment: staging", f"slipway:environment: {text}")


@pytest.mark.parametrize("follows", ["production", "staging", "local"])
def test_an_environment_of_any_name_follows_another(workshop: Workshop, follows: str) -> None:
    """Everything that depends on the environment depends on that one; the name is a name."""
    named(workshop, f"{{name: qa, follows: {follows}}}")
    stack = workshop.stack()
    assert (stack.environment, stack.own_environment) == (follows, "qa")
    assert environment(workshop.project, "test") == follows


def test_an_engine_passes_it_as_json(workshop: Workshop) -> None:
    named(workshop, "{name: qa, follows: local}")
    clusters = json.dumps(read_stack_file(workshop.stack_file, "Pulumi.test.yaml")["slipway:clusters"])
    config = {"environment": '{"name": "qa", "follows": "local"}', "clusters": clusters}
    stack = load_stack(workshop.project, "test", config=config)
    assert (stack.environment, stack.own_environment) == ("local", "qa")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "qa",
            "environment: qa is not one of production, staging, local; another one follows one of them, for example",
        ),
        ("{name: qa}", "environment.follows: is required"),
        ("{follows: staging}", "environment.name: is required, for example qa"),
        ("{name: qa, follows: dev}", "environment.follows: dev is not one of production, staging, local"),
        ("{name: local, follows: production}", "environment.name: local is an environment that others follow"),
        ("{name: production, follows: local}", "environment.name: production is an environment that others follow"),
        ("{name: Q A, follows: local}", "environment.name: Q A is not a name"),
        ("[qa]", "environment: [qa] is not one of production, staging, local"),
    ],
)
def test_an_environment_that_follows_nothing_is_refused(workshop: Workshop, text: str, said: str) -> None:
    named(workshop, text)
    with pytest.raises(InvalidSettings) as caught:
        workshop.stack()
    assert [str(each) for each in caught.value.problems if said in str(each)], str(caught.value)
