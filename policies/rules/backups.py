"""Every database is backed up, its backups are kept as long as was declared, and no mistake loses both.

Databases of the CloudNativePG operator are spread over several objects, so a rule on the stack judges those.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence

from pulumi_policy import Severity

from frame import Absence, Declaration, Property, Resource, Settings, Verdict, resource_rule, stack_rule
from kinds.cluster_objects import Match, refers, unknown_between
from kinds.databases import DATABASES, IN_CLUSTER, originals
from kinds.vaults import PLAN, SELECTION, TEST, Copies, Selections, region_of, restores

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
        types=(IN_CLUSTER, SCHEDULE, STORE),
        severity=Severity.CRITICAL,
        schema=RETENTION,
    )
)
def database_backup_schedules(resources: Sequence[Resource], settings: Settings, verdict: Verdict) -> None:
    """Judge each database of CloudNativePG with its schedules and stores."""
    for cluster in (each for each in resources if each.type == IN_CLUSTER):
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


SECOND_REGION = {
    "secondRegion": {
        "type": "boolean",
        "default": False,
        "description": "Whether backups must also be in a region other than their database's.",
    }
}


@stack_rule(
    Declaration(
        name="database-backup-copies",
        description="Where a stack asks for it, backups of each managed database are copied to a second region.",
        why="The loss of a region takes a database and the backups beside it",
        clauses=("runbook: expenses, step 1.1", "runbook: marketplace, 11.3", "AWS Well-Architected: REL13-BP02"),
        types=(*DATABASES, PLAN, SELECTION),
        severity=Severity.CRITICAL,
        schema=SECOND_REGION,
    )
)
def database_backup_copies(resources: Sequence[Resource], settings: Settings, verdict: Verdict) -> None:
    """Judge the setting of a cloud that copies by itself, else what vaults do."""
    if not settings["secondRegion"]:
        return
    copies = Copies(resources)
    for database in originals(resources, verdict):
        copied = DATABASES[database.type].copied
        if copied:
            copied.judge(database, verdict)
        else:
            _judge_vaults(database, list(copies.of(database)), verdict)


def _judge_vaults(database: Resource, copies: Sequence[tuple[Property, Property]], verdict: Verdict) -> None:
    unknown = next((each for arn, vault in copies for each in (arn, vault, _home(database, arn)) if each.unknown), None)
    if any(_elsewhere(database, arn, vault) for arn, vault in copies):
        return
    if unknown:
        verdict.undecided(database, unknown, "backup.copyToSecondRegion")
    else:
        problem = "has its backups in one region only: no plan copies them to a vault in another"
        verdict.violated(database, problem, "backup.copyToSecondRegion")


def _home(database: Resource, arn: Property) -> Property:
    """The ARN that says where the database is: that which names it, or its own if that means all regions."""
    return arn if region_of(arn) else database["arn"]


def _elsewhere(database: Resource, arn: Property, vault: Property) -> bool:
    regions = [region_of(_home(database, arn)), region_of(vault)]
    return all(regions) and regions[0] != regions[1]


CRON_JOB = "kubernetes:batch/v1:CronJob"
RESTORE_TEST = "-restore-test"
"""What the name of a CronJob ends with that restores the newest dump."""


@stack_rule(
    Declaration(
        name="database-restore-tests",
        description="A backup of every database is restored on a schedule, to see whether it can be.",
        why="A backup that was never restored may be none",
        clauses=("runbook: marketplace, 11.1", "AWS Well-Architected: REL09-BP04", "NIST CSF 2.0 PR.DS-11"),
        types=(*DATABASES, IN_CLUSTER, TEST, CRON_JOB),
        severity=Severity.HIGH,
    )
)
def database_restore_tests(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Judge each database with the cloud's tests, and with the CronJobs that come from it."""
    clouds = Selections(resources, TEST, "protectedResourceArns")
    jobs = _Jobs(resources)
    clusters = [each for each in resources if each.type == IN_CLUSTER]
    for database in (*originals(resources, verdict), *clusters):
        tests = [
            (restores(test, named, database), test["protectedResourceArns"]) for test, named, _ in clouds.of(database)
        ]
        match, decisive = max([*tests, *jobs.of(database)], key=lambda each: each[0], default=(Match.NO, None))
        if match is Match.MAYBE and decisive:
            verdict.undecided(database, decisive.first_unknown or decisive, "restoreTest")
        elif match is Match.NO:
            verdict.violated(database, "is covered by no restore test, so its backups are unproven", "restoreTest")


class _Jobs:
    """CronJobs that restore dumps, by what they were made from and by the place that declares them."""

    def __init__(self, resources: Sequence[Resource]) -> None:
        self._found: dict[str, list[Resource]] = defaultdict(list)
        for job in (each for each in resources if each.type == CRON_JOB and _may_test(each)):
            for key in (*job.dependencies, job.source):
                self._found[key].append(job)

    def of(self, database: Resource) -> list[tuple[Match, Property]]:
        """Whether each that comes from the database tests it, with the property that decides."""
        keys = [database.urn, *([database.source] if database.source else [])]
        return [_runs(job) for key in keys for job in self._found.get(key, ())]


def _may_test(job: Resource) -> bool:
    name = job["metadata"]["name"]
    return name.unknown or (name.text or "").endswith(RESTORE_TEST)


def _runs(job: Resource) -> tuple[Match, Property]:
    """One that is suspended tests nothing."""
    name, suspend = job["metadata"]["name"], job["spec"]["suspend"]
    if suspend.unknown or suspend.value is True:
        return (Match.MAYBE if suspend.unknown else Match.NO), suspend
    return (Match.MAYBE if name.unknown else Match.YES), name


LOCK = "azure-native:authorization:ManagementLockByScope"


@stack_rule(
    Declaration(
        name="database-protection",
        description="No database can be deleted by mistake, and one that is deleted leaves a last backup.",
        why="What deletes a database takes its own backups with it",
        clauses=(
            "runbooks: never drop what holds data without a verified backup",
            "AWS Foundational Security Best Practices: RDS.7, RDS.8, DocumentDB.5",
        ),
        types=(*DATABASES, IN_CLUSTER, LOCK),
        severity=Severity.CRITICAL,
    )
)
def database_protection(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Judge the cloud's own protection; where it has none, its lock or Pulumi's protection."""
    locks = [each for each in resources if each.type == LOCK]
    locked = {urn: each for each in locks for urn in each.dependencies}
    by_scope = {each["scope"].text or "": each for each in locks if each["scope"].text}
    for database in originals(resources, verdict):
        kept = DATABASES[database.type].kept
        for safeguard in kept:
            safeguard.judge(database, verdict)
        if not kept:
            _judge_lock(database, locked.get(database.urn) or by_scope.get(database["id"].text or ""), verdict)
    for cluster in (each for each in resources if each.type == IN_CLUSTER):
        _judge_lock(cluster, None, verdict)


def _judge_lock(database: Resource, lock: Resource | None, verdict: Verdict) -> None:
    level = lock["level"] if lock else Property(Absence.MISSING)
    if database.protected or level.text in ("CanNotDelete", "ReadOnly"):
        return
    if level.unknown:
        verdict.undecided(database, level, "deletionProtection")
    else:
        problem = "can be deleted by mistake: neither Pulumi protects it nor does a lock of its cloud"
        verdict.violated(database, problem, "deletionProtection")
