"""The bucket of a system's dumps and archives, and its retention."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from slipway.settings.databases import Backup, Bucket, DataClass
from slipway.settings.databases import Database as DeclaredDatabase
from slipway.settings.system import System
from slipway.settings.volumes import Volume

BUCKET = "backups"
SENSITIVITY: tuple[DataClass, ...] = ("public", "internal", "personal")
GRACE_DAYS = 7
"""Days for which a dump remains after its retention has ended. Chosen: a week, so that no dump is deleted early."""


@dataclass(frozen=True, kw_only=True)
class Backups:
    """A bucket that no system declares; `source` is the database or the volume with the longest retention."""

    settings: Bucket
    source: str
    locked_days: int


def bucket(system: System) -> Backups | None:
    """Returns a locked bucket with the longest declared retention; None if no volume, and no database that Slipway
    manages, is backed up."""
    kept = [(each.backup, each) for each in _holding_data(system) if isinstance(each.backup, Backup)]
    if not kept:
        return None
    backup, longest = max(kept, key=lambda each: each[0].retention_days)
    settings = Bucket(
        expire_days=backup.retention_days + GRACE_DAYS,
        data_class=SENSITIVITY[max(SENSITIVITY.index(each.data_class) for _, each in kept)],
        copy_to_second_region=any(backup.copy_to_second_region for backup, _ in kept),
    )
    return Backups(settings=settings, source=longest.source, locked_days=backup.retention_days)


def _holding_data(system: System) -> Iterator[DeclaredDatabase | Volume]:
    yield from (each for each in system.databases.values() if each.hosting == "managed")
    for service in system.services.values():
        yield from service.volumes.values()
