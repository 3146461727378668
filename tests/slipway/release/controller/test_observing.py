"""Facts of one look: Jobs, pods, evidence, people's words, figures."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from slipway.release.controller import approvals, consumers, evidence, gate_jobs
from slipway.release.controller.metrics import Metrics
from slipway.release.controller.prometheus import Prometheus, Unknown
from slipway.release.controller.samples import Samples
from slipway.release.objects import Queries, ReleasedMigration, SlotName, SlotQueries, Workload
from slipway.release.observed import Command
from slipway.release.status import Status
from tests.slipway.release.controller.server import Cluster
from tests.slipway.release.controller.system import (
    ID,
    NAME,
    NAMESPACE,
    OPEN,
    QUERIES,
    SPLIT,
    deployment,
    job,
    put,
    spec,
)
from tests.slipway.release.controller.web import Answer, Request, Web, web

PAUSED = "autoscaling.keda.sh/paused-replicas"
NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
MIGRATION = ReleasedMigration(name="001-colour", job="migrate-001-colour", backup="backup-001-colour")


def test_gates_wait_until_their_jobs_end(cluster: Cluster) -> None:
    """Those of this release, by name and label; a Job that ended asks no more."""
    release = put(cluster, spec())
    job(cluster, f"admit-{ID}", **{"slipway.dev/gate": "admit"})
    job(cluster, f"promote-{ID}", "Failed", **{"slipway.dev/gate": "promote"})
    job(cluster, "promote-ffffffffffff", **{"slipway.dev/gate": "promote"})
    assert gate_jobs.look(cluster.api(), release).asked == {"admit": f"uid-jobs-admit-{ID}"}
    job(cluster, f"admit-{ID}", "Complete", **{"slipway.dev/gate": "admit"})
    assert gate_jobs.look(cluster.api(), release).asked == {}


def test_a_gate_that_passed_asks_again(cluster: Cluster) -> None:
    """As a new Job that is the same, without what the API server fills in; one that waits, or is no gate, is left alone."""
    release, name = put(cluster, spec()), f"admit-{ID}"
    template = {
        "metadata": {"labels": {"slipway.dev/gate": "admit", "batch.kubernetes.io/job-name": name, "job-name": name}},
        "spec": {"containers": [{"name": "gate", "command": ["gate", "admit"]}]},
    }
    annotations = {"pulumi.com/replaceUnready": "true"}
    metadata = {"labels": {"slipway.dev/gate": "admit"}, "annotations": annotations, "uid": "first"}
    job(cluster, name, "Complete", **{"slipway.dev/gate": "admit"})
    cluster.put("jobs", NAMESPACE, name, metadata=metadata, spec={"selector": {"x": "y"}, "template": template})
    assert gate_jobs.look(cluster.api(), release).passed == ["admit"]
    gate_jobs.ask_again(cluster.api(), release, "admit")
    made = cluster.get("jobs", NAMESPACE, name)
    assert made["metadata"]["uid"] != "first"
    assert made["metadata"]["annotations"] == annotations
    assert made["spec"] == {"template": {**template, "metadata": {"labels": {"slipway.dev/gate": "admit"}}}}
    assert gate_jobs.look(cluster.api(), release).passed == []
    cluster.asked.clear()
    gate_jobs.ask_again(cluster.api(), release, "admit")
    job(cluster, f"promote-{ID}", "Complete")
    gate_jobs.ask_again(cluster.api(), release, "promote")
    assert cluster.asked == []


def test_a_failed_migration_says_its_last_words(cluster: Cluster) -> None:
    """The last line of its pod's message; without one, the Job's own reason."""
    release = put(cluster, spec(migrations=[MIGRATION]))
    job(cluster, "migrate-001-colour", "Failed")
    job(cluster, "backup-001-colour", "Failed")
    ended = {"terminated": {"exitCode": 1, "message": "first\nprecondition failed\n"}}
    labels = {"batch.kubernetes.io/job-name": "migrate-001-colour"}
    cluster.put(
        "pods",
        NAMESPACE,
        "x",
        metadata={"labels": labels},
        status={"containerStatuses": [{"name": "m", "state": ended}]},
    )
    seen = gate_jobs.look(cluster.api(), release)
    assert seen.failed == {
        "migrate-001-colour": "precondition failed",
        "backup-001-colour": "the Job failed: it is over",
    }
    assert (seen.finished, seen.running) == ([], [])


def test_migrations_that_run_and_that_succeeded(cluster: Cluster) -> None:
    release = put(cluster, spec(migrations=[MIGRATION]))
    job(cluster, "backup-001-colour", "Complete")
    job(cluster, "migrate-001-colour")
    seen = gate_jobs.look(cluster.api(), release)
    assert (seen.failed, seen.finished, seen.running) == ({}, [], ["migrate-001-colour"])
    job(cluster, "migrate-001-colour", "Complete")
    assert gate_jobs.look(cluster.api(), release).finished == ["migrate-001-colour"]


def test_a_slot_is_ready_when_all_its_pods_are(cluster: Cluster) -> None:
    """A missing Deployment is not ready."""
    release = put(cluster, spec())
    deployment(cluster, "api-blue")
    found = {each["metadata"]["name"]: each for each in cluster.of("deployments")}
    assert consumers.ready(release, found) == {"blue": True, "green": False}
    deployment(cluster, "api-green", available=1)
    found = {each["metadata"]["name"]: each for each in cluster.of("deployments")}
    assert consumers.ready(release, found) == {"blue": True, "green": False}


def crashed(minutes: int, restarts: int, waiting: bool = False, status: int = 1) -> dict[str, Any]:
    ended = {"exitCode": status, "finishedAt": (NOW - timedelta(minutes=minutes)).isoformat()}
    state = {"waiting": {"reason": "CrashLoopBackOff"}} if waiting else {"running": {}}
    return {"name": "main", "restartCount": restarts, "state": state, "lastState": {"terminated": ended}}


@pytest.mark.parametrize(
    ("container", "is_crashing"),
    [
        (crashed(1, 2), True),
        (crashed(30, 5, waiting=True), True),
        (crashed(1, 1), False),
        (crashed(30, 5), False),
        (crashed(1, 3, status=0), False),
    ],
)
def test_a_pod_that_crashes_again_and_again(cluster: Cluster, container: dict[str, Any], is_crashing: bool) -> None:
    """One restart is an accident, and an old crash is over."""
    release = put(cluster, spec())
    for slot in ("blue", "green"):
        deployment(cluster, f"api-{slot}")
    cluster.put(
        "pods", NAMESPACE, "p", metadata={"labels": {"app": "api-green"}}, status={"containerStatuses": [container]}
    )
    deployments = {each["metadata"]["name"]: each for each in cluster.of("deployments")}
    found = consumers.crashing(release, deployments, cluster.of("pods"), NOW)
    assert ("green" in found, "blue" in found) == (is_crashing, False)


def test_workloads_run_in_the_live_slot_only(cluster: Cluster) -> None:
    """What is so already is not written."""
    names: dict[SlotName, str] = {"blue": "worker-blue", "green": "worker-green"}
    release = put(cluster, spec(workloads=[Workload(kind="Deployment", names=names, replicas=2)]))
    deployment(cluster, "worker-blue", replicas=0, available=0)
    deployment(cluster, "worker-green", replicas=2)
    consumers.apply(cluster.api(), release, OPEN)
    replicas = {each["metadata"]["name"]: each["spec"]["replicas"] for each in cluster.of("deployments")}
    assert replicas == {"worker-blue": 2, "worker-green": 0}
    cluster.asked.clear()
    consumers.apply(cluster.api(), release, OPEN)
    assert cluster.asked == []


def test_what_keda_scales_is_paused_but_in_the_live_slot(cluster: Cluster) -> None:
    """With no pod; its own number of pods is KEDA's, other annotations stay, and what is so already is not written."""
    names: dict[SlotName, str] = {"blue": "worker-blue", "green": "worker-green"}
    release = put(cluster, spec(workloads=[Workload(kind="ScaledObject", names=names)]))
    deployment(cluster, "worker-blue", replicas=0, available=0)
    deployment(cluster, "worker-green", replicas=2)
    for name, paused in (("worker-blue", {PAUSED: "0"}), ("worker-green", {})):
        cluster.put(
            "scaledobjects", NAMESPACE, name, metadata={"annotations": {"slipway.dev/source": "shop", **paused}}
        )

    def annotations(status: Status) -> dict[str, dict[str, str]]:
        consumers.apply(cluster.api(), release, status)
        return {each["metadata"]["name"]: each["metadata"]["annotations"] for each in cluster.of("scaledobjects")}

    runs, rests = {"slipway.dev/source": "shop"}, {"slipway.dev/source": "shop", PAUSED: "0"}
    assert annotations(OPEN) == {"worker-blue": runs, "worker-green": rests}
    cluster.asked.clear()
    assert annotations(OPEN) == {"worker-blue": runs, "worker-green": rests}
    assert cluster.asked == []
    promoted = OPEN.model_copy(update={"live": "green"})
    assert annotations(promoted) == {"worker-blue": rests, "worker-green": runs}
    assert [each["spec"]["replicas"] for each in cluster.of("deployments")] == [0, 2]


