"""What a changed line of a pull request does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from slipway.rehearsal import Plan, Step
from slipway.rehearsal.difference import Before, compare
from slipway.rehearsal.difference.before import of_plan
from slipway.reports.changed_lines import MOST, ChangedLine, explained
from slipway.settings.project import Project, find_project

STACK = """\
config:
  slipway:clusters:
    main:
      tags: {team: shop}
      systems:
        shop:
          blue: {version: 1.0.1}
          services:
            api:
              replicas: {minimum: 3}
"""
SYSTEM = """\
title: Shop
services:
  api:
    image: api
    replicas:
      maximum: 9
  web:
    image: web
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "Pulumi.yaml").write_text("name: slipway\nruntime: python\n")
    (tmp_path / "Pulumi.prod.yaml").write_text(STACK)
    folder = tmp_path / "systems" / "shop"
    folder.mkdir(parents=True)
    (folder / "system.yaml").write_text(SYSTEM)
    return find_project(tmp_path)


def plan(size: int, sources: Sequence[tuple[str, str]]) -> Plan:
    """A plan of Deployments; `sources` are names and pointers."""
    urn = "urn:pulumi:prod::slipway::kubernetes:apps/v1:Deployment::"
    kind = "kubernetes:apps/v1:Deployment"
    steps = [
        Step(
            "create",
            f"{urn}{name}",
            {
                "type": kind,
                "custom": True,
                "inputs": {"metadata": {"annotations": {"slipway.dev/source": source}}, "spec": {"replicas": size}},
            },
        )
        for name, source in sources
    ]
    return Plan("prod", "slipway", "o", tuple(steps))


SOURCES = [
    ("shop/quota", "systems/shop/system.yaml:"),
    ("shop/api", "systems/shop/system.yaml:services.api"),
    ("shop/web", "systems/shop/system.yaml:services.web"),
    ("main/agent", "Pulumi.prod.yaml:config.slipway:clusters.main"),
]


def lines_of(project: Project, file: str, *numbers: int) -> list[ChangedLine]:
    after = plan(2, SOURCES)
    difference = compare(of_plan("main", plan(1, SOURCES)), after)
    return explained(project, project.root / "Pulumi.prod.yaml", {file: numbers}, after, difference)


def names(found: ChangedLine) -> list[str]:
    return [each.name for each in found.resources]


def test_a_part_of_a_service_changes_its_resources_before_those_of_the_system(project: Project) -> None:
    """And no other service's."""
    (found,) = lines_of(project, "systems/shop/system.yaml", 6)
    assert (str(found.place), found.key) == ("systems/shop/system.yaml:6", "services.api.replicas.maximum")
    assert names(found) == ["shop/api", "shop/quota"]
    assert found.text == ("`services.api.replicas.maximum`: update Deployment shop/api, update Deployment shop/quota")


def test_an_override_of_the_stack_changes_what_it_overrides(project: Project) -> None:
    """A version concerns the whole system, the cluster's own settings what is made from them."""
    (version,) = lines_of(project, "Pulumi.prod.yaml", 7)
    assert names(version) == ["shop/api", "shop/web", "shop/quota"]
    (replicas,) = lines_of(project, "Pulumi.prod.yaml", 10)
    assert names(replicas) == ["shop/api", "shop/quota"]
    (tags,) = lines_of(project, "Pulumi.prod.yaml", 4)
    assert names(tags) == ["main/agent"]


def test_a_file_beside_the_definition_is_its_system_s(project: Project) -> None:
    """Such as a migration's SQL."""
    (found,) = lines_of(project, "systems/shop/migrations/001.sql", 1)
    assert (found.key, names(found)) == ("001.sql", ["shop/api", "shop/web", "shop/quota"])


def test_other_files_and_lines_before_the_first_key_say_nothing(project: Project) -> None:
    """Code has no setting."""
    assert lines_of(project, "components/stack.py", 1) == []
    assert lines_of(project, "Pulumi.staging.yaml", 1) == []


def test_no_more_lines_than_github_shows(project: Project) -> None:
    """Of many, those with the gravest changes."""
    assert len(lines_of(project, "systems/shop/system.yaml", *[6] * 20)) == MOST


def test_nothing_is_reported_where_nothing_changes(project: Project) -> None:
    """A reordered file changes no resource."""
    after = plan(1, SOURCES)
    same = compare(of_plan("main", after), after)
    assert explained(project, project.root / "Pulumi.prod.yaml", {"Pulumi.prod.yaml": [7]}, after, same) == []
    assert compare(Before("main", {}), after).touched
