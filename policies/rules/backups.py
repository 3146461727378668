"""Every database is backed up, its backups are retained as declared, and no single mistake deletes both.

Databases of the CloudNativePG operator are spread over several objects, so a rule on the stack checks those.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from pulumi_policy import Severity

from adapters import clouds
from adapters.clouds.contract import Evaluation
from adapters.cluster_objects import Match, refers, unknown_between
from adapters.database_types import DATABASES, IN_CLUSTER, originals
from adapters.restore_tests import CRON_JOB, RestoreTests
from framework import Absence, Declaration, Property, Resource, Settings, Verdict, resource_rule, stack_rule

WHY = "A lost or damaged database can only be restored from a backup"
CLAUSES = ("runbooks: database backups", *clouds.clauses("database-backups"))
RETENTION_KEY = "backup.retentionDays"
RETENTION = {
    "minimumRetentionDays": {
        "type": "integer",
        "minimum": 1,
        "maximum": 3650,
        "default": 7,
        "description": "Minimum retention of database backups, in days.",
    }
}


@resource_rule(
    Declaration(
        name="database-backups",
        description="Every database has backups with the declared retention.",
        why=WHY,
        clauses=CLAUSES,
        types=DATABASES.keys(),
        severity=Severity.CRITICAL,
        schema=RETENTION,
    )
)
def database_backups(database: Resource, settings: Settings, verdict: Verdict) -> None:
    """Check a managed database."""
    kind = DATABASES[database.type]
    copy = kind.copy(database)
    if copy.unknown and kind.retention(database).missing:
        verdict.undecided(database, copy, "backup")
    elif copy.missing or copy.unknown:
        _evaluate_retention(database, kind.retention(database), _whole_days, settings, verdict, longest=kind.longest)


SCHEDULE = "kubernetes:postgresql.cnpg.io/v1:ScheduledBackup"
STORE = "kubernetes:barmancloud.cnpg.io/v1:ObjectStore"
BARMAN = "barman-cloud.cloudnative-pg.io"
_DAYS_OF = {"d": 1, "w": 7, "m": 28}


@stack_rule(
    Declaration(
        name="database-backup-schedules",
        description="Every CloudNativePG database has a backup schedule and the declared retention.",
        why=WHY,
        clauses=CLAUSES,
        types=(IN_CLUSTER, SCHEDULE, STORE),
        severity=Severity.CRITICAL,
        schema=RETENTION,
    )
)
def database_backup_schedules(resources: Sequence[Resource], settings: Settings, verdict: Verdict) -> None:
    """Check each CloudNativePG database with its schedules and stores."""
    for cluster in (each for each in resources if each.type == IN_CLUSTER):
        _evaluate_schedule(cluster, [each for each in resources if each.type == SCHEDULE], verdict)
        retention = _retention_of(cluster, [each for each in resources if each.type == STORE])
        _evaluate_retention(cluster, retention, _policy_days, settings, verdict)


def _evaluate_schedule(cluster: Resource, schedules: Sequence[Resource], verdict: Verdict) -> None:
    """Check the schedules; a suspended one makes no backup."""
    active = [each for each in schedules if each["spec"]["suspend"].value is not True]
    matches = {each.urn: refers(each, each["spec"]["cluster"]["name"], cluster) for each in active}
    if Match.YES in matches.values():
        return
    maybe = next((each for each in active if matches[each.urn] is Match.MAYBE), None)
    if maybe:
        verdict.undecided(cluster, unknown_between(maybe, maybe["spec"]["cluster"], cluster), "backup")
    else:
        verdict.violated(cluster, "has no ScheduledBackup", "backup")


def _retention_of(cluster: Resource, stores: Sequence[Resource]) -> Property:
    """Return the retention in the cluster itself, or in the store of its Barman plugin."""
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
    """Return the retention of the named store, or an unknown if several stores may match."""
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
    """Return the days of CloudNativePG's retention format: `30d`, `4w`, `1m`."""
    written = re.fullmatch(r"([1-9]\d{0,4})([dwm])", retention.text or "")
    return int(written[1]) * _DAYS_OF[written[2]] if written else None


