"""The bucket of a system's dumps, and its retention."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.settings.databases import Backup, Bucket, DataClass
from slipway.settings.system import System

BUCKET = "backups"
SENSITIVITY: tuple[DataClass, ...] = ("public", "internal", "personal")
GRACE_DAYS = 7
"""Days for which a dump remains after its retention has ended. Chosen: a week, so that no dump is deleted early."""


@dataclass(frozen=True, kw_only=True)
class Backups:
    """A bucket that no system declares; `source` is the database with the longest retention."""

    settings: Bucket
    source: str
    locked_days: int


def bucket(system: System) -> Backups | None:
    """Returns a locked bucket with the longest declared retention; None if no database that Slipway manages is backed
    up."""
    kept = [
        (database.backup, database)
        for database in system.databases.values()
        if database.hosting == "managed" and isinstance(database.backup, Backup)
    ]
    if not kept:
        return None
    backup, longest = max(kept, key=lambda each: each[0].retention_days)
    settings = Bucket(
        expire_days=backup.retention_days + GRACE_DAYS,
        data_class=SENSITIVITY[max(SENSITIVITY.index(database.data_class) for _, database in kept)],
        copy_to_second_region=any(backup.copy_to_second_region for backup, _ in kept),
    )
    return Backups(settings=settings, source=longest.source, locked_days=backup.retention_days)
