"""Alerts on the CronJobs of backups, of databases and of volumes: their last success, and their restore tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from typing import Literal as OneOf

from components.cluster.monitoring.manifests.alerting import labels
from components.cluster.monitoring.manifests.alerting.promql import selector
from components.cluster.monitoring.manifests.alerting.rule import Rule, recording
from slipway.settings.fields import seconds
from slipway.settings.stacks import DeployedSystem

OVERDUE = {"day": "2d", "week": "8d", "month": "33d"}
"""Age above which a restore test is overdue, by its interval."""
_BY = "by (namespace, cronjob)"


def recordings(deployed: DeployedSystem, job: str, **about: str) -> list[dict[str, Any]]:
    """Returns the recording rules of a restore test; `about` is the label with the name of what is backed up."""
    tags = {"system": deployed.name, **about}
    return [
        recording(labels.RESTORE_PASSED, _passed(deployed.namespace, job, tags), **tags),
        recording(labels.RESTORE_AGE, age(deployed.namespace, job), **tags),
    ]


def restore_tests(deployed: DeployedSystem, job: str, every: OneOf["day", "week", "month"], **about: str) -> list[Rule]:
    """Returns the alerts on a restore test."""
    since = selector(labels.RESTORE_AGE, system=deployed.name, **about)
    return [
        stale("RestoreTestOverdue", since, deployed.namespace, job, OVERDUE[every], "restore test", about),
        _failed(deployed, job, about),
    ]


def age(namespace: str, job: str) -> str:
    """Returns the time since the CronJob's last success or, without one, since its creation."""
    succeeded = _of_cron_job("kube_cronjob_status_last_successful_time", namespace, job)
    return f"time() - ({succeeded} or {_of_cron_job('kube_cronjob_created', namespace, job)})"


def stale(
    name: str, passed: str, namespace: str, job: str, age: str, what: str, about: Mapping[str, str], *steps: str
) -> Rule:
    """Returns an alert on age; `passed` is the number of seconds since the last success. `steps` go before the last one."""
    (subject,) = about.values()
    return Rule(
        name=name,
        expr=f"{passed} > {seconds(age):.15g}",
        for_="10m",
        severity="warning" if name == "RestoreTestOverdue" else "critical",
        labels=about,
        summary=f"The last {what} of {subject} was {{{{ $value | humanizeDuration }}}} ago",
        description=f"{'An' if what[0] in 'aeiou' else 'A'} {what} should never be older than {age}.",
        steps=(
            f"Read the last run: kubectl -n {namespace} logs job/<newest of {job}>",
            *steps,
            f"Run it now: kubectl -n {namespace} create job --from=cronjob/{job} {job}-now",
        ),
    )


def _failed(deployed: DeployedSystem, job: str, about: Mapping[str, str]) -> Rule:
    """Returns an alert that waits some minutes, because Kubernetes records a Job's end before its success."""
    ((kind, subject),) = about.items()
    return Rule(
        name="RestoreTestFailed",
        expr=f"{selector(labels.RESTORE_PASSED, system=deployed.name, **about)} == 0",
        for_="5m",
        severity="critical",
        labels=about,
        summary=f"The last restore test of {subject} failed",
        description="A backup that cannot be restored is none. The alert ends with the next test that passes.",
        steps=(
            f"Read what failed: kubectl -n {deployed.namespace} logs job/<newest of {job}> --all-containers",
            f"Make a backup and test it again before anything else changes the {kind}.",
            f"Test it now: kubectl -n {deployed.namespace} create job --from=cronjob/{job} {job}-now",
        ),
    )


def _passed(namespace: str, job: str, tags: Mapping[str, str]) -> str:
    """Returns 1 if a run has succeeded since the last one was due, else 0. A test that never ran has no value; while
    one runs, the previous value remains."""
    due = _of_cron_job("kube_cronjob_status_last_schedule_time", namespace, job)
    succeeded = _of_cron_job("kube_cronjob_status_last_successful_time", namespace, job)
    running = f"{_of_cron_job('kube_cronjob_status_active', namespace, job)} > 0"
    made = _of_cron_job("kube_cronjob_created", namespace, job)
    came = f"({succeeded} >= bool ({due} or {made}) or 0 * {due})"
    before = f"({selector(labels.RESTORE_PASSED, **tags)} and on (namespace, cronjob) {running})"
    return f"({came} unless {running}) or on (namespace, cronjob) {before}"


def _of_cron_job(metric: str, namespace: str, job: str) -> str:
    """Aggregates over the instances of kube-state-metrics."""
    return f"max {_BY} ({selector(metric, namespace=namespace, cronjob=job)})"
