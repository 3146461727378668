"""CronJobs and Jobs of backups: what dumps and archives have in common."""

from __future__ import annotations

import hashlib
from typing import Literal

from pulumi_kubernetes import batch, core, meta

from components.manifests import names, pod
from components.manifests.scope import Scope

HOURS_TO_RUN = 4
"""Deadline of a Job in hours. Chosen: a backup ends before the working day begins."""

Every = Literal["day", "week", "month"]


def schedule(scope: Scope, what: str, hour: int, every: Every) -> str:
    """Returns a time of its own for each database or volume, in the hour, in UTC."""
    minute, day = spread(scope, what, 60), spread(scope, what, 28 * 7)
    days = {"day": "* * *", "week": f"* * {day % 7}", "month": f"{1 + day % 28} * *"}[every]
    return f"{minute} {hour} {days}"


def cron_job(
    scope: Scope, source: str, name: str, schedule: str, job: batch.v1.JobSpecArgs, *, suspend: bool = False
) -> batch.v1.CronJobInitArgs:
    labels = names.supporting(scope.system, name)
    return batch.v1.CronJobInitArgs(
        metadata=metadata(scope, source, name),
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


def job(
    template: core.v1.PodTemplateSpecArgs, *, tries: int, seconds: int = HOURS_TO_RUN * 3600
) -> batch.v1.JobSpecArgs:
    return batch.v1.JobSpecArgs(
        backoff_limit=tries - 1,
        active_deadline_seconds=seconds,
        pod_failure_policy=pod.disruptions_ignored(),
        template=template,
    )


def metadata(scope: Scope, source: str, name: str, annotations: dict[str, str] | None = None) -> meta.v1.ObjectMetaArgs:
    return meta.v1.ObjectMetaArgs(
        name=name,
        namespace=scope.namespace,
        labels=names.supporting(scope.system, name),
        annotations={**names.source_annotation(source), **(annotations or {})},
    )


def spread(scope: Scope, what: str, over: int) -> int:
    """Returns a constant number below `over` for each database or volume, so that the jobs do not all start at once."""
    digest = hashlib.sha256(f"{scope.namespace}/{what}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % over