def _evaluate_retention(
    database: Resource,
    retention: Property,
    days_of: Callable[[Property], int | None],
    settings: Settings,
    verdict: Verdict,
    *,
    longest: int | None = None,
) -> None:
    """Check that backups are retained for the stack's minimum and for the declared days, up to the service's maximum."""
    needed = _needed_days(database, int(settings["minimumRetentionDays"]), verdict)
    days = days_of(retention)
    if needed is None:
        return
    needed = needed if longest is None else min(needed, longest)
    if retention.unknown:
        verdict.undecided(database, retention, RETENTION_KEY)
    elif retention.missing:
        verdict.violated(database, f"has no backups: {retention.path} is not set", RETENTION_KEY, needed)
    elif days is None:
        verdict.violated(database, f"has no backups: {retention.path} is not a number of days", RETENTION_KEY, needed)
    elif days < needed:
        problem = f"retains backups for {days} days, fewer than the {needed} required"
        verdict.violated(database, problem, RETENTION_KEY, needed)


def _needed_days(database: Resource, minimum: int, verdict: Verdict) -> int | None:
    """Return the larger of minimum and declared days; None if the declaration itself was reported."""
    declared = database.annotation("backup-retention")
    if declared.missing:
        return minimum
    if declared.unknown:
        verdict.undecided(database, declared, "backup")
    elif declared.text == "none":
        verdict.violated(database, "is declared without a backup", "backup")
    elif re.fullmatch(r"\d{1,4}", declared.text or ""):
        return max(minimum, int(declared.text or ""))
    else:
        verdict.violated(
            database, f"declares an invalid retention: {declared.path} is not a number of days", RETENTION_KEY
        )
    return None


SECOND_REGION = {
    "secondRegion": {
        "type": "boolean",
        "default": False,
        "description": "Whether backups must also be in a second region.",
    }
}


@stack_rule(
    Declaration(
        name="database-backup-copies",
        description="Where the stack requires it, backups of each managed database are copied to a second region.",
        why="The loss of a region loses a database and the backups in the same region",
        clauses=(
            "runbook: expenses, step 1.1",
            "runbook: marketplace, 11.3",
            *clouds.clauses("database-backup-copies"),
        ),
        types=(*DATABASES, *clouds.types(lambda cloud: cloud.vault_types)),
        severity=Severity.CRITICAL,
        schema=SECOND_REGION,
    )
)
def database_backup_copies(resources: Sequence[Resource], settings: Settings, verdict: Verdict) -> None:
    """Check the setting of a cloud that copies backups itself, or else the vaults."""
    if not settings["secondRegion"]:
        return
    vaults = [each.vaults(resources) for each in clouds.CLOUDS.values() if each.vaults]
    for database in originals(resources, verdict):
        copied = DATABASES[database.type].copied
        if copied:
            copied.evaluate(database, verdict)
        else:
            _evaluate_vaults(database, [pair for of in vaults for pair in of(database)], verdict)


def _evaluate_vaults(database: Resource, copies: Sequence[tuple[Property, Property]], verdict: Verdict) -> None:
    """Compare the regions of the database and of each copy."""
    if any(here.text and there.text and here.text != there.text for here, there in copies):
        return
    unknown = next((each for pair in copies for each in pair if each.unknown), None)
    if unknown:
        verdict.undecided(database, unknown, "backup.copyToSecondRegion")
    else:
        problem = "has backups in one region only: no backup plan copies them to a vault in another region"
        verdict.violated(database, problem, "backup.copyToSecondRegion", True)


