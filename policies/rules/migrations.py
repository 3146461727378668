"""Every migration can be undone: a backup before it, a check after it, a way back, and one try that leaves its traces.

A migration is a Job with the files that it runs in a ConfigMap. One of documents is a program of a service instead, of
which Slipway knows no files.
"""

from __future__ import annotations

from collections.abc import Sequence

from pulumi_policy import Severity

from frame import Declaration, Property, Resource, Settings, Verdict, resource_rule, stack_rule
from kinds.cluster_objects import Match, same_place
from kinds.containers import pod_of
from kinds.migrations import (
    BACKUP,
    CONFIG_MAP,
    JOB,
    OWNER,
    databases_of,
    declared,
    is_migration,
    runs_program,
    unawaited,
)


@stack_rule(
    Declaration(
        name="migration-backup",
        description="Every migration in SQL waits for a verified backup of the database that it changes.",
        why="What a migration destroys comes back from a backup only, and one from last night lacks the day",
        clauses=("runbooks: database backup before the migration",),
        types=(JOB,),
        severity=Severity.CRITICAL,
    )
)
def migration_backup(jobs: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Judge each migration with the Jobs that it depends on. Databases of documents are backed up by their servers at
    every moment, which is the business of `database-backups`."""
    by_urn = {each.urn: each for each in jobs}
    for job in (each for each in jobs if is_migration(each) and not runs_program(each)):
        if _holds(job, "backup", "has no verified backup before it", "database", verdict):
            before = [by_urn[urn] for urn in sorted(job.dependencies) if urn in by_urn]
            _judge_backup(job, [each for each in before if not is_migration(each)], verdict)


def _judge_backup(job: Resource, before: Sequence[Resource], verdict: Verdict) -> None:
    """Every database that the migration changes is read, as the role that makes backups, by a Job that ends before."""
    ended = [each for each in before if unawaited(each).text != "true"]
    backups = [each for each in ended if same_place(job, each) is not Match.NO]
    backed_up = {name: read for each in backups for name, read in databases_of(each, BACKUP).items()}
    doubt = next((each for each in backed_up.values() if each.unknown), None)
    changed = databases_of(job, OWNER)
    if not changed:
        verdict.violated(job, "reads the login of no owner, so nobody can say which database it changes", "database")
    for name, read in changed.items():
        unknown = read if read.unknown else doubt
        if name in backed_up and not read.unknown:
            continue
        if unknown and backed_up:
            verdict.undecided(job, unknown, "database")
        else:
            verdict.violated(job, "waits for no Job that backs up the database that it changes", "database")


@resource_rule(
    Declaration(
        name="migration-verification",
        description="Every migration is verified by its own checks.",
        why="A migration without a check reports success when it has changed nothing, or the wrong rows",
        clauses=("runbook: fleet, step 4: verify migration",),
        types=(JOB,),
    )
)
def migration_verification(job: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Judge one migration. A program tells by its exit status, for which what follows must wait."""
    if not is_migration(job):
        return
    if not runs_program(job):
        _holds(job, "verified", "is verified by no check", "verification", verdict)
    elif unawaited(job).unknown:
        verdict.undecided(job, unawaited(job), "blocking")
    elif unawaited(job).text == "true":
        verdict.violated(job, "is a program whose exit status nobody waits for", "blocking")


@resource_rule(
    Declaration(
        name="migration-rollback",
        description="Every migration can be taken back: by its own file, or because the version before it works on.",
        why="A release is taken back in minutes only if its database can be",
        clauses=("runbook: fleet, rollback option 1: database only",),
        types=(JOB,),
    )
)
def migration_rollback(job: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Judge one migration. A program has no file that undoes it, so it must leave the version before it able to work."""
    if not is_migration(job):
        return
    if not runs_program(job):
        _holds(job, "rollback", "has no file that takes it back", "rollback", verdict)
    else:
        problem = "is a program after which the version before it does not work, and nothing takes it back"
        _holds(job, "compatible", problem, "compatible", verdict)


def _holds(job: Resource, fact: str, otherwise: str, key: str, verdict: Verdict) -> bool:
    """Whether the migration says that a fact is true; all else is reported."""
    told = declared(job, fact)
    if told.unknown:
        verdict.undecided(job, told, key)
    elif told.text not in ("true", "false"):
        verdict.violated(job, f"does not tell what it must: {told.path} is neither true nor false", key)
    elif told.text == "false":
        verdict.violated(job, otherwise, key)
    return told.text == "true"


@resource_rule(
    Declaration(
        name="migration-job",
        description="A migration has one try and a fixed content, and stays to be read.",
        why=(
            "A second try runs on what the first has left; a Job that deletes itself is made anew by the next update "
            "and migrates again"
        ),
        clauses=("Kubernetes: Jobs, back-off limit and automatic clean-up",),
        types=(JOB, CONFIG_MAP),
    )
)
def migration_job(resource: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Judge the Job or the ConfigMap of one migration; its deadline and image are judged as those of any Job."""
    if not is_migration(resource):
        return
    if resource.type == CONFIG_MAP:
        _must_be(resource, resource["immutable"], True, "may change under a Job that has run", verdict)
        return
    spec = resource["spec"]
    if spec["ttlSecondsAfterFinished"].present:
        verdict.violated(resource, "deletes itself: spec.ttlSecondsAfterFinished is set")
    _must_be(resource, spec["backoffLimit"], 0, "is tried again after a failure", verdict)
    _must_be(resource, pod_of(resource)["restartPolicy"], "Never", "is tried again after a failure", verdict)


def _must_be(resource: Resource, setting: Property, wanted: object, otherwise: str, verdict: Verdict) -> None:
    value = setting.value if isinstance(wanted, bool | str) else setting.whole_number
    if setting.unknown:
        verdict.undecided(resource, setting)
    elif type(value) is not type(wanted) or value != wanted:
        verdict.violated(resource, f"{otherwise}: {setting.path} is not {wanted}")
