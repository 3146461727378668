"""Every database is backed up, and its backups are kept as long as was declared.

Databases of the CloudNativePG operator are spread over several objects, so a rule on the stack judges those.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from pulumi_policy import Severity

from frame import Declaration, Property, Resource, Settings, Verdict, resource_rule, stack_rule
from kinds.cluster_objects import Match, refers, unknown_between
from kinds.databases import DATABASES

WHY = "A lost or damaged database comes back from its last backup only"
CLAUSES = ("runbooks: database backups", "AWS Foundational Security Best Practices: RDS.11, DocumentDB.2")
RETENTION = {
    "minimumRetentionDays": {
        "type": "integer",
        "minimum": 1,
        "maximum": 3650,
        "default": 7,
        "description": "Days that the backups of any database are kept at least.",
    }
}


@resource_rule(
    Declaration(
        name="database-backups",
        description="Every database has backups, kept for the days declared.",
        why=WHY,
        clauses=CLAUSES,
        types=DATABASES.keys(),
        severity=Severity.CRITICAL,
        schema=RETENTION,
    )
)
def database_backups(database: Resource, settings: Settings, verdict: Verdict) -> None:
    """Judge a database that a cloud manages."""
    kind = DATABASES[database.type]
    copy = kind.copy(database)
    if copy.unknown and kind.retention(database).missing:
        verdict.undecided(database, copy, "backup")
    elif copy.missing or copy.unknown:
        _judge_retention(database, kind.retention(database), _whole_days, settings, verdict, longest=kind.longest)


CLUSTER = "kubernetes:postgresql.cnpg.io/v1:Cluster"
SCHEDULE = "kubernetes:postgresql.cnpg.io/v1:ScheduledBackup"
STORE = "kubernetes:barmancloud.cnpg.io/v1:ObjectStore"
BARMAN = "barman-cloud.cloudnative-pg.io"
_DAYS_OF = {"d": 1, "w": 7, "m": 28}


@stack_rule(
    Declaration(
        name="database-backup-schedules",
        description="Every CloudNativePG database is backed up on a schedule and kept for the days declared.",
        why=WHY,
        clauses=CLAUSES,
        types=(CLUSTER, SCHEDULE, STORE),
        severity=Severity.CRITICAL,
        schema=RETENTION,
    )
)
def database_backup_schedules(resources: Sequence[Resource], settings: Settings, verdict: Verdict) -> None:
    """Judge each database of CloudNativePG with its schedules and stores."""
    for cluster in (each for each in resources if each.type == CLUSTER):
        _judge_schedule(cluster, [each for each in resources if each.type == SCHEDULE], verdict)
        retention = _retention_of(cluster, [each for each in resources if each.type == STORE])
        _judge_retention(cluster, retention, _policy_days, settings, verdict)


def _judge_schedule(cluster: Resource, schedules: Sequence[Resource], verdict: Verdict) -> None:
    """A schedule that is suspended makes no backup."""
    active = [each for each in schedules if each["spec"]["suspend"].value is not True]
    matches = {each.urn: refers(each, each["spec"]["cluster"]["name"], cluster) for each in active}
    if Match.YES in matches.values():
        return
    maybe = next((each for each in active if matches[each.urn] is Match.MAYBE), None)
    if maybe:
        verdict.undecided(cluster, unknown_between(maybe, maybe["spec"]["cluster"], cluster), "backup")
    else:
        verdict.violated(cluster, "is named by no ScheduledBackup, so nothing backs it up", "backup")


def _retention_of(cluster: Resource, stores: Sequence[Resource]) -> Property:
    """The retention in the cluster itself, or that of the store that its Barman plugin writes to."""
    own = cluster["spec"]["backup"]["retentionPolicy"]
    if own.present:
        return own
    plugins = cluster["spec"]["plugins"]
    if plugins.unknown:
        return plugins
    for plugin in plugins.elements():
        if plugin["name"].unknown or plugin["name"].text == BARMAN:
            return _retention_in_store(cluster, plugin["parameters"]["barmanObjectName"], stores) or own
    return own


def _retention_in_store(cluster: Resource, name: Property, stores: Sequence[Resource]) -> Property | None:
    """The retention of the store of that name; an unknown if that may be any."""
    if name.unknown:
        return name
    matches = [(refers(cluster, name, store), store) for store in stores]
    match, found = max(matches, key=lambda each: each[0], default=(Match.NO, cluster))
    if match is Match.MAYBE:
        return unknown_between(cluster, name, found)
    return found["spec"]["retentionPolicy"] if match is Match.YES else None


def _whole_days(retention: Property) -> int | None:
    return retention.whole_number


def _policy_days(retention: Property) -> int | None:
    """Days of CloudNativePG's form: `30d`, `4w`, `1m`."""
    written = re.fullmatch(r"([1-9]\d{0,4})([dwm])", retention.text or "")
    return int(written[1]) * _DAYS_OF[written[2]] if written else None


def _judge_retention(
    database: Resource,
    retention: Property,
    days_of: Callable[[Property], int | None],
    settings: Settings,
    verdict: Verdict,
    *,
    longest: int | None = None,
) -> None:
    """Backups are kept for at least the stack's minimum and the days declared, or as long as can be."""
    needed = _needed_days(database, int(settings["minimumRetentionDays"]), verdict)
    days = days_of(retention)
    if needed is None:
        return
    needed = needed if longest is None else min(needed, longest)
    if retention.unknown:
        verdict.undecided(database, retention, "backup")
    elif retention.missing:
        verdict.violated(database, f"keeps no backups: {retention.path} is not set", "backup")
    elif days is None:
        verdict.violated(database, f"keeps no backups: {retention.path} is no number of days", "backup")
    elif days < needed:
        verdict.violated(database, f"keeps backups for {days} days, fewer than the {needed} needed", "backup")


def _needed_days(database: Resource, minimum: int, verdict: Verdict) -> int | None:
    """The larger of minimum and declared days; `None` if the declaration itself was reported."""
    declared = database.note("backup-retention")
    if declared.missing:
        return minimum
    if declared.unknown:
        verdict.undecided(database, declared, "backup")
    elif declared.text == "none":
        verdict.violated(database, "is declared to have no backup", "backup")
    elif re.fullmatch(r"\d{1,4}", declared.text or ""):
        return max(minimum, int(declared.text or ""))
    else:
        verdict.violated(database, f"declares its retention wrongly: {declared.path} is no number of days", "backup")
    return None
