"""Backups of RDS and DocumentDB: snapshots, recovery points of AWS Backup, and its restore tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from live.aws.access import partition, session, told
from live.backups import Asked, Found, RestoreTest
from settings import store_names
from settings.stacks import AwsCluster, PlacedCluster, Stack


@dataclass(frozen=True)
class Kind:
    """How the API of RDS calls a kind of database server, and AWS Backup its resources."""

    noun: str
    arn: str
    created: str
    resource: str


KINDS = {
    "postgres": Kind("DBInstance", "db", "InstanceCreateTime", "RDS"),
    "documents": Kind("DBCluster", "cluster", "ClusterCreateTime", "DocumentDB"),
}
SNAPSHOTS = {"DBInstance": "DBSnapshot", "DBCluster": "DBClusterSnapshot"}
_OPERATIONS = {
    "DBInstance": "db_instances",
    "DBCluster": "db_clusters",
    "DBSnapshot": "db_snapshots",
    "DBClusterSnapshot": "db_cluster_snapshots",
}


class Backups:
    """Reads one region of one account. `rds` and `backup` are boto3's clients; ARNs are below `arn_root`."""

    def __init__(self, rds: Any, backup: Any, arn_root: str) -> None:
        self._rds, self._backup, self._arn_root = rds, backup, arn_root
        self._tests: dict[str, Mapping[str, RestoreTest]] = {}

    def of(self, server: str, engine: str) -> Found:
        """What there is of the database server `server`."""
        kind = KINDS[engine]
        with told(f"database server {server}"):
            created = self._created(server, kind)
            if created is None:
                return Found(server, exists=False)
            times = [*self._snapshots(server, kind), *self._recovery_points(self._arn(server, kind))]
        tested = self._restore_tests(kind.resource).get(self._arn(server, kind))
        return Found(server, created=created, newest=max(times, default=None), restored=tested, tests_known=True)

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
        """Those that a schedule made: one taken by hand hides for a day that the schedule stands still."""
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
        """The newest test that ended, by the ARN of what was restored."""
        if resource not in self._tests:
            with told("restore jobs of AWS Backup"):
                pages = self._backup.get_paginator("list_restore_jobs").paginate(ByResourceType=resource)
                jobs = [job for page in pages for job in page["RestoreJobs"] if _is_ended_test(job)]
            jobs.sort(key=lambda job: job["CompletionDate"])
            self._tests[resource] = {job["SourceResourceArn"]: _restore_test(job) for job in jobs}
        return self._tests[resource]


def _is_ended_test(job: Mapping[str, Any]) -> bool:
    """Restores by hand do not count, nor one whose restored rows are still being counted."""
    by_plan = "RestoreTestingPlanArn" in job.get("CreatedBy", {}) and "SourceResourceArn" in job
    return by_plan and "CompletionDate" in job and job.get("ValidationStatus") != "VALIDATING"


def _restore_test(job: Mapping[str, Any]) -> RestoreTest:
    passed = job["Status"] == "COMPLETED" and job.get("ValidationStatus") in (None, "SUCCESSFUL")
    note = job.get("ValidationStatusMessage") or job.get("StatusMessage") or ""
    return RestoreTest(job["CompletionDate"], passed, " ".join(note.split())[:200])


def find(stack: Stack, cluster: PlacedCluster, asked: Sequence[Asked]) -> list[Found]:
    """What AWS says of each database, in the order asked."""
    settings = cluster.settings
    assert isinstance(settings, AwsCluster)
    opened = session(settings)
    root = f"arn:{partition(opened, settings.region)}:rds:{settings.region}:{settings.account}"
    backups = Backups(opened.client("rds"), opened.client("backup"), root)
    cluster_name = store_names.cluster_name(stack.name, cluster.name)
    return [backups.of(_server(cluster_name, each), each.settings.engine) for each in asked]


def _server(cluster_name: str, asked: Asked) -> str:
    return asked.settings.adopt or store_names.database_server(cluster_name, asked.system.name, asked.name)
