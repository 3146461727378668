"""`slipway backups`: what is printed, and the exit status. What clouds say is tested in tests/slipway/ops."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import yaml

from slipway.cli import backups as command
from slipway.cli.cluster_options import ClusterOptions
from slipway.ops.aws import newest_backups
from slipway.ops.backup_status import BackupInfo, DatabaseRef, RestoreTest, VolumeRef, backup_statuses
from slipway.ops.cluster import cron_job_backups
from slipway.ops.cluster.connection import Connection
from slipway.settings.stacks import Stack, StackCluster
from tests.slipway.cli.conftest import Copy
from tests.slipway.cli.inside import Inside

NOW = datetime(2026, 11, 21, 10, 0, 5, tzinfo=UTC)
FINE = {
    "created": NOW - timedelta(days=90),
    "newest": NOW - timedelta(hours=3),
    "restored": RestoreTest(NOW - timedelta(days=1), passed=True),
    "tests_known": True,
}
EXPENSES = """
config:
  slipway:environment: production
  slipway:clusters:
    main:
      cloud: aws
      region: us-east-1
      account: "444455556666"
      deployers: [arn:aws:iam::444455556666:role/deployer]
      kubernetes: {authorizedNetworks: [203.0.113.0/24]}
      systems:
        expenses: {blue: {version: v1}}
"""


@pytest.fixture
def slipway(project: Copy, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Inside:
    """At NOW, on a stack with one database."""
    (project.root / "Pulumi.one.yaml").write_text(EXPENSES)
    monkeypatch.setattr(command, "backup_statuses", partial(backup_statuses, now=NOW))
    return Inside(project.root, monkeypatch, capfd)


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets what AWS says of every database."""

    def answer(**changed: object) -> None:
        def find(stack: Stack, cluster: StackCluster, asked: list[DatabaseRef]) -> list[BackupInfo]:
            return [BackupInfo(f"server-{each.name}", **FINE | changed) for each in asked]  # type: ignore[arg-type]

        monkeypatch.setattr(newest_backups, "find", find)

    return answer


def test_a_row_a_database(slipway: Inside, found: Callable[..., None]) -> None:
    """Newest backup, its age, what is declared, the last restore test; exit status 0."""
    found()
    run = slipway("backups", "--stack", "one")
    assert (run.status, run.err) == (0, "")
    heads, row = run.out.splitlines()
    assert heads.split("  ")[0] == "cluster"
    assert row.startswith(f"main     expenses/expenses  {NOW - timedelta(hours=3):%Y-%m-%d %H:%M} UTC  3.0 h")
    assert row.endswith(f"passed {NOW - timedelta(days=1):%Y-%m-%d %H:%M} UTC")


def test_an_old_backup_is_status_1(slipway: Inside, found: Callable[..., None]) -> None:
    """The problem stands below the table."""
    found(newest=NOW - timedelta(hours=27))
    run = slipway("backups", "--stack", "one")
    assert run.status == 1
    assert run.out.splitlines()[-1] == "expenses/expenses: the newest backup is older than 26 hours"


def test_a_cloud_that_keeps_no_list_is_no_failure(slipway: Inside, found: Callable[..., None]) -> None:
    """It is said, with exit status 0."""
    found(newest=None, restored=None, tests_known=False, unlisted="nobody lists them")
    run = slipway("backups", "--stack", "one")
    assert run.status == 0
    assert run.out.splitlines()[-1] == "expenses/expenses: nobody lists them"


def test_json_for_programs(slipway: Inside, found: Callable[..., None]) -> None:
    """The same in one document, with the same exit status."""
    failed = RestoreTest(NOW, passed=False, note="rows differ")
    found(restored=failed)
    run = slipway("backups", "--stack", "one", "--format", "json")
    assert run.status == 1
    (document,) = json.loads(run.out)
    assert document.pop("ageHours") == 3
    assert document.pop("retentionDays") > 0
    assert document == {
        "cluster": "main",
        "system": "expenses",
        "database": "expenses",
        "server": "server-expenses",
        "newest": (NOW - timedelta(hours=3)).isoformat(),
        "restoreTest": {"at": NOW.isoformat(), "passed": False},
        "problems": ["the last restore test failed: rows differ"],
    }


VOLUME = """
title: Code
owner: {team: code}
services: {code: {image: code, port: 3000, volumes: {data: {mountPath: /data, size: 20}}}}
"""


@pytest.fixture
def archived(slipway: Inside, project: Copy, monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """A stack with a volume on two clusters; the contexts by which they are asked."""
    folder = project.root
    (folder / "systems" / "code").mkdir()
    (folder / "systems" / "code" / "system.yaml").write_text(VOLUME)
    main = yaml.safe_load(EXPENSES)["config"]["slipway:clusters"]["main"] | {
        "systems": {"code": {"blue": {"version": "v1"}}}
    }
    clusters = {
        "main": main,
        "home": {"cloud": "local", "context": "home", "systems": {"code-home": {"definition": "code"}}},
    }
    config = {"slipway:environment": "staging", "slipway:clusters": clusters}
    (folder / "Pulumi.one.yaml").write_text(yaml.safe_dump({"config": config}))
    asked: list[str | None] = []

    def connect(stack: Stack, cluster: str, target: ClusterOptions) -> Connection:
        asked.append(target.context or stack.clusters[cluster].settings.context)  # type: ignore[union-attr]
        return Connection(None, "")  # type: ignore[arg-type]

    def of_volumes(api: None, volumes: list[VolumeRef]) -> list[BackupInfo]:
        return [BackupInfo(each.name, **FINE) for each in volumes]  # type: ignore[arg-type]

    monkeypatch.setattr(command, "connected", connect)
    monkeypatch.setattr(cron_job_backups, "of_volumes", of_volumes)
    return asked


def test_volumes_of_every_cluster_that_can_be_asked(slipway: Inside, archived: list[str | None]) -> None:
    """One in a cloud needs a context; that it was not checked is a problem, with the way to do it."""
    run = slipway("backups", "--stack", "one")
    assert (run.status, archived) == (1, ["home"])
    assert run.out.splitlines()[-1] == (
        "code/code-shared-data: not checked, since its cluster makes the archives: pass --cluster main --context with its "
        "context"
    )
    assert run.out.count("passed 2026-11-20") == 1


def test_volumes_of_one_cluster(slipway: Inside, archived: list[str | None]) -> None:
    """By the context that is given; nothing is said of the other one."""
    run = slipway("backups", "--stack", "one", "--cluster", "main", "--context", "arn", "--format", "json")
    assert (run.status, archived) == (0, ["arn"])
    (document,) = json.loads(run.out)
    assert (document["cluster"], document["volume"], document["retentionDays"]) == ("main", "code-shared-data", 14)
    assert "database" not in document
