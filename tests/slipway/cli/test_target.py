"""`--context` of the commands that ask clouds too."""

from __future__ import annotations

import pytest

from slipway.cli.cluster_options import on_context
from slipway.settings.clouds.local import LocalCluster
from slipway.settings.load import load_stack
from slipway.settings.problems import InvalidSettings
from slipway.settings.project import find_project
from slipway.settings.stacks import Stack
from tests.rehearsed import ROOT
from tests.slipway.cli.conftest import Copy
from tests.slipway.cli.inside import Inside


def of(name: str) -> Stack:
    project = find_project(ROOT)
    return load_stack(project, name, project.stack_file(name))


def test_a_cluster_without_a_cloud_is_reached_by_the_context() -> None:
    """In place of the stack's own, which stays as it is."""
    stack = of("local")
    settings = on_context(stack, "kind", ["main"]).clusters["main"].settings
    assert isinstance(settings, LocalCluster)
    assert settings.context == "kind"
    assert on_context(stack, None, ["main"]) == stack


def test_a_cluster_of_a_cloud_is_reached_by_its_own_login(
    project: Copy, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A context that is named for one is refused, with the cluster's name, before any cloud is asked."""
    slipway = Inside(project.root, monkeypatch, capfd)
    for command in (("secrets", "list", "--system", "fleet"), ("backups",)):
        run = slipway(*command, "--stack", "prod", "--context", "kind")
        assert run.status == 2, run.everything
        assert "--context kind is for local clusters only, but " in run.everything
        assert "is in a cloud: remove --context" in run.everything
    with pytest.raises(InvalidSettings, match="fleet, main is in a cloud"):
        on_context(of("prod"), "kind", ["main", "fleet"])