@stack_rule(
    Declaration(
        name="database-restore-tests",
        description="Every database has a scheduled restore test.",
        why="A backup that was never restored may be unusable",
        clauses=("runbook: marketplace, 11.1", "NIST CSF 2.0 PR.DS-11", *clouds.clauses("database-restore-tests")),
        types=(*DATABASES, IN_CLUSTER, *clouds.types(lambda cloud: cloud.test_types), CRON_JOB),
        severity=Severity.HIGH,
    )
)
def database_restore_tests(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check each database with the cloud's restore tests, and with its own CronJobs."""
    of_clouds = [each.tests(resources) for each in clouds.CLOUDS.values() if each.tests]
    jobs = RestoreTests(resources)
    clusters = [each for each in resources if each.type == IN_CLUSTER]
    for database in (*originals(resources, verdict), *clusters):
        tests = [test for of in of_clouds for test in of(database)]
        keys = [database.urn, *([database.source] if database.source else [])]
        match, decisive = max([*tests, *jobs.of(*keys)], key=lambda each: each[0], default=(Match.NO, None))
        if match is Match.MAYBE and decisive:
            verdict.undecided(database, decisive.first_unknown or decisive, "restoreTest")
        elif match is Match.NO:
            verdict.violated(database, "has no restore test", "restoreTest")


def _evaluate_instances(cluster: Resource, _settings: Settings, verdict: Verdict) -> None:
    instances = cluster["spec"]["instances"]
    if instances.unknown:
        verdict.undecided(cluster, instances, "highAvailability")
    elif (instances.whole_number or 1) < 2:
        verdict.violated(cluster, f"is lost with its node: {instances.path} is less than 2", "highAvailability", True)


_STANDBY: Mapping[str, Evaluation] = {
    **clouds.alone("database-standby"),
    IN_CLUSTER: _evaluate_instances,
}


@resource_rule(
    Declaration(
        name="database-standby",
        description="Databases of production have a standby.",
        why="Without one the loss of a zone or a node is an outage for as long as a restore takes",
        clauses=("runbooks: recovery objectives", *clouds.clauses("database-standby")),
        types=_STANDBY.keys(),
        severity=Severity.HIGH,
        is_advice=True,
    )
)
def database_standby(database: Resource, settings: Settings, verdict: Verdict) -> None:
    """Check one database."""
    _STANDBY[database.type](database, settings, verdict)


LOCKS = clouds.table(lambda cloud: cloud.locks)


@stack_rule(
    Declaration(
        name="database-protection",
        description="No database can be deleted by mistake, and deleting one leaves a final backup.",
        why="Deleting a database also deletes its automated backups",
        clauses=(
            "runbooks: never drop what holds data without a verified backup",
            *clouds.clauses("database-protection"),
        ),
        types=(*DATABASES, IN_CLUSTER, *LOCKS),
        severity=Severity.CRITICAL,
    )
)
def database_protection(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check the cloud's deletion protection or, if it has none, its lock or Pulumi's `protect`."""
    locks = [each for each in resources if each.type in LOCKS]
    locked = {urn: each for each in locks for urn in each.dependencies}
    by_scope = {each[LOCKS[each.type].scope].text or "": each for each in locks}
    for database in originals(resources, verdict):
        kept = DATABASES[database.type].kept
        for safeguard in kept:
            safeguard.evaluate(database, verdict)
        if not kept:
            _evaluate_lock(database, locked.get(database.urn) or by_scope.get(database["id"].text or "?"), verdict)
    for cluster in (each for each in resources if each.type == IN_CLUSTER):
        _evaluate_lock(cluster, None, verdict)


def _evaluate_lock(database: Resource, lock: Resource | None, verdict: Verdict) -> None:
    level = lock[LOCKS[lock.type].level] if lock else Property(Absence.MISSING)
    if database.protected or (lock and level.text in LOCKS[lock.type].safe):
        return
    if level.unknown:
        verdict.undecided(database, level, "deletionProtection")
    else:
        problem = "can be deleted by mistake: it has neither Pulumi's protect option nor a lock"
        verdict.violated(database, problem, "deletionProtection", True)
