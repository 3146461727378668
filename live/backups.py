"""How well the databases of a stack are backed up: what their systems declare beside what the clouds report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module

from live.stores import ROOMS
from settings.databases import Database
from settings.stacks import PlacedCluster, PlacedSystem, Stack

OLDEST = timedelta(hours=26)
"""A backup is made each day; two hours are for making it."""
INTERVALS = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=31)}
SLACK = timedelta(days=1)
"""A restore test may begin a while after its time, and takes some."""


@dataclass(frozen=True)
class Asked:
    """A database whose backups are asked for."""

    system: PlacedSystem
    name: str
    settings: Database


@dataclass(frozen=True)
class RestoreTest:
    """The newest one that ended."""

    at: datetime
    passed: bool
    note: str = ""


@dataclass(frozen=True)
class Found:
    """What a cloud says of one database. Times are aware of their zone."""

    server: str
    exists: bool = True
    created: datetime | None = None
    """When the server was made; None when the cloud does not say."""
    newest: datetime | None = None
    """When the newest backup was complete."""
    restored: RestoreTest | None = None
    tests_known: bool = False
    """Whether the cloud keeps the results of restore tests."""
    unlisted: str = ""
    """Why the cloud cannot list backups at all; nothing is concluded then."""


@dataclass(frozen=True)
class Standing:
    """One database: declared and found, judged at `now`."""

    cluster: str
    asked: Asked
    found: Found
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


def standings(stack: Stack, now: datetime | None = None) -> list[Standing]:
    """Every managed database of `stack`. Raises CloudFailure when a cloud cannot be asked."""
    now = now or datetime.now(UTC)
    return [
        Standing(cluster.name, asked, found, now)
        for cluster in stack.clusters.values()
        for asked, found in _found(stack, cluster)
    ]


def _found(stack: Stack, cluster: PlacedCluster) -> Iterator[tuple[Asked, Found]]:
    asked = list(_asked(cluster))
    if asked:
        room = import_module(f"{ROOMS[cluster.settings.cloud]}.backups")
        yield from zip(asked, room.find(stack, cluster, asked), strict=True)


def _asked(cluster: PlacedCluster) -> Iterator[Asked]:
    for system in cluster.systems.values():
        for name, settings in system.definition.databases.items():
            if settings.placement == "managed":
                yield Asked(system, name, settings)
