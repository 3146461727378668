"""The backup status of the databases and volumes of a stack: what is declared compared with what the clouds and clusters
report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING

from slipway.ops.clouds import PACKAGES
from slipway.settings.claims import claims_of
from slipway.settings.databases import Database
from slipway.settings.stacks import DeployedSystem, Stack, StackCluster
from slipway.settings.volumes import Volume

if TYPE_CHECKING:
    from slipway.ops.cluster.api import Api

OLDEST = timedelta(hours=26)
"""Highest age of the newest backup. Chosen: a day, and two hours to make one."""
INTERVALS = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=31)}
SLACK = timedelta(days=1)
"""Allowed delay of a restore test. Chosen: it starts within a window and takes hours."""


@dataclass(frozen=True)
class DatabaseRef:
    """A database whose backups are queried."""

    system: DeployedSystem
    name: str
    settings: Database


@dataclass(frozen=True)
class VolumeRef:
    """A volume whose backups are queried; `name` is that of its claim."""

    system: DeployedSystem
    name: str
    settings: Volume


@dataclass(frozen=True)
class RestoreTest:
    """The newest finished restore test."""

    at: datetime
    passed: bool
    note: str = ""


@dataclass(frozen=True)
class BackupInfo:
    """A report on one database, or on one volume. Times have a time zone."""

    server: str
    exists: bool = True
    created: datetime | None = None
    """Creation time of the server; None if the cloud does not report it."""
    newest: datetime | None = None
    """Completion time of the newest backup."""
    restored: RestoreTest | None = None
    tests_known: bool = False
    """True if the results of restore tests are stored."""
    unlisted: str = ""
    """The reason why the cloud cannot list backups at all; the status is unknown then."""
    unchecked: str = ""
    """The reason why nobody looked, or what is missing: a problem, since nothing else is known."""


@dataclass(frozen=True)
class BackupStatus:
    """The declared and the reported backups of one database or volume, checked at `now`."""

    cluster: str
    asked: DatabaseRef | VolumeRef
    found: BackupInfo
    now: datetime
    problems: Sequence[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "problems", tuple(self._problems()))

    @property
    def age(self) -> timedelta | None:
        return self.now - self.found.newest if self.found.newest else None

    @property
    def retention_days(self) -> int | None:
        backup = self.asked.settings.backup
        return None if backup == "none" else backup.retention_days

    def _problems(self) -> Iterator[str]:
        if self.retention_days is None or self.found.unlisted:
            return
        if self.found.unchecked:
            yield self.found.unchecked
            return
        if not self.found.exists:
            yield "the server does not exist; run `pulumi up`"
            return
        if self.age is None:
            yield "there is no backup"
        elif self.age > OLDEST:
            yield f"the newest backup is older than {OLDEST // timedelta(hours=1)} hours"
        yield from self._untested()

    def _untested(self) -> Iterator[str]:
        declared, tested = self.asked.settings.restore_test, self.found.restored
        if declared == "none" or not self.found.tests_known:
            return
        if tested is not None and not tested.passed:
            yield f"the last restore test failed{f': {tested.note}' if tested.note else ''}"
        since = tested.at if tested else self.found.created
        if since is None or self.now - since > INTERVALS[declared.every] + SLACK:
            yield f"no restore test within a {declared.every}"


Connect = Callable[[StackCluster], "Api | str"]
"""Returns the API of a cluster, or the reason why nobody may ask it."""


def unconnected(cluster: StackCluster) -> str:
    """Return why the volumes of a cluster are not checked where nobody said how to reach it."""
    return (
        f"not checked, since its cluster makes the archives: pass --cluster {cluster.name} --context with its context"
    )


def backup_statuses(stack: Stack, now: datetime | None = None, *, connect: Connect = unconnected) -> list[BackupStatus]:
    """Return the status of every managed database and every volume of `stack`. Raises CloudFailure if a cloud or a cluster
    cannot be queried."""
    now = now or datetime.now(UTC)
    return [
        BackupStatus(cluster.name, asked, found, now)
        for cluster in stack.clusters.values()
        for asked, found in (*_of_databases(stack, cluster), *_of_volumes(cluster, connect))
    ]


def _of_databases(stack: Stack, cluster: StackCluster) -> Iterator[tuple[DatabaseRef, BackupInfo]]:
    asked = list(_databases(cluster))
    if asked:
        package = import_module(f"{PACKAGES[cluster.settings.cloud]}.newest_backups")
        yield from zip(asked, package.find(stack, cluster, asked), strict=True)


def _of_volumes(cluster: StackCluster, connect: Connect) -> Iterator[tuple[VolumeRef, BackupInfo]]:
    """Yield volumes with what their CronJobs tell, on every cloud: the archives are made in the cluster."""
    asked = [
        VolumeRef(system, each.name, each.declared)
        for system in cluster.systems.values()
        for each in claims_of(system.definition)
    ]
    archived = [each for each in asked if each.settings.backup != "none"]
    yield from ((each, BackupInfo(each.name)) for each in asked if each not in archived)
    if archived:
        yield from zip(archived, _archives(archived, connect(cluster)), strict=True)


def _archives(asked: Sequence[VolumeRef], api: Api | str) -> Iterator[BackupInfo]:
    if isinstance(api, str):
        return (BackupInfo(each.name, unchecked=api) for each in asked)
    return import_module("slipway.ops.cluster.cron_job_backups").of_volumes(api, asked)


def _databases(cluster: StackCluster) -> Iterator[DatabaseRef]:
    for system in cluster.systems.values():
        for name, settings in system.definition.databases.items():
            if settings.hosting == "managed":
                yield DatabaseRef(system, name, settings)