def test_schedules_run_in_the_live_slot_once_the_other_has_ended(cluster: Cluster) -> None:
    """The old one is suspended at once; the new one begins when that was seen and its last run is over. A closed system
    runs none."""
    names: dict[SlotName, str] = {"blue": "report-blue", "green": "report-green"}
    release = put(cluster, spec(workloads=[Workload(kind="CronJob", names=names)]))
    promoted = OPEN.model_copy(update={"live": "green"})
    running = {"active": [{"name": "report-blue-29123456"}]}
    cluster.put("cronjobs", NAMESPACE, "report-blue", spec={"suspend": False}, status=running)
    cluster.put("cronjobs", NAMESPACE, "report-green", spec={"suspend": True})

    def suspended(status: Status) -> dict[str, bool]:
        consumers.apply(cluster.api(), release, status)
        return {each["metadata"]["name"]: each["spec"]["suspend"] for each in cluster.of("cronjobs")}

    assert suspended(promoted) == {"report-blue": True, "report-green": True}
    assert suspended(promoted) == {"report-blue": True, "report-green": True}
    cluster.put("cronjobs", NAMESPACE, "report-blue", spec={"suspend": True}, status={})
    assert suspended(promoted) == {"report-blue": True, "report-green": False}
    cluster.asked.clear()
    assert suspended(promoted) == {"report-blue": True, "report-green": False}
    assert cluster.asked == []
    assert suspended(promoted.model_copy(update={"closed": True})) == {"report-blue": True, "report-green": True}
    assert suspended(OPEN) == {"report-blue": False, "report-green": True}


