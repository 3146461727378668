"""Evidence about databases: the CronJobs that dump them and restore their dumps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from slipway.ops.cluster.api import Api, Document
from slipway.ops.cluster.jobs import CRON_JOBS
from slipway.settings.limits import most
from slipway.settings.store_names import kubernetes_name, shortened


def backups(api: Api, namespace: str, databases: Sequence[str]) -> dict[str, datetime]:
    """Return when the newest verified backup of each database was made; a dump is uploaded only after it was restored
    and compared. Databases without one are missing. Raises CloudFailure."""
    found = _schedules(api, namespace)
    return _by_database(databases, lambda name: _succeeded(found.get(_named(name, "dump"))))


def restores(api: Api, namespace: str, databases: Sequence[str]) -> dict[str, datetime]:
    """Return when the last restore test of each database succeeded. A database whose last test failed is missing. Raises
    CloudFailure."""
    found = _schedules(api, namespace)
    return _by_database(databases, lambda name: _passed(found.get(_named(name, "restore-test"))))


def _by_database(databases: Sequence[str], when: Callable[[str], datetime | None]) -> dict[str, datetime]:
    return {name: at for name in databases if (at := when(name)) is not None}


def _schedules(api: Api, namespace: str) -> Mapping[str, Document]:
    return {each["metadata"]["name"]: each for each in api.items(CRON_JOBS.format(namespace=namespace))}


def _named(database: str, purpose: str) -> str:
    """Return the program's name of a database's CronJob."""
    return shortened(f"{kubernetes_name(database)}-{purpose}", most("kubernetes cron job"))


def _succeeded(found: Document | None) -> datetime | None:
    stamp = (found or {}).get("status", {}).get("lastSuccessfulTime")
    return datetime.fromisoformat(stamp) if stamp else None


def _passed(found: Document | None) -> datetime | None:
    """Return the last success, unless a later test began and no longer runs: that one failed."""
    passed = _succeeded(found)
    status = (found or {}).get("status", {})
    begun = status.get("lastScheduleTime")
    if passed is not None and begun and not status.get("active") and datetime.fromisoformat(begun) > passed:
        return None
    return passed
