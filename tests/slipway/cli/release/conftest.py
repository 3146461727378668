"""`slipway release` on a copy of the project, against a cluster's API on the loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from slipway.ops.cluster import following, release_client
from tests.slipway.cli.conftest import Copy, Run, project
from tests.slipway.cli.inside import Inside
from tests.slipway.ops.cluster.server import Cluster, served

__all__ = ["project"]

Release = Callable[..., Run]


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    monkeypatch.setattr(following, "PAUSE", 0)
    monkeypatch.setattr(release_client, "PAUSE", 0)
    monkeypatch.setattr("slipway.cli.release.status.PAUSE", 0)
    with served() as started:
        yield started


@pytest.fixture
def release(
    cluster: Cluster, project: Copy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Release:
    """A command below `slipway release`, for the stack `local` on the cluster."""
    inside, kubeconfig = Inside(project.root, monkeypatch, capfd), cluster.kubeconfig(tmp_path)

    def run(command: str, *words: str, **given: Any) -> Run:
        return inside("release", command, "--stack", "local", "--kubeconfig", kubeconfig, *words, **given)

    return run


def refused(run: Run) -> str:
    """The one line of an error for bad input."""
    assert (run.status, run.out) == (2, ""), run.everything
    assert len(run.err.splitlines()) == 1, run.err
    return run.err
