"""`slipway rehearse` without a cluster: one clear error, status 2, and no program that is run in vain."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import Copy


def kubeconfig(folder: Path, server: str) -> str:
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
        "clusters": [{"name": "here", "cluster": {"server": server}}],
        "users": [{"name": "me", "user": {"token": "none"}}],
    }
    file = folder / "kubeconfig"
    file.write_text(yaml.safe_dump(content))
    return str(file)


@pytest.fixture
def dead(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A kubeconfig of a cluster that nobody runs."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    return kubeconfig(tmp_path_factory.mktemp("kube"), f"http://127.0.0.1:{port}")


def refused(project: Copy, *arguments: str) -> str:
    run = project.slipway("rehearse", *arguments)
    assert run.status == 2, run.everything
    assert run.out == ""
    assert "Traceback" not in run.err
    assert "Previewing" not in run.err
    return run.err


def test_a_cluster_out_of_reach(project: Copy, dead: str) -> None:
    error = refused(project, "--stack", "local", "--kubeconfig", dead)
    assert error.startswith("slipway: kubernetes: the cluster cannot be reached")
    assert "is context here right?" in error
    assert len(error.splitlines()) == 1


def test_an_unknown_context(project: Copy, dead: str) -> None:
    assert "has no context elsewhere" in refused(
        project, "--stack", "local", "--kubeconfig", dead, "--context", "elsewhere"
    )


def test_no_kubeconfig(project: Copy, tmp_path: Path) -> None:
    assert "has no current context" in refused(project, "--stack", "local", "--kubeconfig", str(tmp_path / "none"))


def test_a_kubeconfig_that_is_none(project: Copy, tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text("{")
    assert "cannot be read" in refused(project, "--stack", "local", "--kubeconfig", str(file))


def test_a_stack_with_several_clusters(project: Copy, dead: str) -> None:
    assert "name one with --cluster (fleet, main)" in refused(project, "--stack", "prod", "--kubeconfig", dead)
    assert "'nope' is no cluster" in refused(project, "--stack", "prod", "--kubeconfig", dead, "--cluster", "nope")


def test_a_cloud_s_cluster_is_never_guessed(project: Copy, dead: str) -> None:
    run = project.slipway("rehearse", "--stack", "prod", "--cluster", "main", KUBECONFIG=dead)
    assert run.status == 2
    assert "name the kubeconfig's context for it with --context" in run.err


def test_a_stack_that_does_not_exist(project: Copy, dead: str) -> None:
    assert "'prd' is not a stack" in refused(project, "--stack", "prd", "--kubeconfig", dead)