def test_evidence_of_databases(cluster: Cluster) -> None:
    """The last successes; a restore test that failed since is none, and one that runs is not over."""
    stamps = {"lastSuccessfulTime": "2026-11-21T02:10:00Z", "lastScheduleTime": "2026-11-21T02:00:00Z"}
    cluster.put("cronjobs", NAMESPACE, "shop-db-dump", spec={}, status=stamps)
    cluster.put("cronjobs", NAMESPACE, "shop-db-restore-test", spec={}, status=stamps)
    at = datetime(2026, 11, 21, 2, 10, tzinfo=UTC)
    wanted = ["shop_db", "other"]
    assert evidence.backups(cluster.api(), NAMESPACE, wanted) == {"shop_db": at}
    assert evidence.restores(cluster.api(), NAMESPACE, wanted) == {"shop_db": at}
    later = {**stamps, "lastScheduleTime": "2026-11-21T04:00:00Z"}
    cluster.put("cronjobs", NAMESPACE, "shop-db-restore-test", status={**later, "active": [{"name": "x"}]})
    assert evidence.restores(cluster.api(), NAMESPACE, wanted) == {"shop_db": at}
    cluster.put("cronjobs", NAMESPACE, "shop-db-restore-test", status=later)
    assert evidence.restores(cluster.api(), NAMESPACE, wanted) == {}


