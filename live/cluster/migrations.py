"""What the Jobs of a namespace tell of its migrations, and the Job that takes one back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from live.cluster import jobs
from live.cluster.api import Api, Document
from live.cluster.following import JOB
from live.cluster.readiness import readiness

LABEL = "slipway.dev/migration"
WAY_BACK = "slipway.dev/migration-rollback"
"""Annotation of a Job: whether it holds a rollback file."""
BACK = "slipway.dev/rollback-of"
"""Label of the Jobs that take a migration back, which have not the other one."""
GROUP = "app.kubernetes.io/name"

Job = Mapping[str, Any]


@dataclass(frozen=True)
class History:
    """Jobs of migrations that a namespace still has: of the plan, and of those that took one back."""

    plan: Sequence[Job]
    back: Sequence[Job] = ()

    def made(self, migration: str) -> Job | None:
        """The newest Job of the plan that made it, or tried to."""
        return max(_labelled(self.plan, LABEL, migration), key=_created, default=None)

    def stands(self, migration: str) -> bool:
        """Whether it was made and not taken back since."""
        made = self.made(migration)
        if made is None or not _is_complete(made):
            return False
        back = filter(_is_complete, _labelled(self.back, BACK, migration))
        return all(_created(each) < _created(made) for each in back)


def history(api: Api, namespace: str) -> History:
    """Raises CloudFailure."""
    path = jobs.JOBS.format(namespace=namespace)
    return History(api.items(path, labelSelector=LABEL), api.items(path, labelSelector=BACK))


def has_way_back(job: Job) -> bool:
    return (job["metadata"].get("annotations") or {}).get(WAY_BACK) == "true"


def rollback(job: Job, now: datetime) -> Document:
    """The Job that takes back what `job` made, by the files that it made it with."""
    labels = dict(job["metadata"]["labels"])
    labels[BACK] = labels.pop(LABEL)
    return jobs.from_job(job, jobs.stamped(f"{labels[GROUP]}-rollback", now), labels, MODE="rollback")


def _labelled(jobs: Sequence[Job], label: str, migration: str) -> list[Job]:
    return [each for each in jobs if each["metadata"]["labels"][label] == migration]


def _is_complete(job: Job) -> bool:
    return readiness(JOB, job).is_ready


def _created(job: Job) -> str:
    return job["metadata"]["creationTimestamp"]
