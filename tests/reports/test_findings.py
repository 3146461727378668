"""Findings with the place that mends them."""

from __future__ import annotations

from pathlib import Path

from rehearsal import Finding
from reports.findings import Tally, place, tallied
from settings.project import find_project

ROOT = Path(__file__).parents[2]


def finding(
    message: str, level: str = "mandatory", urn: str = "urn:pulumi:s::p::a:b:C$kubernetes:apps/v1:D::fleet/x"
) -> Finding:
    return Finding("slipway", "0.1.0", "some-rule", level, urn, message, "description", "high")


def test_the_pointer_becomes_file_and_line() -> None:
    """The last line of a message is no text but where to look."""
    project = find_project(ROOT)
    (found,) = place(
        [finding("It is wrong.\nBecause.\nmend: systems/fleet/system.yaml:services.fleet-api.port")],
        project,
        project.stack_file("prod"),
    )
    lines = (ROOT / "systems/fleet/system.yaml").read_text().splitlines()
    assert found.place is not None
    assert lines[found.place.line - 1].strip() == "port: 3000"
    assert found.text == "It is wrong.\nBecause."
    assert found.resource == "fleet/x (kubernetes:apps/v1:D)"


def test_blocking_findings_come_first() -> None:
    """And are counted apart from advice, and from what its rule has mended."""
    project = find_project(ROOT)
    told = [finding("b", "advisory"), finding("a"), finding("c", "remediate")]
    found = place(told, project, project.stack_file("prod"))
    assert [each.blocks for each in found] == [True, False, False]
    assert tallied(found) == Tally(blocking=1, advisory=1, mended=1)


def test_a_place_that_is_gone_stays_a_pointer() -> None:
    """A state may be older than the files that it is read beside."""
    project = find_project(ROOT)
    (found,) = place([finding("It.\nmend: systems/gone/system.yaml:services.x")], project, project.stack_file("prod"))
    assert (found.place, found.text) == (None, "It.\nmend: systems/gone/system.yaml:services.x")


def test_a_finding_on_the_stack_names_no_resource() -> None:
    """A message without a pointer has no place."""
    project = find_project(ROOT)
    (found,) = place([finding("The whole.", urn="")], project, project.stack_file("prod"))
    assert (found.resource, found.place) == ("", None)
