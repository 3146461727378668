"""What the exporter beside each database tells, and what the cluster tells of its backups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from builders import names
from builders.alerting import labels
from builders.alerting.promql import matching, selector
from builders.alerting.rule import Rule, recording
from settings.databases import Database, RestoreTest
from settings.fields import seconds
from settings.stacks import PlacedSystem

OVERDUE = {"day": "2d", "week": "8d", "month": "33d"}
"""Time after which a restore test should have come, by how often it does."""
_BY = "by (namespace, cronjob)"


def recordings(placed: PlacedSystem) -> list[dict[str, Any]]:
    """What each restore test came to."""
    rules: list[dict[str, Any]] = []
    for name, each in _databases(placed).items():
        if each.backup != "none" and isinstance(each.restore_test, RestoreTest):
            tags = {"system": placed.name, "database": name}
            job = names.restore_test(name)
            rules += [
                recording(labels.RESTORE_PASSED, _passed(placed.namespace, job, tags), **tags),
                recording(labels.RESTORE_AGE, _age(placed.namespace, job), **tags),
            ]
    return rules


def alerts(placed: PlacedSystem) -> list[Rule]:
    databases = _databases(placed)
    if not databases:
        return []
    namespace = placed.namespace
    limit = placed.definition.objectives.database_p95
    slow = max(each.slow_query_ms for each in databases.values())
    return [
        _down(namespace),
        _connections(namespace),
        _slow_queries(namespace, slow / 1000),
        *([_mean(namespace, limit)] if limit else []),
        _lag(namespace),
        *[rule for name, each in databases.items() for rule in _backups(placed, name, each)],
    ]


def _databases(placed: PlacedSystem) -> dict[str, Database]:
    return {
        name: each
        for name, each in placed.definition.databases.items()
        if each.engine == "postgres" and each.placement == "managed"
    }


def _down(namespace: str) -> Rule:
    return Rule(
        name="DatabaseDown",
        expr=f"max by (namespace, database) ({selector('pg_up', namespace=namespace)}) == 0",
        lasting="1m",
        severity="critical",
        summary="{{ $labels.database }} does not answer",
        meaning="The exporter cannot log in to the database; services most likely cannot either.",
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
        meaning="When none is left, services fail to start and requests fail.",
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
        lasting="2m",
        summary="{{ $labels.database }} runs a transaction for {{ $value | humanizeDuration }}",
        meaning="A long transaction holds locks and keeps old rows; queries behind it wait.",
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
        lasting="10m",
        summary="{{ $labels.database }} takes {{ $value | humanizeDuration }} a query on average",
        meaning=f"The objective is {limit} for 95 of 100 queries; PostgreSQL tells the mean only, so this comes late.",
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
        meaning="Readers see old data, and what a failover would lose grows.",
        steps=(
            "Look at the writes a second on the dashboard of databases: a bulk load ends by itself.",
            "Look for a long query on the copy, which keeps it from applying changes.",
        ),
    )


def _backups(placed: PlacedSystem, name: str, settings: Database) -> list[Rule]:
    if settings.backup == "none":
        return []
    namespace, dump = placed.namespace, names.dump(name)
    rules = [_stale("BackupTooOld", _age(namespace, dump), namespace, dump, "26h", "backup", name)]
    if isinstance(settings.restore_test, RestoreTest):
        job, overdue = names.restore_test(name), OVERDUE[settings.restore_test.every]
        age = selector(labels.RESTORE_AGE, system=placed.name, database=name)
        rules += [
            _stale("RestoreTestOverdue", age, namespace, job, overdue, "restore test", name),
            _failed(placed, job, name),
        ]
    return rules


def _age(namespace: str, job: str) -> str:
    """Since its CronJob was made where it never succeeded."""
    succeeded = _of_cron_job("kube_cronjob_status_last_successful_time", namespace, job)
    return f"time() - ({succeeded} or {_of_cron_job('kube_cronjob_created', namespace, job)})"


def _passed(namespace: str, job: str, tags: Mapping[str, str]) -> str:
    """A run that was due has succeeded since. What is never told of, one that never ran or is not over, is left out or
    stays what it was."""
    due = _of_cron_job("kube_cronjob_status_last_schedule_time", namespace, job)
    succeeded = _of_cron_job("kube_cronjob_status_last_successful_time", namespace, job)
    running = f"{_of_cron_job('kube_cronjob_status_active', namespace, job)} > 0"
    made = _of_cron_job("kube_cronjob_created", namespace, job)
    came = f"({succeeded} >= bool ({due} or {made}) or 0 * {due})"
    before = f"({selector(labels.RESTORE_PASSED, **tags)} and on (namespace, cronjob) {running})"
    return f"({came} unless {running}) or on (namespace, cronjob) {before}"


def _of_cron_job(metric: str, namespace: str, job: str) -> str:
    """The same whichever instance of kube-state-metrics tells it."""
    return f"max {_BY} ({selector(metric, namespace=namespace, cronjob=job)})"


def _stale(name: str, passed: str, namespace: str, job: str, age: str, what: str, database: str) -> Rule:
    """`passed` are the seconds since it did."""
    return Rule(
        name=name,
        expr=f"{passed} > {seconds(age):.15g}",
        lasting="10m",
        severity="critical" if name == "BackupTooOld" else "warning",
        labels={"database": database},
        summary=f"The last {what} of {database} was {{{{ $value | humanizeDuration }}}} ago",
        meaning=f"A {what} should never be older than {age}.",
        steps=(
            f"Read the last run: kubectl -n {namespace} logs job/<newest of {job}>",
            f"Run it now: kubectl -n {namespace} create job --from=cronjob/{job} {job}-now",
        ),
    )


def _failed(placed: PlacedSystem, job: str, database: str) -> Rule:
    """It waits, for Kubernetes notes that a Job ended before it notes that it succeeded."""
    passed = selector(labels.RESTORE_PASSED, system=placed.name, database=database)
    return Rule(
        name="RestoreTestFailed",
        expr=f"{passed} == 0",
        lasting="5m",
        severity="critical",
        labels={"database": database},
        summary=f"The last restore test of {database} failed",
        meaning="A backup that cannot be restored is none. The alert ends with the next test that passes.",
        steps=(
            f"Read what failed: kubectl -n {placed.namespace} logs job/<newest of {job}> --all-containers",
            "Make a backup and test it again before anything else changes the database.",
            f"Test it now: kubectl -n {placed.namespace} create job --from=cronjob/{job} {job}-now",
        ),
    )
