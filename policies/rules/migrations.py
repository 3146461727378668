"""Every migration can be undone: it has a backup, a verification, a rollback, and a single attempt that stays visible.

A migration is a Job with the files that it runs in a ConfigMap. One of documents is a program of a service instead, of
which Slipway knows no files.
"""

from __future__ import annotations

from collections.abc import Sequence

from pulumi_policy import Severity

from adapters.cluster_objects import Match, same_place
from adapters.containers import pod_of
from adapters.migration_jobs import (
    BACKUP,
    CONFIG_MAP,
    JOB,
    OWNER,
    databases_of,
    declared,
    is_migration,
    proves_nothing,
    runs_program,
    takes_nothing_back,
    unawaited,
)
from framework import Declaration, Property, Resource, Settings, Verdict, resource_rule, stack_rule


@stack_rule(
    Declaration(
        name="migration-backup",
        description="Every SQL migration waits for a verified backup of its database.",
        why="What a migration destroys can only be restored from a backup, and last night's lacks the day",
        clauses=("runbooks: database backup before the migration",),
        types=(JOB,),
        severity=Severity.CRITICAL,
    )
)
def migration_backup(jobs: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check each migration with the Jobs that it depends on. Servers of document databases back up continuously, which
    `database-backups` checks."""
    by_urn = {each.urn: each for each in jobs}
    for job in (each for each in jobs if is_migration(each) and not runs_program(each)):
        if _is_declared_true(job, "backup", "has no verified backup before it", "database", verdict):
            before = [by_urn[urn] for urn in sorted(job.dependencies) if urn in by_urn]
            _evaluate_backup(job, [each for each in before if not is_migration(each)], verdict)


def _evaluate_backup(job: Resource, before: Sequence[Resource], verdict: Verdict) -> None:
    """Check that a preceding Job backs up every database that the migration changes, with the backup role's login."""
    ended = [each for each in before if unawaited(each).text != "true"]
    backups = [each for each in ended if same_place(job, each) is not Match.NO]
    backed_up = {name: read for each in backups for name, read in databases_of(each, BACKUP).items()}
    doubt = next((each for each in backed_up.values() if each.unknown), None)
    changed = databases_of(job, OWNER)
    if not changed:
        verdict.violated(job, "does not read an owner's login, so its database is unknown", "database")
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
        why="A migration without a check succeeds even if it changed nothing, or the wrong rows",
        clauses=("runbook: fleet, step 4: verify migration",),
        types=(JOB, CONFIG_MAP),
    )
)
def migration_verification(job: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check one migration. A program reports by its exit status, so dependents must wait for it."""
    if not is_migration(job):
        return
    if job.type == CONFIG_MAP:
        if proves_nothing(job):
            problem = "is verified by nothing: its queries accept every result"
            verdict.violated(job, problem, "verification")
        return
    if not runs_program(job):
        _is_declared_true(job, "verified", "has no verification", "verification", verdict)
    elif unawaited(job).unknown:
        verdict.undecided(job, unawaited(job), "blocking")
    elif unawaited(job).text == "true":
        verdict.violated(job, "is a program whose exit status nothing waits for", "blocking")


@resource_rule(
    Declaration(
        name="migration-rollback",
        description="Every migration can be rolled back: by its own file, or because the previous version still works.",
        why="A release can only be rolled back in minutes if its database can",
        clauses=("runbook: fleet, rollback option 1: database only",),
        types=(JOB, CONFIG_MAP),
    )
)
def migration_rollback(job: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check one migration. A program has no rollback file, so the previous version must be able to run after it."""
    if not is_migration(job):
        return
    if job.type == CONFIG_MAP:
        if takes_nothing_back(job):
            verdict.violated(job, "has a rollback that does nothing: rollback.sql changes nothing", "rollback")
        return
    if not runs_program(job):
        _is_declared_true(job, "rollback", "has no rollback file", "rollback", verdict)
    else:
        problem = "is a program that breaks the previous version and has no rollback"
        _is_declared_true(job, "compatible", problem, "compatible", verdict)


def _is_declared_true(job: Resource, fact: str, otherwise: str, key: str, verdict: Verdict) -> bool:
    """Return whether the migration declares that a fact is true; anything else is reported."""
    declaration = declared(job, fact)
    if declaration.unknown:
        verdict.undecided(job, declaration, key)
    elif declaration.text not in ("true", "false"):
        verdict.violated(job, f"has an invalid annotation: {declaration.path} is neither true nor false", key)
    elif declaration.text == "false":
        verdict.violated(job, otherwise, key)
    return declaration.text == "true"


@resource_rule(
    Declaration(
        name="migration-job",
        description="A migration runs once, with fixed content, and is not deleted afterwards.",
        why=(
            "A retry runs on what the first attempt left; a Job that deletes itself is recreated by the next "
            "update and migrates again"
        ),
        clauses=("Kubernetes: Jobs, back-off limit and automatic clean-up",),
        types=(JOB, CONFIG_MAP),
    )
)
def migration_job(resource: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check the Job or the ConfigMap of one migration; the rules on Jobs check its deadline and image."""
    if not is_migration(resource):
        return
    if resource.type == CONFIG_MAP:
        _must_be(resource, resource["immutable"], True, "may change under a Job that has run", verdict)
        return
    spec = resource["spec"]
    if spec["ttlSecondsAfterFinished"].present:
        verdict.violated(resource, "deletes itself: spec.ttlSecondsAfterFinished is set")
    _must_be(resource, spec["backoffLimit"], 0, "is retried after a failure", verdict)
    _must_be(resource, pod_of(resource)["restartPolicy"], "Never", "is retried after a failure", verdict)


def _must_be(resource: Resource, setting: Property, wanted: object, otherwise: str, verdict: Verdict) -> None:
    value = setting.value if isinstance(wanted, bool | str) else setting.whole_number
    if setting.unknown:
        verdict.undecided(resource, setting)
    elif type(value) is not type(wanted) or value != wanted:
        verdict.violated(resource, f"{otherwise}: {setting.path} is not {wanted}")
