"""`slipway run` against a cluster's API on the loopback: what it makes, what it says, and its exit status."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from slipway.ops.cluster import following
from tests.by_hand import make_by_hand
from tests.slipway.cli.conftest import Copy, Run
from tests.slipway.cli.inside import Inside
from tests.slipway.ops.cluster.sample_release import spec, status
from tests.slipway.ops.cluster.server import Cluster, Play, served

SCHEDULES = """schedules:
  invoices: {service: fleet-api, args: [invoices], schedule: 0 2 * * *}
"""

LIVE = {**status("Promoted", active="green"), "live": "green", "closed": False}

RunJob = Callable[..., Run]


def cron_job(slot: str, *, suspended: bool, active: list[str] | None = None) -> dict[str, Any]:
    labels = {"app.kubernetes.io/name": "invoices", "slipway.dev/slot": slot}
    pod = {"containers": [{"name": "invoices", "image": f"fleet/api:{slot}", "args": ["invoices"]}]}
    spec = {"activeDeadlineSeconds": 3600, "template": {"metadata": {"labels": labels}, "spec": pod}}
    return {
        "metadata": {"name": f"invoices-{slot}", "namespace": "fleet", "uid": f"uid-{slot}"},
        "spec": {"suspend": suspended, "jobTemplate": {"metadata": {"labels": labels}, "spec": spec}},
        "status": {"active": [{"name": name} for name in active or ()]},
    }


def frontend(slot: str) -> dict[str, Any]:
    labels = {"app.kubernetes.io/name": "fleet-frontend", "slipway.dev/slot": slot}
    pod = {"containers": [{"name": "fleet-frontend", "image": f"fleet/frontend:{slot}"}]}
    spec = {"template": {"metadata": {"labels": labels}, "spec": pod}}
    return {"metadata": {"name": f"fleet-frontend-{slot}", "namespace": "fleet", "uid": f"uid-{slot}"}, "spec": spec}


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    monkeypatch.setattr(following, "PAUSE", 0)
    with served() as started:
        started.cron_jobs["fleet", "invoices-blue"] = cron_job("blue", suspended=True)
        started.cron_jobs["fleet", "invoices-green"] = cron_job("green", suspended=False)
        for slot in ("blue", "green"):
            started.deployments["fleet", f"fleet-frontend-{slot}"] = frontend(slot)
        started.put_release("fleet", "fleet", spec(), LIVE)
        started.play = Play({"invoices": "12 invoices\n"})
        yield started


@pytest.fixture
def run(
    cluster: Cluster, project: Copy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> RunJob:
    """Of the fleet, which has a schedule here, on the cluster."""
    project.edit("systems/fleet/system.yaml", "services:\n", f"{SCHEDULES}services:\n")
    inside, kubeconfig = Inside(project.root, monkeypatch, capfd), cluster.kubeconfig(tmp_path)

    def started(*words: str) -> Run:
        return inside("run", "--system", "fleet", "--stack", "local", "--kubeconfig", kubeconfig, *words)

    return started


def test_the_live_slots_schedule_runs_now(cluster: Cluster, run: RunJob) -> None:
    """The Job is its CronJob's own, its log is passed on, and its end is the command's."""
    done = run("--schedule", "invoices")
    assert (done.status, done.out) == (0, "12 invoices\n"), done.everything
    (made,) = cluster.made
    assert re.fullmatch(r"invoices-green-\d{14}", made["metadata"]["name"])
    (owner,) = made["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"], owner["controller"]) == ("CronJob", "uid-green", True)
    assert made["spec"]["template"]["spec"]["containers"][0]["image"] == "fleet/api:green"
    assert done.err.splitlines()[-1] == f"invoices: succeeded, Job fleet/{made['metadata']['name']}"


def test_a_failure_is_exit_status_1(cluster: Cluster, run: RunJob) -> None:
    """With the status of the program."""
    cluster.play = Play({"invoices": "no printer\n"}, status=3)
    done = run("--schedule", "invoices")
    assert (done.status, done.out) == (1, "no printer\n")
    assert "slipway: invoices failed" in done.err.splitlines()[-1]
    assert "exit status 3" in done.err.splitlines()[-1]


def test_another_command_has_the_same_pod(cluster: Cluster, run: RunJob) -> None:
    """Its labels, by which network policies let it out; it is no run of the CronJob. Printed, it is not made."""
    done = run("--schedule", "invoices", "--print", "bin/reindex", "now")
    job = yaml.safe_load(done.out)
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert (container["command"], container.get("args")) == (["bin/reindex", "now"], None)
    assert job["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/name"] == "invoices"
    assert "ownerReferences" not in job["metadata"]
    assert (done.status, cluster.made) == (0, [])


def test_a_service_needs_no_schedule(cluster: Cluster, run: RunJob) -> None:
    """The command runs in a pod like those of the live slot, for an hour unless it is said how long it may take."""
    done = run("--service", "fleet-frontend", "--deadline", "6h", "bin/reindex", "now")
    assert (done.status, done.out) == (0, "12 invoices\n"), done.everything
    (made,) = cluster.made
    name = made["metadata"]["name"]
    assert re.fullmatch(r"fleet-frontend-run-\d{14}", name)
    (container,) = made["spec"]["template"]["spec"]["containers"]
    assert (container["image"], container["command"]) == ("fleet/frontend:green", ["bin/reindex", "now"])
    assert made["spec"]["activeDeadlineSeconds"] == 6 * 3600
    assert done.err.splitlines()[-1] == f"fleet-frontend: succeeded, Job fleet/{name}"
    printed = yaml.safe_load(run("--service", "fleet-frontend", "--print", "bin/reindex").out)
    assert printed["spec"]["activeDeadlineSeconds"] == 3600
    assert len(cluster.made) == 1


@pytest.mark.parametrize("state", [{**LIVE, "closed": True}, {**LIVE, "live": None}, None])
def test_a_closed_system_runs_no_command(cluster: Cluster, run: RunJob, state: dict[str, Any] | None) -> None:
    """Nor one that was never promoted: a backup or a migration may be in progress."""
    cluster.custom.clear()
    if state is not None:
        cluster.put_release("fleet", "fleet", spec(), state)
    done = run("--service", "fleet-frontend", "bin/reindex")
    assert (done.status, cluster.made) == (2, [])
    assert "no slot of fleet is live: the system is closed, or was never promoted" in done.err


@pytest.mark.parametrize("maintenance", [False, True])
def test_without_releases_the_stacks_file_says_what_is_live(
    cluster: Cluster, run: RunJob, project: Copy, maintenance: bool
) -> None:
    """Its active slot, unless it closes the system; no Release is asked for."""
    cluster.refused["GET releases"] = 403
    make_by_hand(project.root)
    project.edit(
        "Pulumi.local.yaml", "        fleet:\n", f"        fleet:\n          maintenance: {str(maintenance).lower()}\n"
    )
    done = run("--service", "fleet-frontend", "--print", "bin/reindex")
    if maintenance:
        assert (done.status, done.out) == (2, "")
        assert "no slot of fleet is live" in done.err
    else:
        assert yaml.safe_load(done.out)["spec"]["template"]["metadata"]["labels"]["slipway.dev/slot"] == "blue-run"


def test_a_service_that_is_not_deployed(cluster: Cluster, run: RunJob) -> None:
    """The Deployment is named, and what creates it."""
    cluster.deployments.clear()
    done = run("--service", "fleet-frontend", "bin/reindex")
    assert (done.status, cluster.made) == (2, [])
    assert "has no Deployment fleet/fleet-frontend-green: run `pulumi up` first" in done.err


def test_a_service_with_volumes_runs_no_command(cluster: Cluster, run: RunJob, project: Copy) -> None:
    """Its disk has one pod at a time."""
    volume = "volumes: {files: {size: 20, mountPath: /files}}"
    project.edit(
        "systems/fleet/system.yaml",
        "services:\n",
        f"services:\n  archive: {{image: fleet/archive, port: 3000, {volume}}}\n",
    )
    done = run("--service", "archive", "bin/reindex")
    assert (done.status, cluster.made) == (2, [])
    assert "--service archive has volumes, which its pod uses and a second one could not mount" in done.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--schedule", "invoice"), "--schedule invoice is not a schedule of fleet; did you mean 'invoices'?"),
        (("--service", "fleet-ap", "x"), "--service fleet-ap is not a service of fleet"),
        (("--service", "fleet-api"), "--service fleet-api needs a command: pass it after --"),
        (("--schedule", "invoices", "--service", "fleet-api"), "pass either --schedule, or --service"),
        ((), "pass either --schedule, or --service"),
        (("--schedule", "invoices", "--deadline", "2h"), "--deadline is for --service: schedule invoices has a"),
        (
            ("--service", "fleet-frontend", "--deadline", "2 h", "x"),
            "--deadline 2 h is not a duration of at least a second",
        ),
        (
            ("--service", "fleet-frontend", "--deadline", "5ms", "x"),
            "--deadline 5ms is not a duration of at least a second",
        ),
    ],
)
def test_what_cannot_run(cluster: Cluster, run: RunJob, words: tuple[str, ...], message: str) -> None:
    """The fix, or the nearest name, and nothing is made."""
    done = run(*words)
    assert (done.status, done.out, cluster.made) == (2, "", [])
    assert message in done.err


@pytest.mark.parametrize(
    ("blue", "green", "message"),
    [
        ({"suspended": True}, {"suspended": True}, "is suspended in every slot"),
        ({"suspended": False}, {"suspended": False}, "runs in both slots"),
        (
            {"suspended": True},
            {"suspended": False, "active": ["invoices-green-29123456"]},
            "is running already, as Job invoices-green-29123456",
        ),
        (None, None, "has no CronJob fleet/invoices-<slot>: run `pulumi up` first"),
    ],
)
def test_no_second_run_and_none_where_nothing_is_live(
    cluster: Cluster, run: RunJob, blue: dict[str, Any] | None, green: dict[str, Any] | None, message: str
) -> None:
    """Nothing is started."""
    for slot, state in (("blue", blue), ("green", green)):
        if state is None:
            del cluster.cron_jobs["fleet", f"invoices-{slot}"]
        else:
            cluster.cron_jobs["fleet", f"invoices-{slot}"] = cron_job(slot, **state)
    done = run("--schedule", "invoices")
    assert (done.status, cluster.made) == (2, [])
    assert message in done.err
