"""The dashboard of a system's databases, from their exporters."""

from __future__ import annotations

from collections.abc import Mapping

from components.cluster.monitoring.manifests.alerting.backup_alerts import OVERDUE
from components.cluster.monitoring.manifests.alerting.promql import matching, selector
from components.cluster.monitoring.manifests.dashboards.expressions import any_of, firing, rate, share, summed
from components.cluster.monitoring.manifests.dashboards.page import PREFIX, Page
from components.cluster.monitoring.manifests.dashboards.panels import Panel, Query, rows, series, value
from components.manifests import names
from slipway.settings.databases import Database, RestoreTest
from slipway.settings.fields import seconds
from slipway.settings.stacks import DeployedSystem

OWN = 'datname!~"template.*|postgres|rdsadmin|azure_.*|cloudsqladmin"'
"""Filter for the system's own objects of a server."""


def managed(deployed: DeployedSystem) -> dict[str, Database]:
    """Returns the databases with an exporter, by name."""
    return {
        name: each
        for name, each in deployed.definition.databases.items()
        if each.engine == "postgres" and each.hosting == "managed"
    }


def page(deployed: DeployedSystem) -> Page:
    namespace = deployed.namespace
    return Page(
        uid=f"{PREFIX}{deployed.name}-databases",
        title=f"{deployed.definition.title}: databases",
        description="The databases of the system: whether they answer, what is slow, how large they are, their backups.",
        group=deployed.name,
        alerts=firing(deployed.name),
        sections={
            "Servers": [_connections(namespace), _lag(namespace), _up(namespace), _lag_now(namespace)],
            "Queries": [_mean(deployed), _slowest(namespace), _longest(deployed), _deadlocks(namespace)],
            "Data": [_sizes(namespace), _tables(namespace), _dead_rows(namespace), _hits(namespace)],
            "Backups": _backups(namespace, managed(deployed)),
        },
    )


def _up(namespace: str) -> Panel:
    return value(
        "Databases that do not answer",
        "short",
        "Servers that the exporter cannot log in to; zero is well.",
        Query(f"count({selector('pg_up', namespace=namespace)} == 0) or vector(0)", "down"),
        limit=1,
    )


def _lag_now(namespace: str) -> Panel:
    return value(
        "Largest lag of a copy",
        "s",
        "Time by which the slowest copy of any of the databases is behind.",
        Query(f"max({selector('pg_replication_lag_seconds', namespace=namespace)})", "behind"),
        limit=30,
    )


def _connections(namespace: str) -> Panel:
    used = summed(selector("pg_stat_activity_count", namespace=namespace), "database")
    most = f"max by (database) ({selector('pg_settings_max_connections', namespace=namespace)})"
    return series(
        "Connections of the most allowed",
        "percentunit",
        "Connections that are open over the server's max_connections; above 80 percent an alert fires.",
        Query(f"{used} / {most}", "{{database}}"),
        limit=0.8,
    )


def _lag(namespace: str) -> Panel:
    return series(
        "Replication lag",
        "s",
        "Time by which each copy is behind; a primary has none.",
        Query(
            f"max by (database, pod) ({selector('pg_replication_lag_seconds', namespace=namespace)})",
            "{{database}} {{pod}}",
        ),
        limit=30,
    )


def _spent(namespace: str, *by: str) -> str:
    """Returns the mean time of a call; pg_stat_statements has no percentiles."""
    spent = summed(rate(selector("pg_stat_statements_seconds_total", namespace=namespace)), *by)
    calls = summed(rate(selector("pg_stat_statements_calls_total", namespace=namespace)), *by)
    return f"{spent} / ({calls} > 0)"


def _mean(deployed: DeployedSystem) -> Panel:
    limit = deployed.definition.objectives.database_p95
    return series(
        "Mean time of a query",
        "s",
        "Time that a query takes on average; the line is the objective, which is for 95 of 100 queries.",
        Query(_spent(deployed.namespace, "database"), "{{database}}"),
        limit=seconds(limit) if limit else None,
    )


