"""Findings with the place of their fix."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.rehearsal import Finding
from slipway.reports.grouped_findings import Tally, keys, place, tallied
from slipway.settings.project import find_project

ROOT = Path(__file__).parents[3]


def finding(
    message: str, level: str = "mandatory", urn: str = "urn:pulumi:s::p::a:b:C$kubernetes:apps/v1:D::fleet/x"
) -> Finding:
    return Finding("slipway", "0.1.0", "some-rule", level, urn, message, "description", "high")


def test_the_pointer_becomes_file_and_line() -> None:
    """The last line of a message is no text but where to look."""
    project = find_project(ROOT)
    (found,) = place(
        [finding("It is wrong.\nBecause.\nfix: systems/fleet/system.yaml:services.fleet-api.port")],
        project,
        project.stack_file("prod"),
    )
    lines = (ROOT / "systems/fleet/system.yaml").read_text().splitlines()
    assert found.place is not None
    assert lines[found.place.line - 1].strip() == "port: 3000"
    assert found.text == "It is wrong.\nBecause."
    assert found.resource == "fleet/x (kubernetes:apps/v1:D)"


def test_blocking_findings_come_first() -> None:
    """And are counted apart from advice, and from what its rule has remediated."""
    project = find_project(ROOT)
    unordered = [finding("b", "advisory"), finding("a"), finding("c", "remediate")]
    found = place(unordered, project, project.stack_file("prod"))
    assert [each.blocks for each in found] == [True, False, False]
    assert tallied(found) == Tally(blocking=1, advisory=1, remediated=1)


def test_what_the_base_has_too_is_known() -> None:
    """By rule, resource and message, wherever the line has gone; it neither blocks nor stands with what is new."""
    project = find_project(ROOT)
    other = "urn:pulumi:s::p::a:b:C$kubernetes:apps/v1:D::fleet/y"
    old = [finding("fleet/x (kubernetes:apps/v1:D) is wrong.\nfix: systems/fleet/system.yaml:services.fleet-api.port")]
    new = [
        finding("fleet/x (kubernetes:apps/v1:D) is wrong.\nfix: systems/fleet/system.yaml:services.fleet-api"),
        finding(
            "fleet/y (kubernetes:apps/v1:D) is wrong.\nfix: systems/fleet/system.yaml:services.fleet-api", urn=other
        ),
        finding("fleet/x (kubernetes:apps/v1:D) is worse."),
    ]
    found = place(new, project, project.stack_file("prod"), known=keys(old))
    assert {each.finding.message.split()[3]: each.blocks for each in found if each.finding.urn != other} == {
        "wrong.": False,
        "worse.": True,
    }
    assert tallied(found) == Tally(blocking=2, advisory=0, remediated=0, known=1)
    assert [each.to_json().get("known", False) for each in found].count(True) == 1


def test_a_place_that_is_gone_stays_a_pointer() -> None:
    """A state may be older than the files that it is read beside."""
    project = find_project(ROOT)
    (found,) = place([finding("It.\nfix: systems/gone/system.yaml:services.x")], project, project.stack_file("prod"))
    assert (found.place, found.text) == (None, "It.\nfix: systems/gone/system.yaml:services.x")


def test_a_finding_on_the_stack_names_no_resource() -> None:
    """A message without a pointer has no place."""
    project = find_project(ROOT)
    (found,) = place([finding("The whole.", urn="")], project, project.stack_file("prod"))
    assert (found.resource, found.place) == ("", None)


def test_the_key_to_set_is_named() -> None:
    """As messages write it, without what every value of a stack's file shares."""
    project = find_project(ROOT)
    reported = finding('It.\nfix: Pulumi.prod.yaml:config.slipway:clusters.main.tags["cost-center"]')
    (found,) = place([reported], project, project.stack_file("prod"))
    assert found.key == "clusters.main.tags.cost-center"
    assert found.fix == f"{found.place}: clusters.main.tags.cost-center"
    assert found.to_json()["place"]["key"] == found.key


def of(name: str, problem: str, service: str = "fleet-api", level: str = "mandatory") -> Finding:
    urn = f"urn:pulumi:s::p::a:b:C$kubernetes:apps/v1:D::{name}"
    message = (
        f"{name} (kubernetes:apps/v1:D) {problem}.\nBecause.\nfix: systems/fleet/system.yaml:services.{service}.port"
    )
    return finding(message, level, urn)


def test_one_cause_is_one_finding() -> None:
    """Resources that lack the same for want of the same key; another key, problem or level is another cause."""
    project = find_project(ROOT)
    reported = [of(f"fleet/{n}", "lacks tags: a") for n in range(68)]
    reported += [of("fleet/x", "lacks tags: a, b"), of("fleet/y", "lacks tags: a", "fleet-frontend")]
    reported += [of("fleet/z", "lacks tags: a", level="advisory")]
    found = place(reported, project, project.stack_file("prod"))
    assert [len(each.resources) for each in found] == [68, 1, 1, 1]
    first = found[0]
    assert first.text == "Each lacks tags: a.\nBecause."
    assert (first.to_json()["count"], len(set(first.to_json()["urns"]))) == (68, 68)
    assert found[1].text.startswith("fleet/x (kubernetes:apps/v1:D) lacks tags: a, b.")
    assert tallied(found) == Tally(blocking=3, advisory=1, remediated=0)


def test_a_stack_file_elsewhere_has_the_place(tmp_path: Path) -> None:
    """A pointer into the stack's file leads to the file that was named."""
    project, file = find_project(ROOT), tmp_path / "Pulumi.mine.yaml"
    file.write_text("config:\n  slipway:clusters:\n    main:\n      tags: {}\n")
    reported = finding("It.\nfix: Pulumi.mine.yaml:config.slipway:clusters.main.tags.owner")
    (found,) = place([reported], project, file)
    assert str(found.place) == f"{file}:4" or str(found.place) == "Pulumi.mine.yaml:4"


@pytest.mark.parametrize(
    ("pointer", "added"),
    [
        ("systems/fleet/system.yaml:services.fleet-api.port = 3001", "port: 3001"),
        ("systems/fleet/system.yaml:databases.fleet_db.deletionProtection = true", "deletionProtection: true"),
        ('Pulumi.prod.yaml:config.slipway:clusters.main.tags["cost-center"] = fleet', "cost-center: fleet"),
        ("Pulumi.prod.yaml:config.slipway:clusters.main.kubernetes.logRetentionDays = 30", "logRetentionDays: 30"),
    ],
)
def test_a_value_that_fixes_it_is_offered_as_a_change(pointer: str, added: str) -> None:
    """Of the file as it is, be the key there already or not; the text of the finding has no part of it."""
    project = find_project(ROOT)
    (found,) = place([finding(f"It.\nfix: {pointer}")], project, project.stack_file("prod"))
    changed = [line for line in found.remedy.splitlines() if line.startswith("+") and not line.startswith("+++")]
    assert any(added in line for line in changed)
    assert found.text == "It."
    assert found.to_json()["remedy"] == found.remedy
