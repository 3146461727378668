"""Stacks in which the controller releases: what it moves, people do not set."""

from __future__ import annotations

import pytest

from slipway.settings.problems import InvalidSettings
from tests.slipway.settings.conftest import STACK, SYSTEM, Workshop

INSTALLED = STACK.replace(
    "      systems:\n",
    "      controllers: {releases: installed}\n"
    "      releases: {image: registry.example.com/slipway:1.4.0}\n"
    "      systems:\n",
)
BREAKING = """\
migrations:
  - {name: rename, database: fleet_db, sql: rename.sql, version: 3.0.0, compatible: false}
release: {maintenance: true}
"""


def slots(text: str, stack: str = INSTALLED) -> str:
    return stack.replace("          blue: {version: 2.4.0}\n", text)


def problems(workshop: Workshop, stack: str, system: str = SYSTEM) -> str:
    workshop.write("systems/fleet/system.yaml", system)
    workshop.write("systems/fleet/rename.sql", "select 1;")
    workshop.write("Pulumi.test.yaml", stack)
    try:
        workshop.stack()
    except InvalidSettings as error:
        return str(error)
    return ""


def test_a_stack_with_a_controller_is_right(workshop: Workshop) -> None:
    assert problems(workshop, INSTALLED) == ""


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "          blue: {version: 2.4.0, weight: 90}\n",
            "15: clusters.main.systems.fleet.blue.weight: 90 is moved by",
        ),
        (
            "          maintenance: true\n          blue: {version: 2.4.0}\n",
            "15: clusters.main.systems.fleet.maintenance",
        ),
        (
            "          active: green\n          blue: {version: 2.4.0}\n",
            "is a slot without a version: set 'green.version'",
        ),
    ],
)
def test_what_the_release_moves_is_refused(workshop: Workshop, text: str, problem: str) -> None:
    """With file and line, and what to declare instead."""
    assert problem in problems(workshop, slots(text))


def test_the_image_is_required_and_never_latest(workshop: Workshop) -> None:
    without = INSTALLED.replace("      releases: {image: registry.example.com/slipway:1.4.0}\n", "")
    assert "requires the image of the controller" in problems(workshop, without)
    assert "'latest' is mutable" in problems(workshop, INSTALLED.replace("slipway:1.4.0", "slipway:latest"))
    assert "is not an image with registry and tag" in problems(workshop, INSTALLED.replace("slipway:1.4.0", "slipway"))


def test_a_hotfix_needs_a_controller(workshop: Workshop) -> None:
    text = "          hotfix: {reason: Logins fail}\n          blue: {version: 2.4.0}\n"
    assert "opens the window of a controller" in problems(workshop, slots(text, STACK))
    assert problems(workshop, slots(text)) == ""


def test_a_breaking_migration_comes_with_its_slot(workshop: Workshop) -> None:
    """While visitors have blue, nothing that green needs may break it; closing is the release's."""
    text = "          blue: {version: 2.4.0}\n          green: {version: 3.0.0}\n"
    found = problems(workshop, slots(text), SYSTEM + BREAKING)
    assert "breaks: set it to 'green' in the same change as the version" in found
    assert problems(workshop, slots("          active: green\n" + text), SYSTEM + BREAKING) == ""
    assert problems(workshop, slots("          blue: {version: 3.0.0}\n"), SYSTEM + BREAKING) == ""


def test_headers_of_checks_hold_no_secret(workshop: Workshop) -> None:
    check = "checks:\n  - {name: works, domain: web, path: /, headers: {X-API-KEY: sk_live_4eC39HqLyjWDarjtT1zdp7dc}}\n"
    assert "use 'secretHeaders'" in problems(workshop, INSTALLED, SYSTEM + check)
    unknown = "checks:\n  - {name: works, domain: web, path: /, secretHeaders: {X-Api-Key: NONE}}\n"
    assert "is not one of the system's secrets" in problems(workshop, INSTALLED, SYSTEM + unknown)


@pytest.mark.parametrize(
    ("releases", "refused"),
    [
        ("", True),
        (", minimumRequests: 0", False),
        (", prometheus: http://prometheus.metrics.svc:9090", False),
    ],
)
def test_releases_are_judged_by_a_prometheus_or_say_that_they_are_not(
    workshop: Workshop, releases: str, refused: bool
) -> None:
    """Without figures every step would be given up at its deadline."""
    stack = INSTALLED.replace("{releases: installed}", "{releases: installed, metrics: absent}")
    found = problems(workshop, stack.replace("slipway:1.4.0}", f"slipway:1.4.0{releases}}}"))
    assert ("requires the address of a Prometheus" in found) is refused, found
