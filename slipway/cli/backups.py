"""`slipway backups`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from slipway.cli.cluster_options import ClusterOptions, cluster_of, connected, on_context
from slipway.cli.selection import select_slipway
from slipway.cli.table import minute, table
from slipway.ops.backup_status import BackupStatus, DatabaseRef, backup_statuses, unconnected
from slipway.ops.cluster.api import Api
from slipway.settings.clouds.local import LocalCluster
from slipway.settings.exit_statuses import OK, VIOLATED
from slipway.settings.stacks import Stack, StackCluster


def backups(cwd: Path, stack: str | None, file: Path | None, target: ClusterOptions, *, output: str) -> int:
    """Print how each database and each volume is backed up and return the exit status. Raises InvalidSettings and
    CloudFailure."""
    selected = select_slipway(cwd, stack, file).stack
    if target.cluster is not None:
        name = cluster_of(selected, target)
        selected = replace(selected, clusters={name: selected.clusters[name]})
    (only,) = clusters if len(clusters := selected.clusters) == 1 else (None,)
    if only is None or isinstance(clusters[only].settings, LocalCluster):
        selected = on_context(selected, target.context, clusters)
    found = backup_statuses(selected, connect=partial(_connect, selected, target, only))
    if output == "json":
        print(json.dumps([_document(each) for each in found], indent=2, ensure_ascii=False))
    else:
        print(_text(found) if found else "neither managed databases nor volumes are declared")
    return VIOLATED if any(each.problems for each in found) else OK


def _connect(stack: Stack, target: ClusterOptions, only: str | None, cluster: StackCluster) -> Api | str:
    """Connect to a cluster; one in a cloud is asked if the command is about it alone and has its context."""
    if isinstance(cluster.settings, LocalCluster):
        return connected(stack, cluster.name, ClusterOptions()).api
    return (
        connected(stack, cluster.name, target).api if cluster.name == only and target.context else unconnected(cluster)
    )


def _text(found: Sequence[BackupStatus]) -> str:
    heads = ("cluster", "data", "newest backup", "age", "kept", "last restore test")
    lines = [table(heads, [_row(each) for each in found])]
    for each in found:
        lines += [f"{_name(each)}: {problem}" for problem in each.problems]
        lines += [f"{_name(each)}: {each.found.unlisted}"] if each.found.unlisted else []
    return "\n".join(lines)


def _row(each: BackupStatus) -> tuple[str, ...]:
    newest, days = each.found.newest, each.retention_days
    return (
        each.cluster,
        _name(each),
        minute(newest) if newest else "-",
        f"{_hours(each.age):.1f} h" if each.age is not None else "-",
        f"{days} d" if days else "none",
        _tested(each),
    )


def _tested(each: BackupStatus) -> str:
    restored = each.found.restored
    if restored is None:
        return "never" if each.found.tests_known else "not known"
    return f"{'passed' if restored.passed else 'failed'} {minute(restored.at)}"


def _document(each: BackupStatus) -> dict[str, Any]:
    newest, restored = each.found.newest, each.found.restored
    return {
        "cluster": each.cluster,
        "system": each.asked.system.name,
        "database" if isinstance(each.asked, DatabaseRef) else "volume": each.asked.name,
        "server": each.found.server,
        "newest": newest.isoformat() if newest else None,
        "ageHours": round(_hours(each.age), 2) if each.age is not None else None,
        "retentionDays": each.retention_days,
        "restoreTest": {"at": restored.at.isoformat(), "passed": restored.passed} if restored else None,
        "problems": list(each.problems),
    }


def _name(each: BackupStatus) -> str:
    return f"{each.asked.system.name}/{each.asked.name}"


def _hours(age: timedelta) -> float:
    return age / timedelta(hours=1)
