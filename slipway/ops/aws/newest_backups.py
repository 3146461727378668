"""Backups of RDS and DocumentDB: snapshots, recovery points of AWS Backup, and its restore tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from slipway.ops.aws.access import partition, session, translated_errors
from slipway.ops.backup_status import BackupInfo, DatabaseRef, RestoreTest
from slipway.settings import store_names
from slipway.settings.clouds.aws import AwsCluster
from slipway.settings.stacks import Stack, StackCluster


@dataclass(frozen=True)
class Kind:
    """The names of a kind of database server in the API of RDS, and of its resources in AWS Backup."""

    noun: str
    arn: str
    created: str
    resource: str


KINDS = {
    "postgres": Kind("DBInstance", "db", "InstanceCreateTime", "RDS"),
    "mongodb": Kind("DBCluster", "cluster", "ClusterCreateTime", "DocumentDB"),
}
SNAPSHOTS = {"DBInstance": "DBSnapshot", "DBCluster": "DBClusterSnapshot"}
_OPERATIONS = {
    "DBInstance": "db_instances",
    "DBCluster": "db_clusters",
    "DBSnapshot": "db_snapshots",
    "DBClusterSnapshot": "db_cluster_snapshots",
}


class Backups:
    """Reads the backups in one region of one account. `rds` and `backup` are boto3's clients; ARNs start with
    `arn_root`."""

    def __init__(self, rds: Any, backup: Any, arn_root: str) -> None:
        self._rds, self._backup, self._arn_root = rds, backup, arn_root
        self._tests: dict[str, Mapping[str, RestoreTest]] = {}

    def of(self, server: str, engine: str) -> BackupInfo:
        """Return the backups of the database server `server`."""
        kind = KINDS[engine]
        with translated_errors(f"database server {server}"):
            created = self._created(server, kind)
            if created is None:
                return BackupInfo(server, exists=False)
            times = [*self._snapshots(server, kind), *self._recovery_points(self._arn(server, kind))]
        tested = self._restore_tests(kind.resource).get(self._arn(server, kind))
        return BackupInfo(server, created=created, newest=max(times, default=None), restored=tested, tests_known=True)

    def _arn(self, server: str, kind: Kind) -> str:
        return f"{self._arn_root}:{kind.arn}:{server}"

    def _created(self, server: str, kind: Kind) -> datetime | None:
        describe = getattr(self._rds, f"describe_{_OPERATIONS[kind.noun]}")
        try:
            (found,) = describe(**{f"{kind.noun}Identifier": server})[f"{kind.noun}s"]
        except getattr(self._rds.exceptions, f"{kind.noun}NotFoundFault"):
            return None
        return found[kind.created]

    def _snapshots(self, server: str, kind: Kind) -> Iterator[datetime]:
        """Yield the snapshots of a schedule: a manual one would hide for a day that the schedule does not run."""
        noun = SNAPSHOTS[kind.noun]
        pages = self._rds.get_paginator(f"describe_{_OPERATIONS[noun]}").paginate(**{f"{kind.noun}Identifier": server})
        for snapshot in (each for page in pages for each in page[f"{noun}s"]):
            if snapshot["Status"] == "available" and snapshot["SnapshotType"] != "manual":
                yield snapshot["SnapshotCreateTime"]

    def _recovery_points(self, arn: str) -> Iterator[datetime]:
        pages = self._backup.get_paginator("list_recovery_points_by_resource").paginate(ResourceArn=arn)
        try:
            for point in (each for page in pages for each in page["RecoveryPoints"]):
                if point["Status"] == "COMPLETED":
                    yield point["CreationDate"]
        except self._backup.exceptions.ResourceNotFoundException:
            return

    def _restore_tests(self, resource: str) -> Mapping[str, RestoreTest]:
        """Return the newest finished restore test, by the ARN of the restored resource."""
        if resource not in self._tests:
            with translated_errors("restore jobs of AWS Backup"):
                pages = self._backup.get_paginator("list_restore_jobs").paginate(ByResourceType=resource)
                jobs = [job for page in pages for job in page["RestoreJobs"] if _is_ended_test(job)]
            jobs.sort(key=lambda job: job["CompletionDate"])
            self._tests[resource] = {job["SourceResourceArn"]: _restore_test(job) for job in jobs}
        return self._tests[resource]


def _is_ended_test(job: Mapping[str, Any]) -> bool:
    """Return whether a job is a finished restore test: manual restores do not count, nor those whose validation still
    runs."""
    by_plan = "RestoreTestingPlanArn" in job.get("CreatedBy", {}) and "SourceResourceArn" in job
    return by_plan and "CompletionDate" in job and job.get("ValidationStatus") != "VALIDATING"


def _restore_test(job: Mapping[str, Any]) -> RestoreTest:
    passed = job["Status"] == "COMPLETED" and job.get("ValidationStatus") in (None, "SUCCESSFUL")
    note = job.get("ValidationStatusMessage") or job.get("StatusMessage") or ""
    return RestoreTest(job["CompletionDate"], passed, " ".join(note.split())[:200])


def find(stack: Stack, cluster: StackCluster, asked: Sequence[DatabaseRef]) -> list[BackupInfo]:
    """Return the backups of each database from AWS, in the order of `asked`."""
    settings = cluster.settings
    assert isinstance(settings, AwsCluster)
    opened = session(settings)
    root = f"arn:{partition(opened, settings.region)}:rds:{settings.region}:{settings.account}"
    backups = Backups(opened.client("rds"), opened.client("backup"), root)
    cluster_name = stack.cluster_name(cluster.name)
    return [backups.of(server(cluster_name, each), each.settings.engine) for each in asked]


def server(cluster_name: str, asked: DatabaseRef) -> str:
    """Return the name of a database's server."""
    return asked.settings.adopt or store_names.database_server(cluster_name, asked.system.name, asked.name)
