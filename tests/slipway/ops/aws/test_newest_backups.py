"""Backups on AWS: servers and snapshots as moto has them; AWS Backup's answers by botocore's Stubber, for moto has no
recovery points of a resource and no restore jobs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from slipway.ops.aws import newest_backups
from slipway.ops.aws.newest_backups import Backups
from slipway.ops.backup_status import backup_statuses
from slipway.ops.failure import CloudFailure
from tests.slipway.ops.conftest import ACCOUNT, stack_on

ROOT = f"arn:aws:rds:us-east-1:{ACCOUNT}"
SERVER = "slipway-test-main-shop-orders-db"
ARN = f"{ROOT}:db:{SERVER}"
PLAN = {"RestoreTestingPlanArn": f"arn:aws:backup:us-east-1:{ACCOUNT}:restore-testing-plan:weekly"}
DAY = timedelta(days=1)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
LATER = datetime(2120, 1, 1, tzinfo=UTC)
"""After the snapshots of the cloud under test, which have the time of the run."""


@pytest.fixture
def rds(aws: None) -> Any:
    return boto3.client("rds", region_name="us-east-1")


@pytest.fixture
def backup(aws: None) -> Any:
    return boto3.client("backup", region_name="us-east-1")


@pytest.fixture
def stub(backup: Any) -> Iterator[Stubber]:
    with Stubber(backup) as stub:
        yield stub
        stub.assert_no_pending_responses()


def make_server(rds: Any, name: str = SERVER) -> None:
    rds.create_db_instance(
        DBInstanceIdentifier=name,
        DBInstanceClass="db.t4g.medium",
        Engine="postgres",
        AllocatedStorage=32,
        MasterUsername="slipway",
        MasterUserPassword="password",
        BackupRetentionPeriod=14,
    )


def expect_points(stub: Stubber, *points: tuple[str, datetime], arn: str = ARN) -> None:
    found = [{"Status": status, "CreationDate": made, "RecoveryPointArn": f"{arn}:p"} for status, made in points]
    stub.add_response("list_recovery_points_by_resource", {"RecoveryPoints": found}, {"ResourceArn": arn})


def expect_jobs(stub: Stubber, *jobs: dict[str, Any], kind: str = "RDS") -> None:
    stub.add_response("list_restore_jobs", {"RestoreJobs": list(jobs)}, {"ByResourceType": kind})


def job(ended: datetime | None, status: str = "COMPLETED", **more: Any) -> dict[str, Any]:
    result = {"RestoreJobId": "j", "SourceResourceArn": ARN, "Status": status, "CreatedBy": PLAN, **more}
    return result | ({"CompletionDate": ended} if ended else {})


def test_automated_snapshots_count(rds: Any, backup: Any, stub: Stubber) -> None:
    """The one that RDS makes with the server is the newest backup."""
    make_server(rds)
    expect_points(stub)
    expect_jobs(stub)
    found = Backups(rds, backup, ROOT).of(SERVER, "postgres")
    (snapshot,) = rds.describe_db_snapshots(DBInstanceIdentifier=SERVER)["DBSnapshots"]
    assert found.newest == snapshot["SnapshotCreateTime"]
    assert found.created is not None
    assert found.restored is None


def test_a_snapshot_by_hand_does_not_count(rds: Any, backup: Any, stub: Stubber) -> None:
    """It would hide that the schedule stands still."""
    make_server(rds)
    automated = rds.describe_db_snapshots(DBInstanceIdentifier=SERVER)["DBSnapshots"][0]["SnapshotCreateTime"]
    rds.create_db_snapshot(DBInstanceIdentifier=SERVER, DBSnapshotIdentifier="by-hand")
    expect_points(stub)
    expect_jobs(stub)
    assert Backups(rds, backup, ROOT).of(SERVER, "postgres").newest == automated


def test_the_newest_complete_recovery_point_counts(rds: Any, backup: Any, stub: Stubber) -> None:
    """One that is partial or expired does not."""
    make_server(rds)
    expect_points(stub, ("COMPLETED", LATER), ("PARTIAL", LATER + 2 * DAY), ("EXPIRED", LATER + DAY))
    expect_jobs(stub)
    assert Backups(rds, backup, ROOT).of(SERVER, "postgres").newest == LATER


def test_the_last_restore_test_that_ended_counts(rds: Any, backup: Any, stub: Stubber) -> None:
    """Of this server, by a restore testing plan; a restore by hand is no test, nor is one under way."""
    make_server(rds)
    expect_points(stub)
    expect_jobs(
        stub,
        job(LONG_AGO + DAY, ValidationStatus="FAILED", ValidationStatusMessage="rows\ndiffer"),
        job(LONG_AGO),
        job(LONG_AGO + 2 * DAY, CreatedBy={}),
        job(LONG_AGO + 3 * DAY, SourceResourceArn=f"{ROOT}:db:other"),
        job(LONG_AGO + 4 * DAY, ValidationStatus="VALIDATING"),
        job(None, "RUNNING"),
    )
    restored = Backups(rds, backup, ROOT).of(SERVER, "postgres").restored
    assert restored is not None
    assert (restored.at, restored.passed, restored.note) == (LONG_AGO + DAY, False, "rows differ")


@pytest.mark.parametrize(
    ("status", "more", "passed"),
    [
        ("COMPLETED", {}, True),
        ("COMPLETED", {"ValidationStatus": "SUCCESSFUL"}, True),
        ("COMPLETED", {"ValidationStatus": "TIMED_OUT"}, False),
        ("FAILED", {}, False),
        ("ABORTED", {}, False),
    ],
)
def test_what_passes(rds: Any, backup: Any, stub: Stubber, status: str, more: dict[str, str], passed: bool) -> None:
    """A restore that completed, and whose validation, if any, succeeded."""
    make_server(rds)
    expect_points(stub)
    expect_jobs(stub, job(LONG_AGO, status, **more))
    restored = Backups(rds, backup, ROOT).of(SERVER, "postgres").restored
    assert restored is not None
    assert restored.passed is passed


def test_jobs_are_asked_for_once(rds: Any, backup: Any, stub: Stubber) -> None:
    """However many servers there are."""
    make_server(rds)
    make_server(rds, "second")
    reader = Backups(rds, backup, ROOT)
    expect_points(stub)
    expect_jobs(stub, job(LONG_AGO))
    expect_points(stub, arn=f"{ROOT}:db:second")
    assert reader.of(SERVER, "postgres").restored is not None
    assert reader.of("second", "postgres").restored is None


def test_document_databases_are_clusters(backup: Any, stub: Stubber) -> None:
    """With snapshots, recovery points and restore jobs under names of their own."""
    rds = boto3.client("rds", region_name="us-east-1")
    arn = f"{ROOT}:cluster:docs"
    with Stubber(rds) as servers:
        described = {"DBClusters": [{"DBClusterIdentifier": "docs", "ClusterCreateTime": LONG_AGO}]}
        servers.add_response("describe_db_clusters", described, {"DBClusterIdentifier": "docs"})
        snapshot = {"Status": "available", "SnapshotType": "awsbackup", "SnapshotCreateTime": LONG_AGO + DAY}
        creating = {"Status": "creating", "SnapshotType": "automated", "SnapshotCreateTime": LONG_AGO + 2 * DAY}
        listed = {"DBClusterSnapshots": [snapshot, creating]}
        servers.add_response("describe_db_cluster_snapshots", listed, {"DBClusterIdentifier": "docs"})
        stub.add_client_error("list_recovery_points_by_resource", "ResourceNotFoundException")
        expect_jobs(stub, job(LONG_AGO + 2 * DAY, SourceResourceArn=arn), kind="DocumentDB")
        found = Backups(rds, backup, ROOT).of("docs", "mongodb")
    assert (found.created, found.newest) == (LONG_AGO, LONG_AGO + DAY)
    assert found.restored is not None


@pytest.mark.parametrize("engine", ["postgres", "mongodb"])
def test_a_missing_server(rds: Any, backup: Any, engine: str) -> None:
    """Is told apart from one without backups, and nothing more is asked."""
    assert not Backups(rds, backup, ROOT).of("none", engine).exists


def test_a_refusal_names_the_call_and_the_server(rds: Any, backup: Any, stub: Stubber) -> None:
    """In one line."""
    make_server(rds)
    stub.add_client_error("list_recovery_points_by_resource", "AccessDeniedException")
    message = f"the login may not call ListRecoveryPointsByResource on database server {SERVER}: use a role that may"
    with pytest.raises(CloudFailure, match=message):
        Backups(rds, backup, ROOT).of(SERVER, "postgres")


def test_servers_of_a_stack(
    rds: Any, backup: Any, stub: Stubber, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Found by the program's names; a database that is run elsewhere is its owner's."""
    make_server(rds)
    expect_points(stub)
    expect_jobs(stub, job(LONG_AGO))
    opened = newest_backups.session(stack_on(tmp_path, "aws").clusters["main"].settings)  # type: ignore[arg-type]
    clients = {"rds": rds, "backup": backup}
    monkeypatch.setattr(opened, "client", clients.__getitem__)
    monkeypatch.setattr(newest_backups, "session", lambda cluster: opened)
    orders, catalogue = backup_statuses(stack_on(tmp_path / "again", "aws"))
    assert (orders.asked.name, orders.found.server) == ("orders_db", SERVER)
    assert list(orders.problems) == ["no restore test within a week"]
    assert list(catalogue.problems) == ["the server does not exist; run `pulumi up`"]
