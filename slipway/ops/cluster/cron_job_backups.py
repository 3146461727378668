"""Backups that CronJobs of a cluster make and test: dumps of databases, archives of volumes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from slipway.ops.backup_status import BackupInfo, RestoreTest, VolumeRef
from slipway.ops.cluster.api import Api, Document
from slipway.ops.cluster.jobs import CRON_JOBS
from slipway.settings import store_names


def cron_jobs(api: Api, namespace: str) -> Mapping[str, Document]:
    """Return the CronJobs of a namespace by name. Raises CloudFailure."""
    return {each["metadata"]["name"]: each for each in api.items(CRON_JOBS.format(namespace=namespace))}


def made_by(jobs: Mapping[str, Document], subject: str, *, nightly: str, test: str) -> BackupInfo | None:
    """Return the backups of `subject`; None without the CronJob that makes them."""
    if nightly not in jobs:
        return None
    made, tested = jobs[nightly], jobs.get(test)
    return BackupInfo(
        subject,
        created=_time(made["metadata"].get("creationTimestamp")),
        newest=_time(_status(made).get("lastSuccessfulTime")),
        restored=_restore_test(tested) if tested is not None else None,
        tests_known=tested is not None,
    )


def of_volumes(api: Api, asked: Sequence[VolumeRef]) -> Iterator[BackupInfo]:
    """Yield the backups of each volume, in order. One without CronJobs has a problem: nobody makes its archives."""
    jobs = {namespace: cron_jobs(api, namespace) for namespace in {each.system.namespace for each in asked}}
    for each in asked:
        nightly, test = store_names.archive(each.name), store_names.archive_test(each.name)
        missing = f"there is no CronJob {each.system.namespace}/{nightly}: run `pulumi up`"
        found = made_by(jobs[each.system.namespace], each.name, nightly=nightly, test=test)
        yield found or BackupInfo(each.name, unchecked=missing)


def _status(job: Document) -> Mapping[str, str]:
    return job.get("status") or {}


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _restore_test(job: Document) -> RestoreTest | None:
    """Return the last finished test: one that began after the last success, and no longer runs, failed."""
    status = _status(job)
    passed, begun = _time(status.get("lastSuccessfulTime")), _time(status.get("lastScheduleTime"))
    if begun is not None and not status.get("active") and (passed is None or passed < begun):
        return RestoreTest(begun, passed=False, note=f"see CronJob {job['metadata']['name']}")
    return RestoreTest(passed, passed=True) if passed is not None else None
