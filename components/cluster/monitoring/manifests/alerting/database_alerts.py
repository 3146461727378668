"""Alerts on each database, from its exporter and from its backups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.cluster.monitoring.manifests.alerting import labels
from components.cluster.monitoring.manifests.alerting.promql import matching, selector
from components.cluster.monitoring.manifests.alerting.rule import Rule, recording
from components.manifests import names
from slipway.settings.databases import Database, RestoreTest
from slipway.settings.fields import seconds
from slipway.settings.stacks import DeployedSystem

OVERDUE = {"day": "2d", "week": "8d", "month": "33d"}
"""Age above which a restore test is overdue, by its interval."""
_BY = "by (namespace, cronjob)"


def recordings(deployed: DeployedSystem) -> list[dict[str, Any]]:
    """Returns the recording rules of restore tests."""
    rules: list[dict[str, Any]] = []
    for name, each in _databases(deployed).items():
        if each.backup != "none" and isinstance(each.restore_test, RestoreTest):
            tags = {"system": deployed.name, "database": name}
            job = names.restore_test(name)
            rules += [
                recording(labels.RESTORE_PASSED, _passed(deployed.namespace, job, tags), **tags),
                recording(labels.RESTORE_AGE, age(deployed.namespace, job), **tags),
            ]
    return rules


def alerts(deployed: DeployedSystem) -> list[Rule]:
    databases = _databases(deployed)
    if not databases:
        return []
    namespace = deployed.namespace
    limit = deployed.definition.objectives.database_p95
    slow = max(each.slow_query_ms for each in databases.values())
    return [
        _down(namespace),
        _connections(namespace),
        _slow_queries(namespace, slow / 1000),
        *([_mean(namespace, limit)] if limit else []),
        _lag(namespace),
        *[rule for name, each in databases.items() for rule in _backups(deployed, name, each)],
    ]


def _databases(deployed: DeployedSystem) -> dict[str, Database]:
    return {
        name: each
        for name, each in deployed.definition.databases.items()
        if each.engine == "postgres" and each.hosting == "managed"
    }


def _down(namespace: str) -> Rule:
    return Rule(
        name="DatabaseDown",
        expr=f"max by (namespace, database) ({selector('pg_up', namespace=namespace)}) == 0",
        for_="1m",
        severity="critical",
        summary="{{ $labels.database }} does not answer",
        description="The exporter cannot log in to the database; services most likely cannot either.",
        steps=(
            "Look at the server in the cloud's console, or at its pods: does it fail over?",
            "A wrong password shows in the exporter's log: kubectl -n <namespace> logs deploy/<database>-exporter",
        ),
    )


def _connections(namespace: str) -> Rule:
    used = f"sum by (namespace, database) ({selector('pg_stat_activity_count', namespace=namespace)})"
    most = f"max by (namespace, database) ({selector('pg_settings_max_connections', namespace=namespace)})"
    return Rule(
        name="DatabaseConnectionsHigh",
        expr=f"{used} / {most} > 0.8",
        summary="{{ $labels.database }} has {{ $value | humanizePercentage }} of its connections in use",
        description="When none is left, services fail to start and requests fail.",
        steps=(
            "See who holds them: SELECT usename, state, count(*) FROM pg_stat_activity GROUP BY 1, 2 ORDER BY 3 DESC",
            "Many idle ones: the pool of a service is too large, or pooling is off (databases.<name>.pooling).",
        ),
    )


def _slow_queries(namespace: str, limit: float) -> Rule:
    longest = selector(
        "pg_stat_activity_max_tx_duration", matching("state", "active|idle in transaction"), namespace=namespace
    )
    return Rule(
        name="DatabaseSlowQueries",
        expr=f"max by (namespace, database) ({longest}) > {max(limit * 30, 30):g}",
        for_="2m",
        summary="{{ $labels.database }} runs a transaction for {{ $value | humanizeDuration }}",
        description="A long transaction holds locks and keeps old rows; queries behind it wait.",
        steps=(
            "See it: SELECT pid, now() - xact_start AS age, state, query FROM pg_stat_activity ORDER BY xact_start LIMIT 10",
            "End it if nobody misses it: SELECT pg_terminate_backend(<pid>)",
        ),
    )


def _mean(namespace: str, limit: str) -> Rule:
    spent = (
        f"sum by (namespace, database) (rate({selector('pg_stat_statements_seconds_total', namespace=namespace)}[5m]))"
    )
    calls = (
        f"sum by (namespace, database) (rate({selector('pg_stat_statements_calls_total', namespace=namespace)}[5m]))"
    )
    return Rule(
        name="DatabaseLatencyHigh",
        expr=f"{spent} / ({calls} > 0) > {seconds(limit):g}",
        for_="10m",
        summary="{{ $labels.database }} takes {{ $value | humanizeDuration }} a query on average",
        description=f"The objective is {limit} for 95 of 100 queries; PostgreSQL tells the mean only, so this comes late.",
        steps=(
            "See the slowest: SELECT query, calls, mean_exec_time FROM pg_stat_statements ORDER BY mean_exec_time DESC LIMIT 10",
            "Look for an index that is missing: EXPLAIN (ANALYZE, BUFFERS) of that query.",
        ),
    )


def _lag(namespace: str) -> Rule:
    return Rule(
        name="DatabaseReplicationLag",
        expr=f"max by (namespace, database) ({selector('pg_replication_lag_seconds', namespace=namespace)}) > 30",
        summary="A copy of {{ $labels.database }} is {{ $value | humanizeDuration }} behind",
        description="Readers see old data, and what a failover would lose grows.",
        steps=(
            "Look at the writes a second on the dashboard of databases: a bulk load ends by itself.",
            "Look for a long query on the copy, which keeps it from applying changes.",
        ),
    )


def _backups(deployed: DeployedSystem, name: str, settings: Database) -> list[Rule]:
    if settings.backup == "none":
        return []
    namespace, dump = deployed.namespace, names.dump(name)
    rules = [_stale("BackupTooOld", age(namespace, dump), namespace, dump, "26h", "backup", name)]
    if isinstance(settings.restore_test, RestoreTest):
        job, overdue = names.restore_test(name), OVERDUE[settings.restore_test.every]
        passed = selector(labels.RESTORE_AGE, system=deployed.name, database=name)
        rules += [
            _stale("RestoreTestOverdue", passed, namespace, job, overdue, "restore test", name),
            _failed(deployed, job, name),
        ]
    return rules


def age(namespace: str, job: str) -> str:
    """Returns the time since the CronJob's last success or, without one, since its creation."""
    succeeded = _of_cron_job("kube_cronjob_status_last_successful_time", namespace, job)
    return f"time() - ({succeeded} or {_of_cron_job('kube_cronjob_created', namespace, job)})"


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


