"""Jobs for backups, restore tests and restores: nightly, before a migration, as declared, and on demand."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from pulumi_kubernetes import batch

from components.manifests import names
from components.manifests.scope import Scope
from components.system.backups.manifests import common_job, dump_pod
from components.system.backups.manifests.dump_pod import Dumps
from components.system.backups.manifests.rclone import remote

DUMP_HOUR, TEST_HOUR = 2, 4
"""Hours in UTC. Clouds take their own backups at one; a dump is tested two hours after it was taken, or later in the
week."""
BACKUP_SECONDS = 3300
"""Deadline of a backup before a migration, in seconds. Chosen: below the hour that the update waits for it."""
NEWEST = "newest"


def nightly(scope: Scope, dumps: Dumps) -> batch.v1.CronJobInitArgs:
    """Returns the nightly CronJob. A retry makes a whole new dump. The alert on old backups reads the time of its last
    success."""
    name = names.dump(dumps.database)
    schedule = common_job.schedule(scope, dumps.database, DUMP_HOUR, "day")
    return common_job.cron_job(
        scope, dumps.source, name, schedule, common_job.job(dump_pod.dumping(scope, dumps, name), tries=2)
    )


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
            metadata=common_job.metadata(
                self.scope, self.dumps.source, self.name, {"pulumi.com/replaceUnready": "true"}
            ),
            spec=common_job.job(template, tries=2, seconds=self.deadline_seconds),
        )


def restore_test(scope: Scope, dumps: Dumps, every: common_job.Every) -> batch.v1.CronJobInitArgs:
    """Returns the CronJob of restore tests, without retries: the alert on failed tests reads every failure."""
    name = names.restore_test(dumps.database)
    schedule = common_job.schedule(scope, dumps.database, TEST_HOUR, every)
    template = dump_pod.testing(scope, dumps, name)
    return common_job.cron_job(scope, dumps.source, name, schedule, common_job.job(template, tries=1))


def restore_name(database: str) -> str:
    """Returns the name prefix of the Jobs that restore a database."""
    return names.restoring(database)


def restore(scope: Scope, dumps: Dumps, *, at: str = NEWEST, stamp: str) -> batch.v1.JobInitArgs:
    """Returns a Job that restores the dump of a time such as 2026-11-05T01:30:00Z into a new database beside the live
    one. `stamp` distinguishes runs."""
    name = restore_name(dumps.database)
    template = dump_pod.restoring(scope, dumps, name, at)
    return batch.v1.JobInitArgs(
        metadata=common_job.metadata(scope, dumps.source, f"{name}-{stamp}"), spec=common_job.job(template, tries=1)
    )


def restore_template(scope: Scope, dumps: Dumps) -> batch.v1.CronJobInitArgs:
    """Returns the same as a suspended CronJob in the cluster: `kubectl create job --from=cronjob/…` starts one."""
    name = restore_name(dumps.database)
    template = dump_pod.restoring(scope, dumps, name, NEWEST)
    return common_job.cron_job(scope, dumps.source, name, "0 0 1 1 *", common_job.job(template, tries=1), suspend=True)
