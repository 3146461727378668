"""The backup status of the databases of a stack: declared settings compared with what the clouds report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module

from slipway.ops.clouds import PACKAGES
from slipway.settings.databases import Database
from slipway.settings.stacks import DeployedSystem, Stack, StackCluster

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
class RestoreTest:
    """The newest finished restore test."""

    at: datetime
    passed: bool
    note: str = ""


@dataclass(frozen=True)
class BackupInfo:
    """A cloud's report on one database. Times have a time zone."""

    server: str
    exists: bool = True
    created: datetime | None = None
    """Creation time of the server; None if the cloud does not report it."""
    newest: datetime | None = None
    """Completion time of the newest backup."""
    restored: RestoreTest | None = None
    tests_known: bool = False
    """True if the cloud stores the results of restore tests."""
    unlisted: str = ""
    """The reason why the cloud cannot list backups at all; the status is unknown then."""


@dataclass(frozen=True)
class BackupStatus:
    """The declared and the reported backups of one database, checked at `now`."""

    cluster: str
    asked: DatabaseRef
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


def backup_statuses(stack: Stack, now: datetime | None = None) -> list[BackupStatus]:
    """Return the status of every managed database of `stack`. Raises CloudFailure if a cloud cannot be queried."""
    now = now or datetime.now(UTC)
    return [
        BackupStatus(cluster.name, asked, found, now)
        for cluster in stack.clusters.values()
        for asked, found in _backups(stack, cluster)
    ]


def _backups(stack: Stack, cluster: StackCluster) -> Iterator[tuple[DatabaseRef, BackupInfo]]:
    asked = list(_databases(cluster))
    if asked:
        package = import_module(f"{PACKAGES[cluster.settings.cloud]}.newest_backups")
        yield from zip(asked, package.find(stack, cluster, asked), strict=True)


def _databases(cluster: StackCluster) -> Iterator[DatabaseRef]:
    for system in cluster.systems.values():
        for name, settings in system.definition.databases.items():
            if settings.hosting == "managed":
                yield DatabaseRef(system, name, settings)
