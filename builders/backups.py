"""Where a system's dumps are kept, besides the cloud's own backups."""

from __future__ import annotations

from dataclasses import dataclass

from settings.databases import Backup, Bucket, DataClass
from settings.system import System

BUCKET = "backups"
SENSITIVITY: tuple[DataClass, ...] = ("public", "internal", "personal")
GRACE_DAYS = 7
"""Days that a dump outlives its retention, so that what is still promised is never deleted."""


@dataclass(frozen=True, kw_only=True)
class Backups:
    """A bucket that no system declares: `source` is the database that keeps its backups longest."""

    settings: Bucket
    source: str
    locked_days: int


def bucket(system: System) -> Backups | None:
    """Locked and kept as long as the longest declared retention; None when no database of Slipway's is backed up."""
    kept = [
        (database.backup, database)
        for database in system.databases.values()
        if database.placement == "managed" and isinstance(database.backup, Backup)
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