def _slowest(namespace: str) -> Panel:
    return rows(
        "Slowest queries",
        "s",
        "The ten statements that take longest on average; pg_stat_statements has their text by queryid.",
        Query(f"topk(10, {_spent(namespace, 'database', 'queryid')})"),
        named="mean time",
    )


def _longest(deployed: DeployedSystem) -> Panel:
    running = selector(
        "pg_stat_activity_max_tx_duration",
        matching("state", "active|idle in transaction"),
        namespace=deployed.namespace,
    )
    return series(
        "Longest transaction",
        "s",
        "Age of the oldest transaction that is open, which keeps locks and old rows.",
        Query(f"max by (database) ({running})", "{{database}}"),
    )


def _deadlocks(namespace: str) -> Panel:
    found = selector("pg_stat_database_deadlocks", OWN, namespace=namespace)
    return series(
        "Deadlocks",
        "short",
        "Transactions in five minutes that PostgreSQL ended because they waited for each other.",
        Query(summed(f"increase({found}[5m])", "database"), "{{database}}"),
    )


def _sizes(namespace: str) -> Panel:
    return series(
        "Size of databases",
        "bytes",
        "What each database takes on the primary's disk, without the write-ahead log.",
        Query(
            f"max by (database, datname) ({selector('pg_database_size_bytes', OWN, namespace=namespace)})",
            "{{datname}}",
        ),
    )


def _tables(namespace: str) -> Panel:
    size = selector("pg_stat_user_tables_table_size_bytes", namespace=namespace)
    return rows(
        "Largest tables",
        "bytes",
        "The ten tables that take the most of the disk, without their indexes.",
        Query(f"topk(10, max by (database, schemaname, relname) ({size}))"),
        named="size",
    )


def _dead_rows(namespace: str) -> Panel:
    by = ("database", "schemaname", "relname")
    dead = f"max by ({', '.join(by)}) ({selector('pg_stat_user_tables_n_dead_tup', namespace=namespace)})"
    live = f"max by ({', '.join(by)}) ({selector('pg_stat_user_tables_n_live_tup', namespace=namespace)})"
    return rows(
        "Tables with the most dead rows",
        "percentunit",
        "Rows that vacuum has yet to remove, over all rows, of tables with more than a thousand.",
        Query(f"topk(10, {dead} / ({dead} + {live} > 1000))"),
        named="dead",
    )


def _hits(namespace: str) -> Panel:
    hit = summed(rate(selector("pg_stat_database_blks_hit", OWN, namespace=namespace)), "database")
    read = summed(rate(selector("pg_stat_database_blks_read", OWN, namespace=namespace)), "database")
    return series(
        "Cache hits",
        "percentunit",
        "Share of blocks that were in PostgreSQL's memory and did not have to be read.",
        Query(share(hit, f"({hit} + {read})"), "{{database}}"),
    )


def _backups(namespace: str, databases: Mapping[str, Database]) -> list[Panel]:
    kept = {name: each.restore_test for name, each in databases.items() if each.backup != "none"}
    tested = {name: test for name, test in kept.items() if isinstance(test, RestoreTest)}
    panels: list[Panel] = []
    if kept:
        panels.append(
            series(
                "Age of the newest backup",
                "s",
                "Time since the nightly dump last succeeded, or since it was made if it never did.",
                Query(_age(namespace, *(names.dump(name) for name in kept)), "{{cronjob}}"),
                limit=seconds("26h"),
            )
        )
    if tested:
        panels.append(
            series(
                "Age of the last restore test",
                "s",
                "Time since a backup was last restored and its rows counted.",
                Query(_age(namespace, *(names.restore_test(name) for name in tested)), "{{cronjob}}"),
                limit=max(seconds(OVERDUE[test.every]) for test in tested.values()),
            )
        )
    return panels


def _age(namespace: str, *jobs: str) -> str:
    succeeded = selector("kube_cronjob_status_last_successful_time", any_of("cronjob", jobs), namespace=namespace)
    made = selector("kube_cronjob_created", any_of("cronjob", jobs), namespace=namespace)
    return f"time() - max by (cronjob) ({succeeded} or {made})"
