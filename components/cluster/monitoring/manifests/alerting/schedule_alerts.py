"""Alerts on schedules, from what Kubernetes tells of their CronJobs in both slots: runs move with the live slot."""

from __future__ import annotations

from components.cluster.monitoring.manifests.alerting.promql import exactly, matching, selector
from components.cluster.monitoring.manifests.alerting.rule import Rule
from slipway.settings import cron
from slipway.settings.fields import seconds
from slipway.settings.schedules import Schedule
from slipway.settings.stacks import DeployedSystem


def alerts(deployed: DeployedSystem) -> list[Rule]:
    """Returns the alerts on each schedule."""
    return [
        rule
        for name, schedule in deployed.definition.schedules.items()
        for rule in (_failed(deployed, name), _overdue(deployed, name, schedule))
    ]


def _failed(deployed: DeployedSystem, name: str) -> Rule:
    """Returns an alert that waits some minutes, because Kubernetes records a Job's end before its success."""
    namespace = deployed.namespace
    due = _of(namespace, name, "kube_cronjob_status_last_schedule_time")
    succeeded = _of(namespace, name, "kube_cronjob_status_last_successful_time")
    running = f"{_of(namespace, name, 'kube_cronjob_status_active')} > 0"
    return Rule(
        name="ScheduleFailed",
        expr=f"({due} > ({succeeded} or 0 * {due})) unless {running}",
        for_="2m",
        labels={"schedule": name},
        summary=f"The last run of {name} failed",
        description="What it does was not done, or only in part. The alert ends with the next run that succeeds.",
        steps=(*_read(namespace, name), _again(deployed, name)),
    )


def _overdue(deployed: DeployedSystem, name: str, schedule: Schedule) -> Rule:
    namespace, most = deployed.namespace, latest(schedule)
    succeeded = _of(namespace, name, "kube_cronjob_status_last_successful_time")
    made = _of(namespace, name, "kube_cronjob_created")
    runs = f"{_of(namespace, name, 'kube_cronjob_spec_suspend', 'min')} == 0"
    return Rule(
        name="ScheduleOverdue",
        expr=f"(time() - ({succeeded} or {made}) > {most}) and {runs}",
        for_="15m",
        labels={"schedule": name},
        summary=f"{name} last succeeded {{{{ $value | humanizeDuration }}}} ago",
        description=f"It runs at {schedule.schedule} ({schedule.time_zone}), and its starting deadline and deadline have "
        "passed as well. While the system is closed it does not run, and nothing is said.",
        steps=(
            f"Does it start: kubectl -n {namespace} describe cronjob {name}-<slot>",
            *_read(namespace, name),
            _again(deployed, name),
        ),
    )


def latest(schedule: Schedule) -> int:
    """Returns the most seconds between two successes of a schedule that is well."""
    limits = seconds(schedule.starting_deadline) + seconds(schedule.deadline)
    return cron.longest_gap(schedule.schedule, schedule.time_zone) + int(limits)


def _of(namespace: str, name: str, metric: str, over: str = "max") -> str:
    """Aggregates over the slots, and over the instances of kube-state-metrics."""
    jobs = matching("cronjob", f"{exactly(name)}-(blue|green)")
    return f"{over} by (namespace) ({selector(metric, jobs, namespace=namespace)})"


def _read(namespace: str, name: str) -> tuple[str, ...]:
    return (f"Read what it said: kubectl -n {namespace} logs job/<newest of {name}-<slot>>",)


def _again(deployed: DeployedSystem, name: str) -> str:
    return f"Run it now: `slipway run --stack <stack> --system {deployed.name} --schedule {name}`"