def test_words_are_those_on_this_release(cluster: Cluster) -> None:
    release = put(cluster, spec())
    given = {"release": NAME, "id": ID, "role": "lead", "by": "anna"}
    cluster.put("approvals", NAMESPACE, "one", spec=given)
    cluster.put("approvals", NAMESPACE, "two", spec={**given, "id": "ffffffffffff"})
    cluster.put("approvals", NAMESPACE, "three", spec={**given, "release": "other"})
    cluster.put("approvals", NAMESPACE, "four", spec={"by": "bob"})
    (word,) = approvals.approvals(cluster.api(), release)
    assert (word.role, word.by, word.when, word.kind) == ("lead", "anna", "before", "approval")
    assert word.at.tzinfo is not None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '{"id": "1", "verb": "abort", "by": "anna", "reason": "r"}',
            Command(id="1", verb="abort", by="anna", reason="r"),
        ),
        ('{"id": "1", "verb": "pause", "by": "anna"}', Command(id="1", verb="pause", by="anna")),
        ('{"id": "1", "verb": "explode", "by": "anna"}', None),
        ('{"id": "", "verb": "abort", "by": "anna"}', None),
        ('{"verb": "abort"}', None),
        ("[]", None),
        ("abort", None),
    ],
)
def test_a_command_that_cannot_be_understood_is_none(cluster: Cluster, text: str, expected: Command | None) -> None:
    assert approvals.command(put(cluster, spec(), annotations={approvals.COMMAND: text})) == expected


class Figures:
    """Prometheus, as far as its queries of one number go."""

    def __init__(self) -> None:
        self.result: Any = []
        self.status = 200
        self.asked = 0

    def __call__(self, request: Request) -> Answer:
        """As Prometheus does, it refuses a timeout that is no duration of its own form."""
        self.asked += 1
        if not re.search(rb"timeout=[0-9]+s(&|$)", request.body):
            return 400, {}, b'{"status": "error", "errorType": "bad_data"}'
        data = {"resultType": "vector", "result": self.result}
        return self.status, {}, json.dumps({"status": "success", "data": data}).encode()


def value(number: str, **labels: str) -> dict[str, Any]:
    return {"metric": labels, "value": [0, number]}


@pytest.fixture
def figures() -> Figures:
    return Figures()


@pytest.fixture
def prometheus(figures: Figures) -> Iterator[Web]:
    with web(figures) as started:
        yield started


def test_numbers_of_prometheus(prometheus: Web, figures: Figures) -> None:
    asked = Prometheus(f"http://{prometheus.address}/")
    assert asked.number("q") is None
    figures.result = [value("12.5")]
    assert asked.number("q") == 12.5
    figures.result = [value("NaN")]
    assert asked.number("q") is None
    figures.result = [value("1", alertname="Down"), value("1", alertname="Down"), value("1", alertname="Ago")]
    assert asked.alerts("q") == ["Ago", "Down"]


def test_what_is_no_number_is_unknown(prometheus: Web, figures: Figures) -> None:
    """Several numbers, an error, another server, none at all."""
    asked = Prometheus(f"http://{prometheus.address}")
    figures.result = [value("1", pod="a"), value("2", pod="b")]
    with pytest.raises(Unknown):
        asked.number("q")
    figures.status = 503
    with pytest.raises(Unknown):
        asked.number("q")
    prometheus.answer = lambda request: (200, {}, b"<html>")
    with pytest.raises(Unknown):
        asked.number("q")
    with pytest.raises(Unknown):
        Prometheus(None).number("q")


def test_one_sample_an_interval(cluster: Cluster, prometheus: Web, figures: Figures) -> None:
    """Between two the last one is given again; without an answer there is none."""
    queries = Queries(interval_seconds=15, slots={"green": SlotQueries(**QUERIES.model_dump())})
    release = put(cluster, spec(queries=queries), SPLIT.model_copy(update={"since": NOW}))
    clock = [NOW]
    samples = Samples(Prometheus(f"http://{prometheus.address}"), Metrics(), lambda: clock[0])
    figures.result = [value("3")]
    times = []
    for second in range(0, 46, 5):
        clock[0] = NOW + timedelta(seconds=second)
        found = samples.newest(release, clock[0])
        assert found is not None
        times.append(int((found["green"].at - NOW).total_seconds()))
    assert times == [0, 0, 0, 15, 15, 15, 30, 30, 30, 45]
    assert figures.asked == 4 * 3
    figures.status = 500
    clock[0] = NOW + timedelta(seconds=60)
    assert samples.newest(release, clock[0]) is None
    figures.status = 200
    found = samples.newest(release, clock[0])
    assert found is not None
    assert (found["green"].requests, found["green"].errors, found["green"].p95_seconds) == (3, 3, 3)
