"""The history of migrations from the Jobs of a namespace, and the Job that rolls one back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from slipway.ops.cluster import jobs
from slipway.ops.cluster.api import Api, Document
from slipway.ops.cluster.following import JOB
from slipway.ops.cluster.readiness import readiness

LABEL = "slipway.dev/migration"
WAY_BACK = "slipway.dev/migration-rollback"
"""Annotation of a Job: true if it has a rollback file."""
BACK = "slipway.dev/rollback-of"
"""Label of the Jobs that roll a migration back; these Jobs lack the label of migrations."""
GROUP = "app.kubernetes.io/name"

Job = Mapping[str, Any]


@dataclass(frozen=True)
class History:
    """Jobs of migrations that a namespace still has: those of the plan, and those that rolled one back."""

    plan: Sequence[Job]
    back: Sequence[Job] = ()

    def last_job(self, migration: str) -> Job | None:
        """Return the newest Job of the plan for a migration, whether it succeeded or not."""
        return max(_labelled(self.plan, LABEL, migration), key=_created, default=None)

    def is_applied(self, migration: str) -> bool:
        """Return whether the migration was applied and not rolled back since."""
        made = self.last_job(migration)
        if made is None or not _is_complete(made):
            return False
        back = filter(_is_complete, _labelled(self.back, BACK, migration))
        return all(_created(each) < _created(made) for each in back)


def history(api: Api, namespace: str) -> History:
    """Read the history. Raises CloudFailure."""
    path = jobs.JOBS.format(namespace=namespace)
    return History(api.items(path, labelSelector=LABEL), api.items(path, labelSelector=BACK))


def has_way_back(job: Job) -> bool:
    return (job["metadata"].get("annotations") or {}).get(WAY_BACK) == "true"


def rollback(job: Job, now: datetime) -> Document:
    """Return the Job that rolls back `job`, with the files of `job`."""
    labels = dict(job["metadata"]["labels"])
    labels[BACK] = labels.pop(LABEL)
    return jobs.from_job(job, jobs.stamped(f"{labels[GROUP]}-rollback", now), labels, MODE="rollback")


def _labelled(jobs: Sequence[Job], label: str, migration: str) -> list[Job]:
    return [each for each in jobs if each["metadata"]["labels"][label] == migration]


def _is_complete(job: Job) -> bool:
    return readiness(JOB, job).is_ready


def _created(job: Job) -> str:
    return job["metadata"]["creationTimestamp"]
