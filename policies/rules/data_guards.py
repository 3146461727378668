"""Locks, versioning, replication and schedules that protect data stay in place."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pulumi_policy import Severity

from adapters import clouds, operated_settings
from adapters.clouds.contract import Purpose, Schedules
from adapters.database_types import DATABASES
from adapters.safeguards import every
from adapters.schedule_formats import NEVER, longest_gap
from framework import Declaration, Property, Resource, Settings, Verdict, resource_rule, stack_rule

CRON_JOB = "kubernetes:batch/v1:CronJob"
CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"
GUARDS = clouds.table(lambda cloud: cloud.guards)
DAYS = clouds.table(lambda cloud: cloud.kept_days)
DELETING = {**clouds.alone("deletion-guards"), **operated_settings.DURABLE}
"""Checks of what is deleted or lost by itself."""
SCHEDULES = {
    **clouds.table(lambda cloud: cloud.schedules),
    "kubernetes:postgresql.cnpg.io/v1:ScheduledBackup": Schedules(lambda backup: [backup["spec"]["schedule"]]),
}


@resource_rule(
    Declaration(
        name="deletion-guards",
        description="Buckets, vaults, keys and secrets are versioned, and can be recovered for days after deletion.",
        why="An accidental deletion is often noticed days later",
        clauses=(
            "runbooks: never drop what holds data without a verified backup",
            *clouds.clauses("deletion-guards"),
        ),
        types=(*GUARDS, *DAYS, *DELETING),
        severity=Severity.CRITICAL,
    )
)
def deletion_guards(resource: Resource, settings: Settings, verdict: Verdict) -> None:
    """Check the settings of one resource."""
    for safeguard in () if _is_copy(resource) else GUARDS.get(resource.type, ()):
        safeguard.evaluate(resource, verdict)
    for path, least in DAYS.get(resource.type, ()):
        for days in every(resource.properties, path):
            if days.unknown:
                verdict.undecided(resource, days)
            elif days.present and (days.whole_number is None or days.whole_number < least):
                verdict.violated(
                    resource, f"retains deleted data for too short a time: {days.path} is less than {least} days"
                )
    if resource.type in DELETING:
        DELETING[resource.type](resource, settings, verdict)


def _is_copy(resource: Resource) -> bool:
    """Return whether it is a read replica, which can be recreated."""
    return resource.type in DATABASES and DATABASES[resource.type].copy(resource).present


@stack_rule(
    Declaration(
        name="version-and-lock",
        description="Every bucket is versioned, and every backup vault is locked.",
        why="Files and backups are mostly overwritten or deleted by a faulty program",
        clauses=clouds.clauses("version-and-lock"),
        types=clouds.together("version-and-lock"),
        severity=Severity.HIGH,
    )
)
def version_and_lock(resources: Sequence[Resource], settings: Settings, verdict: Verdict) -> None:
    """Check each bucket and vault with its related resources."""
    clouds.evaluate_together("version-and-lock", resources, settings, verdict)


@stack_rule(
    Declaration(
        name="replication-elsewhere",
        description="Bucket replication covers the whole bucket and targets another region.",
        why="A copy in the same region is lost with its source",
        clauses=clouds.clauses("replication-elsewhere"),
        types=clouds.together("replication-elsewhere"),
        severity=Severity.HIGH,
    )
)
def replication_elsewhere(resources: Sequence[Resource], settings: Settings, verdict: Verdict) -> None:
    """Check each configuration by its buckets; a bucket in another account is outside the stack."""
    clouds.evaluate_together("replication-elsewhere", resources, settings, verdict)


@resource_rule(
    Declaration(
        name="data-protect",
        description="Resources that hold data have Pulumi's protect option.",
        why="A renamed component, a moved folder or a wrong stack makes Pulumi delete the resource",
        clauses=("Pulumi: the protect option", "runbooks: never drop what holds data without a verified backup"),
        types=(*clouds.types(lambda cloud: cloud.protected), CLAIM),
        severity=Severity.CRITICAL,
    )
)
def data_protect(resource: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check the option `protect`, not a property; read replicas and the files of a site can be recreated."""
    made_anew = _is_copy(resource) or ":sites." in resource.source
    if not resource.protected and not made_anew:
        verdict.violated(resource, "can be deleted by an update: the option protect is not set")


@resource_rule(
    Declaration(
        name="backup-schedules",
        description="Backups and restore tests run as often as the stack requires.",
        why="A backup that is due on the 30th of February looks like one until it is needed",
        clauses=("runbooks: database backups", "runbook: marketplace, 11.1"),
        types=(CRON_JOB, *SCHEDULES),
        severity=Severity.CRITICAL,
        schema={
            "backupHours": {
                "type": "integer",
                "minimum": 1,
                "default": 25,
                "description": "Hours between two backups of a database or a volume at most.",
            },
            "copyHours": {
                "type": "integer",
                "minimum": 1,
                "default": 192,
                "description": "Hours between two copies at most of what holds backups.",
            },
            "testHours": {
                "type": "integer",
                "minimum": 1,
                "default": 768,
                "description": "Hours between two tests at most that restore a backup.",
            },
        },
    )
)
def backup_schedules(resource: Resource, settings: Settings, verdict: Verdict) -> None:
    """Check the schedule; of several rules in a plan the most frequent one counts, because each makes a backup."""
    found = _schedules(resource)
    if found is None:
        return
    schedules, longest = found[0], int(settings[found[1].value])
    unknown = next((each for each in schedules if each.unknown), None)
    gaps = [longest_gap(each.text or "") for each in schedules if not each.unknown]
    known = [each for each in gaps if each is not None]
    where = schedules[0].path
    if unknown is not None and not known:
        verdict.undecided(resource, unknown)
    elif len(known) < len(gaps):
        verdict.violated(resource, f"never runs: {where} is no schedule of a day that comes")
    elif min(known, default=NEVER) > longest:
        runs = "runs once at most" if min(known, default=NEVER) == NEVER else f"runs {min(known):.0f} hours apart"
        verdict.violated(resource, f"{runs}, and must within {longest}: {where}")


_NAMED = re.compile(r".*-(?P<kind>restore-test|dump|archive)")


def _schedules(resource: Resource) -> tuple[list[Property], Purpose] | None:
    """Return the schedules of backups, copies or tests; `database-restore-tests` reports a missing test."""
    if resource.type == CRON_JOB:
        return _of_job(resource)
    kind = SCHEDULES[resource.type]
    schedules = kind.of(resource)
    return (schedules, kind.purpose) if schedules else None


def _of_job(job: Resource) -> tuple[list[Property], Purpose] | None:
    named, suspended = _NAMED.fullmatch(job["metadata"]["name"].text or ""), job["spec"]["suspend"]
    if named is None:
        return None
    purpose = Purpose.TEST if named["kind"] == "restore-test" else Purpose.BACKUP
    if suspended.value is True:
        return ([Property("", suspended.path)], purpose) if purpose is Purpose.BACKUP else None
    return [job["spec"]["schedule"]], purpose