def _stale(name: str, passed: str, namespace: str, job: str, age: str, what: str, database: str) -> Rule:
    """Returns an alert on age; `passed` is the number of seconds since the last success."""
    return Rule(
        name=name,
        expr=f"{passed} > {seconds(age):.15g}",
        for_="10m",
        severity="critical" if name == "BackupTooOld" else "warning",
        labels={"database": database},
        summary=f"The last {what} of {database} was {{{{ $value | humanizeDuration }}}} ago",
        description=f"A {what} should never be older than {age}.",
        steps=(
            f"Read the last run: kubectl -n {namespace} logs job/<newest of {job}>",
            f"Run it now: kubectl -n {namespace} create job --from=cronjob/{job} {job}-now",
        ),
    )


def _failed(deployed: DeployedSystem, job: str, database: str) -> Rule:
    """Returns an alert that waits some minutes, because Kubernetes records a Job's end before its success."""
    passed = selector(labels.RESTORE_PASSED, system=deployed.name, database=database)
    return Rule(
        name="RestoreTestFailed",
        expr=f"{passed} == 0",
        for_="5m",
        severity="critical",
        labels={"database": database},
        summary=f"The last restore test of {database} failed",
        description="A backup that cannot be restored is none. The alert ends with the next test that passes.",
        steps=(
            f"Read what failed: kubectl -n {deployed.namespace} logs job/<newest of {job}> --all-containers",
            "Make a backup and test it again before anything else changes the database.",
            f"Test it now: kubectl -n {deployed.namespace} create job --from=cronjob/{job} {job}-now",
        ),
    )
