"""Jobs that the controller creates: validations, verifications of migrations, and rollbacks of migrations."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from slipway.ops.cluster import jobs, migration_history
from slipway.ops.cluster.api import Api, Document, Refused, Stopped
from slipway.ops.cluster.following import Ended, Follower
from slipway.ops.cluster.jobs import JOBS
from slipway.ops.cluster.pod_problems import shortened as in_short
from slipway.release.controller.release import Release
from slipway.release.controller.tasks import Outcome
from slipway.release.objects import API_VERSION, ReleasedMigration, ReleaseJob
from slipway.settings.store_names import shortened

RELEASE = "slipway.dev/release"
"""Label of the Jobs that the controller creates; its value is the release's id."""
VERIFIES = "slipway.dev/verification-of"
"""Label of the Jobs that verify a migration again."""
SLACK = 60
"""Seconds that a Job is awaited beyond its own deadline. Chosen: its pod may wait for a node."""
LONGEST = 3600
"""Seconds that a Job without a deadline is awaited. Chosen: as long as a step may take by default."""


def validation(release: Release, job: ReleaseJob, name: str) -> Document:
    """Return the Job of a validation. Its name says release and task, so that it is created once."""
    spec = {"backoffLimit": 0, **job.job, "ttlSecondsAfterFinished": jobs.KEPT_SECONDS}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name,
            "namespace": release.namespace,
            "labels": {RELEASE: release.id},
            "ownerReferences": [_owner(release)],
        },
        "spec": spec,
    }


def verification(release: Release, migration: ReleasedMigration, ran: Document, name: str) -> Document:
    """Return the Job that verifies a migration again, with the files and the login of the Job that ran."""
    labels = dict(ran["metadata"]["labels"])
    labels[VERIFIES] = labels.pop(migration_history.LABEL, migration.name)
    return _derived(release, ran, name, labels, "verify")


def rollback(release: Release, migration: ReleasedMigration, ran: Document, name: str) -> Document:
    """Return the Job that rolls a migration back, labelled as those of `slipway rollback`."""
    labels = dict(ran["metadata"]["labels"])
    labels[migration_history.BACK] = labels.pop(migration_history.LABEL, migration.name)
    return _derived(release, ran, name, labels, "rollback")


def carry_out(api: Api, job: Document, name: str, expect: str | None, stop: threading.Event) -> Outcome:
    """Create the Job unless it is there, follow it to its end and return the result. Raises CloudFailure."""
    where = job["metadata"]
    path = f"{JOBS.format(namespace=where['namespace'])}/{where['name']}"
    if api.get(path) is None:
        try:
            jobs.start(api, job)
        except Refused as refusal:
            if refusal.status != 409:
                raise
    seconds = job["spec"].get("activeDeadlineSeconds", LONGEST) + SLACK
    ended = _followed(api, job, seconds, stop)
    problem = _problem(ended, expect)
    detail = problem or f"Job {where['name']} succeeded"
    return Outcome(name=name, passed=problem is None, detail=detail)


def _followed(api: Api, job: Document, seconds: float, stop: threading.Event) -> Ended:
    def look(_: str) -> None:
        if stop.is_set():
            raise Stopped

    return Follower(api, job, look, look).end(seconds)


def _problem(ended: Ended, expect: str | None) -> str | None:
    """Return why a Job is no success. Its log is not repeated: a program may print values."""
    if not ended.succeeded:
        status = f" with exit status {ended.status}" if ended.status is not None else ""
        return in_short(f"failed{status}: {ended.reason}")
    if expect is not None and not any(expect in line for line in ended.lines):
        return f"its log has no line with '{expect}'"
    return None


def _derived(release: Release, ran: Document, name: str, labels: Mapping[str, str], mode: str) -> Document:
    made = jobs.from_job(ran, name, {**labels, RELEASE: release.id}, MODE=mode)
    return {**made, "metadata": {**made["metadata"], "ownerReferences": [_owner(release)]}}


def _owner(release: Release) -> Document:
    """Return the Release as the Job's owner: it is deleted with it, and is no drift of a stack."""
    return {
        "apiVersion": API_VERSION,
        "kind": "Release",
        "name": release.name,
        "uid": release.uid,
    }


def job_name(release: Release, task: str) -> str:
    """Return the Job's name of a task in this release. A validation of admission runs again for each `up` that asks, so
    its name says since when the release is asked for."""
    plain = "".join(each if each.isalnum() else "-" for each in task.lower()).strip("-")
    started = release.status.started
    asked = f"{int(started.timestamp()):x}-" if started is not None and task.endswith("/before") else ""
    end = f"{asked}{release.id}"
    return f"{shortened(plain, jobs.LONGEST_NAME - len(end) - 1)}-{end}"
