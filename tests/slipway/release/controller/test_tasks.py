"""Tasks in threads, and Jobs that the controller creates."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from slipway.ops.cluster import following
from slipway.release.controller import work
from slipway.release.controller.tasks import Outcome, Tasks
from slipway.release.controller.visit import Visitor
from slipway.release.objects import ReleasedMigration, ReleaseJob
from slipway.release.status import Result, Status
from tests.processes import until
from tests.slipway.release.controller.server import Cluster, Document
from tests.slipway.release.controller.system import ID, NAMESPACE, put, spec

OUTCOME = Outcome("job/one/after", passed=True)
NOW = datetime(2026, 11, 21, tzinfo=UTC)
RESULT = Result(name="job/one/after", passed=True, at=NOW)
MIGRATION = ReleasedMigration(name="001-colour", job="migrate-001-colour-1a2b", reversible=True, verified=True)


def test_a_result_is_given_until_it_was_written() -> None:
    tasks, go = Tasks(lambda: NOW), threading.Event()
    tasks.begin(ID)
    tasks.start("job/one/after", lambda stop: [OUTCOME] if go.wait(60) else [])
    assert (tasks.running, tasks.results) == (["job/one/after"], [])
    go.set()
    until(lambda: tasks.results, "a result")
    tasks.start("job/one/after", lambda stop: pytest.fail("it was started twice"))
    assert (tasks.running, tasks.results) == ([], [RESULT])
    tasks.written([])
    assert tasks.results == [RESULT]
    tasks.written([RESULT])
    assert tasks.results == []


def test_a_task_that_breaks_has_failed() -> None:
    """Without the text of the error, which may have values."""
    tasks = Tasks(lambda: NOW)
    tasks.start("smoke", lambda stop: {}["secret"])
    (result,) = until(lambda: tasks.results, "a result")
    assert (result.passed, result.detail) == (False, "cannot be carried out (KeyError)")


def test_results_of_another_release_are_dropped() -> None:
    tasks, go, ended = Tasks(lambda: NOW), threading.Event(), threading.Event()

    def waits(stop: threading.Event) -> list[Outcome]:
        go.wait(60)
        ended.set()
        return [OUTCOME]

    tasks.begin(ID)
    tasks.start("job/one/after", waits)
    tasks.begin("ffffffffffff")
    go.set()
    assert ended.wait(60)
    assert (tasks.running, tasks.results) == ([], [])


class Jobs:
    """A cluster whose Jobs end as they are told, with a log."""

    def __init__(self, cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(following, "PAUSE", 0.01)
        self.cluster, self.made, self.status, self.log = cluster, list[Document](), 0, "done\n"
        cluster.on_job = self._end

    def _end(self, job: Document) -> None:
        self.made.append(job)
        name = job["metadata"]["name"]
        job["status"] = {"conditions": [{"type": "Failed" if self.status else "Complete", "status": "True"}]}
        state = {"terminated": {"exitCode": self.status}}
        self.cluster.put(
            "pods",
            NAMESPACE,
            f"{name}-x2x7k",
            metadata={"labels": {"batch.kubernetes.io/job-name": name}},
            status={"containerStatuses": [{"name": "main", "state": state}]},
        )
        self.cluster.logs[f"{name}-x2x7k"] = self.log

    def run(self, name: str, status: Status | None = None, **changed: Any) -> Outcome:
        release = put(self.cluster, spec(**changed), status)
        (result,) = work.of(self.cluster.api(), release, Visitor(None), name)(threading.Event())
        return result


@pytest.fixture
def jobs(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Jobs:
    return Jobs(cluster, monkeypatch)


def validation(**changed: Any) -> ReleaseJob:
    pod = {"spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "shop:2.0.0"}]}}
    return ReleaseJob(name="totals", when=["after"], job={"template": pod, "activeDeadlineSeconds": 60}, **changed)


def test_a_validation_is_created_once(jobs: Jobs) -> None:
    """A second leader finds the Job by its name and gives the same result."""
    results = [jobs.run("job/totals/after", jobs=[validation()]) for _ in range(2)]
    assert [each.passed for each in results] == [True, True]
    (made,) = jobs.made
    assert made["metadata"]["name"] == f"job-totals-after-{ID}"
    assert made["metadata"]["labels"] == {"slipway.dev/release": ID}
    assert made["metadata"]["ownerReferences"][0]["kind"] == "Release"
    assert made["spec"]["backoffLimit"] == 0


def test_a_validation_of_admission_runs_again_for_another_up(jobs: Jobs) -> None:
    """A failed one refuses one `up`, not the next; a second leader still finds it."""
    first, second = (Status(id=ID, phase="Waiting", started=RESULT.at.replace(hour=hour)) for hour in (1, 2))
    jobs.status = 1
    results = [jobs.run("job/totals/before", first, jobs=[validation()]) for _ in range(2)]
    jobs.status = 0
    results.append(jobs.run("job/totals/before", second, jobs=[validation()]))
    assert [each.passed for each in results] == [False, False, True]
    assert len(jobs.made) == 2


@pytest.mark.parametrize(
    ("status", "expect", "detail"),
    [(1, None, "failed with exit status 1"), (0, "all 7 totals", "its log has no line with 'all 7 totals'")],
)
def test_a_validation_fails(jobs: Jobs, status: int, expect: str | None, detail: str) -> None:
    """By its exit status, or because its log has not what is expected. The log is not repeated."""
    jobs.status, jobs.log = status, "canary-5d6c1f0e\n"
    result = jobs.run("job/totals/after", jobs=[validation(expect=expect)])
    assert (result.passed, detail in result.detail, "canary" in result.detail) == (False, True, False)


def migrated(jobs: Jobs) -> None:
    labels = {"app.kubernetes.io/name": "migrate-001-colour", "slipway.dev/migration": "001-colour"}
    container = {"name": "main", "image": "postgres:17", "env": [{"name": "MODE", "value": "apply"}]}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container], "restartPolicy": "Never"}}
    jobs.cluster.put(
        "jobs",
        NAMESPACE,
        MIGRATION.job,
        metadata={"labels": labels, "uid": "7"},
        spec={"template": template},
        status={},
    )


@pytest.mark.parametrize(
    ("name", "mode", "label"),
    [
        ("verify/001-colour/3600", "verify", "slipway.dev/verification-of"),
        ("rollback/001-colour", "rollback", "slipway.dev/rollback-of"),
    ],
)
def test_a_migration_runs_again_in_another_mode(jobs: Jobs, name: str, mode: str, label: str) -> None:
    """As a copy of the Job that ran; only the label says that it is none of the plan's."""
    migrated(jobs)
    result = jobs.run(name, migrations=[MIGRATION])
    assert result.passed, result.detail
    (made,) = jobs.made
    assert made["metadata"]["name"].endswith(f"-{ID}")
    assert made["spec"]["template"]["spec"]["containers"][0]["env"] == [{"name": "MODE", "value": mode}]
    assert made["metadata"]["labels"][label] == "001-colour"
    assert "slipway.dev/migration" not in made["metadata"]["labels"]


@pytest.mark.parametrize(
    "name", ["verify/001-colour/3600", "rollback/002-other", "job/lost/after", "load/7", "load/x", "anything"]
)
def test_what_cannot_be_done_has_not_passed(jobs: Jobs, name: str) -> None:
    assert not jobs.run(name, migrations=[MIGRATION]).passed
    assert jobs.made == []
