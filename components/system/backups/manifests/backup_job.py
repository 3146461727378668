"""Jobs for backups, restore tests and restores: nightly, before a migration, as declared, and on demand."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Literal

from pulumi_kubernetes import batch, core, meta

from components.manifests import names, pod
from components.manifests.scope import Scope
from components.system.backups.manifests import dump_pod
from components.system.backups.manifests.dump_pod import Dumps
from components.system.backups.manifests.store import remote

DUMP_HOUR, TEST_HOUR = 2, 4
"""Hours in UTC. Clouds take their own backups at one; a dump is tested two hours after it was taken, or later in the
week."""
HOURS_TO_RUN = 4
"""Deadline of a Job in hours. Chosen: a dump ends before the working day begins."""
BACKUP_SECONDS = 3300
"""Deadline of a backup before a migration, in seconds. Chosen: below the hour that the update waits for it."""
NEWEST = "newest"
Every = Literal["day", "week", "month"]


def nightly(scope: Scope, dumps: Dumps) -> batch.v1.CronJobInitArgs:
    """Returns the nightly CronJob. A retry makes a whole new dump. The alert on old backups reads the time of its last
    success."""
    name = names.dump(dumps.database)
    schedule = f"{_spread(scope, dumps, 60)} {DUMP_HOUR} * * *"
    return _cron_job(scope, dumps, name, schedule, _job(dump_pod.dumping(scope, dumps, name), tries=2))


@dataclass(frozen=True, kw_only=True)
class BeforeMigration:
    """The backup before a migration. `content` is the text from which the migration's name is hashed, so that the dump
    is valid only for this attempt of this migration."""

    scope: Scope
    dumps: Dumps
    migration: str
    content: str
    attempt: int
    deadline_seconds: int = BACKUP_SECONDS

    @property
    def name(self) -> str:
        """Returns the name of its Job."""
        pins = (self.scope.pins.image(each) for each in ("postgres", "rclone"))
        seed = [self.content, self.attempt, self.dumps.database, *pins]
        text = json.dumps([*seed, remote(self.dumps.store)], sort_keys=True)
        return names.hashed(f"backup-{self.migration}", hashlib.sha256(text.encode()).hexdigest())

    def job(self) -> batch.v1.JobInitArgs:
        template = dump_pod.dumping(self.scope, self.dumps, names.dump(self.dumps.database))
        return batch.v1.JobInitArgs(
            metadata=_metadata(self.scope, self.dumps, self.name, {"pulumi.com/replaceUnready": "true"}),
            spec=_job(template, tries=2, seconds=self.deadline_seconds),
        )


def restore_test(scope: Scope, dumps: Dumps, every: Every) -> batch.v1.CronJobInitArgs:
    """Returns the CronJob of restore tests, without retries: the alert on failed tests reads every failure."""
    name = names.restore_test(dumps.database)
    minute, spread = _spread(scope, dumps, 60), _spread(scope, dumps, 28 * 7)
    days = {"day": "* * *", "week": f"* * {spread % 7}", "month": f"{1 + spread % 28} * *"}[every]
    template = dump_pod.testing(scope, dumps, name)
    return _cron_job(scope, dumps, name, f"{minute} {TEST_HOUR} {days}", _job(template, tries=1))


def restore_name(database: str) -> str:
    """Returns the name prefix of the Jobs that restore a database."""
    return names.restoring(database)


def restore(scope: Scope, dumps: Dumps, *, at: str = NEWEST, stamp: str) -> batch.v1.JobInitArgs:
    """Returns a Job that restores the dump of a time such as 2026-11-05T01:30:00Z into a new database beside the live
    one. `stamp` distinguishes runs."""
    name = restore_name(dumps.database)
    template = dump_pod.restoring(scope, dumps, name, at)
    return batch.v1.JobInitArgs(metadata=_metadata(scope, dumps, f"{name}-{stamp}"), spec=_job(template, tries=1))


def restore_template(scope: Scope, dumps: Dumps) -> batch.v1.CronJobInitArgs:
    """Returns the same as a suspended CronJob in the cluster: `kubectl create job --from=cronjob/…` starts one."""
    name = restore_name(dumps.database)
    template = dump_pod.restoring(scope, dumps, name, NEWEST)
    return _cron_job(scope, dumps, name, "0 0 1 1 *", _job(template, tries=1), suspend=True)


def _cron_job(
    scope: Scope, dumps: Dumps, name: str, schedule: str, job: batch.v1.JobSpecArgs, *, suspend: bool = False
) -> batch.v1.CronJobInitArgs:
    labels = names.supporting(scope.system, name)
    return batch.v1.CronJobInitArgs(
        metadata=_metadata(scope, dumps, name),
        spec=batch.v1.CronJobSpecArgs(
            schedule=schedule,
            time_zone="Etc/UTC",
            suspend=suspend,
            concurrency_policy="Forbid",
            starting_deadline_seconds=3600,
            successful_jobs_history_limit=3,
            failed_jobs_history_limit=3,
            job_template=batch.v1.JobTemplateSpecArgs(metadata=meta.v1.ObjectMetaArgs(labels=labels), spec=job),
        ),
    )


def _job(
    template: core.v1.PodTemplateSpecArgs, *, tries: int, seconds: int = HOURS_TO_RUN * 3600
) -> batch.v1.JobSpecArgs:
    return batch.v1.JobSpecArgs(
        backoff_limit=tries - 1,
        active_deadline_seconds=seconds,
        pod_failure_policy=pod.disruptions_ignored(),
        template=template,
    )


def _metadata(
    scope: Scope, dumps: Dumps, name: str, annotations: dict[str, str] | None = None
) -> meta.v1.ObjectMetaArgs:
    return meta.v1.ObjectMetaArgs(
        name=name,
        namespace=scope.namespace,
        labels=names.supporting(scope.system, name),
        annotations={**names.source_annotation(dumps.source), **(annotations or {})},
    )


def _spread(scope: Scope, dumps: Dumps, over: int) -> int:
    """Returns a constant number below `over` for each database, so that the jobs do not all start at once."""
    digest = hashlib.sha256(f"{scope.namespace}/{dumps.database}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % over
