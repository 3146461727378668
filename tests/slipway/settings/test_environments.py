"""What a stack asks of releases."""

from __future__ import annotations

from typing import Any

from slipway.settings.cluster_services import ClusterServices
from slipway.settings.environments import as_released
from slipway.settings.system import System

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


def test_outside_production_nobody_is_asked_or_told() -> None:
    assert shown("production", "installed") == (["15m", "30m"], True)
    assert shown("staging", "installed") == (["15m", "30m"], False)


def test_a_stack_has_holds_of_its_own() -> None:
    """In every environment."""
    assert shown("local", "installed", hold="5s") == (["5s", "5s"], False)
    assert shown("production", "installed", hold="1h") == (["1h", "1h"], True)


def test_where_people_release_by_hand_the_definition_is_theirs() -> None:
    assert shown("staging", "absent") == (["15m", "30m"], True)
