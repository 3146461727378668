"""A Job followed over HTTP to its end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from slipway.ops.cluster import following, jobs
from slipway.ops.cluster.connection import connect
from slipway.ops.cluster.following import Ended, Follower, Unended
from tests.slipway.ops.cluster.server import Cluster, Play, log, migration_job, served

STEPS = (("lock", "ok", ""), ("ledger", "ok", ""), ("rollback", "ok", ""), ("record", "ok", "removed"))


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    monkeypatch.setattr(following, "PAUSE", 0)
    with served() as started:
        yield started


class Followed:
    """All that was said, and how it ended."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self._api = connect(Path(cluster.kubeconfig(folder)), None).api
        self.printed: list[str] = []
        self.noted: list[str] = []
        jobs.start(self._api, migration_job())

    def end(self, timeout: float = 60) -> Ended:
        return Follower(self._api, migration_job(), self.printed.append, self.noted.append).end(timeout)


def test_each_line_is_reported_once_and_whole(cluster: Cluster, tmp_path: Path) -> None:
    """Although the log is read in the middle of a line, and several times."""
    text = log(*STEPS)
    cluster.play = Play({"migrate": text})
    followed = Followed(cluster, tmp_path)
    ended = followed.end()
    assert followed.printed == text.splitlines() == list(ended.lines)
    assert (ended.succeeded, ended.status) == (True, None)


def test_lines_come_while_it_runs(cluster: Cluster, tmp_path: Path) -> None:
    """What the script said at its second look is told before its last."""
    seen: list[int] = []
    cluster.play = Play({"migrate": log(*STEPS)}, on_look=lambda: seen.append(len(followed.printed)))
    followed = Followed(cluster, tmp_path)
    followed.end()
    assert seen[:2] == [0, 0]
    assert 0 < seen[3] < len(followed.printed)


def test_the_last_line_needs_no_end(cluster: Cluster, tmp_path: Path) -> None:
    """A program that is killed writes none."""
    cluster.play = Play({"migrate": "one\ntwo"}, status=137)
    followed = Followed(cluster, tmp_path)
    followed.end()
    assert followed.printed == ["one", "two"]


def test_containers_are_listed_in_their_order(cluster: Cluster, tmp_path: Path) -> None:
    """The first one's log, then the other's."""
    cluster.play = Play({"fetch": "fetched\n", "restore": "restored\n"})
    followed = Followed(cluster, tmp_path)
    followed.end()
    assert followed.printed == ["fetched", "restored"]


def test_what_keeps_pods_from_running_is_reported_once(cluster: Cluster, tmp_path: Path) -> None:
    """While it is so."""
    followed = Followed(cluster, tmp_path)
    followed.end()
    assert followed.noted == ["ImagePullBackOff"]


def test_a_failure_has_its_exit_status_and_reason(cluster: Cluster, tmp_path: Path) -> None:
    """The container's, and the Job's."""
    cluster.play = Play({"migrate": ""}, status=4, reason="Job has reached the specified backoff limit")
    ended = Followed(cluster, tmp_path).end()
    assert (ended.succeeded, ended.status) == (False, 4)
    assert "backoff limit" in ended.reason


def test_a_job_that_does_not_end_is_left_alone(cluster: Cluster, tmp_path: Path) -> None:
    """It goes on."""
    cluster.play = Play(condition=None)
    with pytest.raises(Unended, match="has not ended after 0 s"):
        Followed(cluster, tmp_path).end(0)


def test_a_job_that_somebody_deletes_is_reported(cluster: Cluster, tmp_path: Path) -> None:
    """The result is not known."""
    followed = Followed(cluster, tmp_path)
    cluster.jobs.clear()
    with pytest.raises(Unended, match="somebody deleted Job shop/migrate-001-colour-1a2b3c4d"):
        followed.end()
