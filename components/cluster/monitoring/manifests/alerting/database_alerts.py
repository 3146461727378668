"""Alerts on each database, from its exporter and from its backups."""

from __future__ import annotations

from typing import Any

from components.cluster.monitoring.manifests.alerting import backup_alerts
from components.cluster.monitoring.manifests.alerting.promql import matching, selector
from components.cluster.monitoring.manifests.alerting.rule import Rule
from components.manifests import names
from slipway.settings.databases import Database, RestoreTest
from slipway.settings.fields import seconds
from slipway.settings.stacks import DeployedSystem


def recordings(deployed: DeployedSystem) -> list[dict[str, Any]]:
    """Returns the recording rules of restore tests."""
    return [
        rule
        for name, each in _databases(deployed).items()
        if each.backup != "none" and isinstance(each.restore_test, RestoreTest)
        for rule in backup_alerts.recordings(deployed, names.restore_test(name), database=name)
    ]


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
    namespace, dump, about = deployed.namespace, names.dump(name), {"database": name}
    age = backup_alerts.age(namespace, dump)
    rules = [backup_alerts.stale("BackupTooOld", age, namespace, dump, "26h", "backup", about)]
    if isinstance(settings.restore_test, RestoreTest):
        job = names.restore_test(name)
        rules += backup_alerts.restore_tests(deployed, job, settings.restore_test.every, **about)
    return rules
