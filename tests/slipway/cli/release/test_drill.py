"""`slipway release drill`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.slipway.cli.conftest import Copy
from tests.slipway.cli.inside import Inside
from tests.slipway.cli.release.conftest import Release, refused
from tests.slipway.ops.cluster.server import Cluster, Play, log, migration_job

DONE = log(("restore", "ok", "from a dump"), ("verify", "ok", ""))


def cron_job(name: str = "fleet-db-restore-test") -> dict[str, Any]:
    job = migration_job()
    return {
        "metadata": {"name": name, "namespace": "fleet", "uid": "cron-uid", "labels": {}},
        "spec": {"jobTemplate": {"metadata": {"labels": {"a": "b"}}, "spec": job["spec"]}},
    }


def test_a_restore_test_is_run_now(cluster: Cluster, release: Release) -> None:
    """As one of its CronJob's, so that the cluster counts it as evidence."""
    cluster.cron_jobs["fleet", "fleet-db-restore-test"] = cron_job()
    cluster.play = Play({"migrate": DONE})
    run = release("drill", "--system", "fleet", "--kind", "restore")
    assert run.status == 0, run.everything
    (made,) = cluster.made
    name = made["metadata"]["name"]
    assert name.startswith("fleet-db-restore-test-")
    assert made["metadata"]["ownerReferences"] == [
        {
            "apiVersion": "batch/v1",
            "kind": "CronJob",
            "name": "fleet-db-restore-test",
            "uid": "cron-uid",
            "controller": True,
        }
    ]
    assert run.out == f"{DONE}fleet/fleet_db: the restore drill passed, Job fleet/{name}\n"


def test_a_failed_drill_fails(cluster: Cluster, release: Release) -> None:
    cluster.cron_jobs["fleet", "fleet-db-restore-test"] = cron_job()
    cluster.play = Play({"migrate": log(("restore", "failed", "no dump"))}, status=1)
    run = release("drill", "--system", "fleet", "--kind", "restore")
    assert run.status == 1
    assert "the restore drill failed at step restore" in run.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "test has no CronJob fleet/fleet-db-restore-test for restore tests: run `pulumi up` first"),
        (("--database", "fleet"), "--database fleet is not a database of fleet"),
    ],
)
def test_a_drill_that_cannot_be(cluster: Cluster, release: Release, words: tuple[str, ...], message: str) -> None:
    assert message in refused(release("drill", "--system", "fleet", "--kind", "restore", *words))
    assert cluster.made == []


def test_a_system_without_restore_tests(release: Release, project: Copy) -> None:
    project.edit(
        "Pulumi.local.yaml",
        "          blue: {version: personal-use-v1.0.0}\n",
        "          blue: {version: personal-use-v1.0.0}\n          databases: {fleet_db: {restoreTest: none}}\n",
    )
    error = refused(release("drill", "--system", "fleet", "--kind", "restore"))
    assert "fleet declares no restore test: set `restoreTest` of the database" in error


COMMANDS = {
    "prod": (
        "expenses",
        "`aws rds reboot-db-instance --force-failover --db-instance-identifier slipway-prod-main-expenses-expenses "
        "--region us-east-1`",
    ),
    "local": ("fleet", "`kubectl cnpg promote -n fleet fleet-db fleet-db-2`"),
}


@pytest.mark.parametrize(("stack", "case"), COMMANDS.items(), ids=COMMANDS)
def test_a_failover_is_run_by_its_owner(
    project: Copy,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    stack: str,
    case: tuple[str, str],
) -> None:
    """One line, with what to type."""
    system, command = case
    inside = Inside(project.root, monkeypatch, capfd)
    error = refused(inside("release", "drill", "--stack", stack, "--system", system, "--kind", "failover"))
    assert "a failover cannot be started from here" in error
    assert command in error


def test_a_failover_in_the_other_cloud(
    project: Copy, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    inside = Inside(project.root, monkeypatch, capfd)
    error = refused(inside("release", "drill", "--stack", "prod", "--system", "fleet", "--kind", "failover"))
    assert "`az postgres flexible-server restart --failover Forced --ids /subscriptions/" in error


def test_without_a_standby_there_is_no_failover(
    project: Copy, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    inside = Inside(project.root, monkeypatch, capfd)
    words = ("release", "drill", "--stack", "staging", "--system", "marketplace", "--kind", "failover")
    error = refused(inside(*words, "--database", "userdb"))
    assert "marketplace/userdb: has no standby that a command could fail over to" in error
