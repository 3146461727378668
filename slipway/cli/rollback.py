"""`slipway rollback`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from slipway.cli import job_runner
from slipway.cli.cluster_options import ClusterOptions, connected, system_on
from slipway.cli.lookup import refused
from slipway.cli.selection import select_slipway
from slipway.ops.cluster import migration_history, release_client
from slipway.ops.cluster.api import Api
from slipway.ops.cluster.following import Ended
from slipway.ops.cluster.migration_history import History, Job
from slipway.release.status import IN_PROGRESS
from slipway.reports import release_status
from slipway.settings.problems import nearest
from slipway.settings.releases import Migration
from slipway.settings.stacks import DeployedSystem

OK, FAILED, BAD_INPUT = 0, 1, 2
"""Exit status (`slipway.cli.exits`): rolled back, not rolled back, not possible."""
MEANINGS = {
    1: "a check or a statement failed",
    2: "there is no rollback file",
    3: "the file of the applied migration was changed",
    4: "blocked by locks or by another migration",
    5: "the server was unreachable",
    143: "the pod was terminated",
}
"""Meanings of the exit statuses in docs/migrations.md."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """Options of the command line besides the stack."""

    system: str
    migration: str
    target: ClusterOptions
    printed: bool = False
    sure: bool = False
    timeout: float | None = None


def run(cwd: Path, stack: str | None, file: Path | None, request: Request) -> int:
    """Roll back the migration and return the exit status. Raises InvalidSettings and CloudFailure."""
    selected = select_slipway(cwd, stack, file).stack
    cluster, deployed = system_on(selected, request.system, request.target)
    migration = _declared(deployed, request.migration)
    if not (request.printed or request.sure or sys.stdin.isatty()):
        raise refused("this rollback deletes rows, and there is no terminal to confirm: pass --yes")
    connection = connected(selected, cluster.name, request.target)
    history = migration_history.history(connection.api, deployed.namespace)
    job = migration_history.rollback(_find_job(history, migration, connection.context), datetime.now(UTC))
    if request.printed:
        print(job_runner.document(job), end="")
        return OK
    job_runner.note(_warning(deployed, migration, history, connection.context))
    if in_progress := _release_in_progress(connection.api, deployed):
        job_runner.note(in_progress)
    if not (request.sure or _confirmed()):
        job_runner.note("nothing was changed")
        return BAD_INPUT
    return _report_result(migration, job_runner.carry_out(connection.api, job, request.timeout))


def _declared(deployed: DeployedSystem, name: str) -> Migration:
    declared = {each.name: each for each in deployed.definition.migrations}
    if name not in declared:
        raise refused(f"--migration {name} is not a migration of {deployed.name}{nearest(name, declared)}")
    migration = declared[name]
    if migration.command is not None:
        raise refused(f"{name} is applied by a program and has no rollback: restore a backup, see docs/backups.md")
    if migration.rollback is None:
        raise refused(f"{name} declares no `rollback` file: restore a dump, see docs/backups.md")
    return migration


def _find_job(history: History, migration: Migration, context: str) -> Job:
    """Return the Job that was run, which may be older than the declared one."""
    made = history.last_job(migration.name)
    if made is None:
        raise refused(f"{migration.name} was never applied on {context}, so there is nothing to roll back")
    if not migration_history.has_way_back(made):
        rule = "had no rollback file when it was applied: run `pulumi up` first to deploy the declared one"
        raise refused(f"{migration.name} {rule}")
    return made


def _warning(deployed: DeployedSystem, migration: Migration, history: History, context: str) -> str:
    text = (
        f"{deployed.name} on {context}: {migration.rollback} rolls back {migration.name} in {migration.database}. "
        "Rows that it deletes can only be restored from a backup."
    )
    if slots := _needing(deployed, migration):
        # The rollback may be intended, but its effect on visitors must be known beforehand.
        text += f"\n{' and '.join(slots)} requires it and is running: move its traffic away first, or it will fail"
    later = [each for each in _later(deployed, migration) if history.is_applied(each)]
    return f"{text}\napplied later in the same database, and not rolled back: {', '.join(later)}" if later else text


def _release_in_progress(api: Api, deployed: DeployedSystem) -> str:
    """Return a warning if the controller is at work on the same database."""
    release = release_client.find(api, deployed.namespace, deployed.name)
    if release is None or release.status.phase not in IN_PROGRESS:
        return ""
    sentence = release_status.sentence(release.spec, release.status)
    abort = f"slipway release abort --system {deployed.name} --reason …"
    return f"a release is in progress ({sentence}): `{abort}` rolls its migrations back itself, if visitors need that"


def _needing(deployed: DeployedSystem, migration: Migration) -> list[str]:
    """Return the slots whose version needs the migration, with their share of traffic."""
    slots = {slot: deployed.deployment.slot(slot).version for slot in ("blue", "green")}
    return [
        f"slot {slot} ({version}, {deployed.deployment.weight(slot)} % of traffic)"
        for slot, version in slots.items()
        if version is not None and migration.phase != "contract" and migration.is_needed_by(version)
    ]


def _later(deployed: DeployedSystem, migration: Migration) -> list[str]:
    """Return the later migrations of the same database, in order."""
    declared = deployed.definition.migrations
    after = declared[[each.name for each in declared].index(migration.name) + 1 :]
    return [each.name for each in after if each.database == migration.database and each.phase != "contract"]


def _confirmed() -> bool:
    print("Roll back? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _report_result(migration: Migration, ended: Ended) -> int:
    if not ended.succeeded:
        job_runner.note(f"slipway: the rollback of {migration.name} {job_runner.failure(ended, MEANINGS)}")
        return FAILED
    nothing = [step.get("detail") for step in job_runner.steps(ended)][-1:] == ["nothing to do"]
    job_runner.note(f"{migration.name}: {'nothing to do, it is not applied' if nothing else 'rolled back'}")
    return OK
