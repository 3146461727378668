"""`slipway rollback`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cli import jobs
from cli.placed import refused
from cli.selection import select
from cli.target import Target, reached, system_on
from live.cluster import migrations
from live.cluster.following import Ended
from live.cluster.migrations import History, Job
from settings.problems import nearest
from settings.releases import Migration
from settings.stacks import PlacedSystem

OK, FAILED, BAD_INPUT = 0, 1, 2
MEANINGS = {
    1: "a check or a statement failed",
    2: "there is no rollback file",
    3: "the file of the applied migration was changed",
    4: "locks, or another migration, were in the way",
    5: "the server was out of reach",
    143: "the pod was told to stop",
}
"""Of the exit statuses in docs/migrations.md."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the command line says beside the stack."""

    system: str
    migration: str
    target: Target
    printed: bool = False
    sure: bool = False
    timeout: float | None = None


def run(cwd: Path, stack: str | None, file: Path | None, request: Request) -> int:
    """Takes the migration back and returns the exit status. Raises InvalidSettings and CloudFailure."""
    selected = select(cwd, stack, file).stack
    cluster, placed = system_on(selected, request.system, request.target)
    migration = _declared(placed, request.migration)
    if not (request.printed or request.sure or sys.stdin.isatty()):
        raise refused("a rollback deletes rows and nobody can be asked here; say --yes if that is meant")
    there = reached(selected, cluster.name, request.target)
    history = migrations.history(there.api, placed.namespace)
    job = migrations.rollback(_made(history, migration, there.context), datetime.now(UTC))
    if request.printed:
        print(jobs.document(job), end="")
        return OK
    jobs.note(_warning(placed, migration, history, there.context))
    if not (request.sure or _confirmed()):
        jobs.note("nothing was changed")
        return BAD_INPUT
    return _told(migration, jobs.carry_out(there.api, job, request.timeout))


def _declared(placed: PlacedSystem, name: str) -> Migration:
    declared = {each.name: each for each in placed.definition.migrations}
    if name not in declared:
        raise refused(f"--migration {name} is not a migration of {placed.name}{nearest(name, declared)}")
    migration = declared[name]
    if migration.command is not None:
        raise refused(f"{name} is made by a program, which has no way back; restore a backup: docs/backups.md")
    if migration.rollback is None:
        raise refused(f"{name} declares no `rollback` file, so it has no way back; restore a dump: docs/backups.md")
    return migration


def _made(history: History, migration: Migration, context: str) -> Job:
    """What was run, which may be older than what is declared."""
    made = history.made(migration.name)
    if made is None:
        raise refused(f"{migration.name} was never run on {context}, so there is nothing to take back")
    if not migrations.has_way_back(made):
        rule = "had no rollback file when it was run; bring the one that is declared there with `pulumi up` first"
        raise refused(f"{migration.name} {rule}")
    return made


def _warning(placed: PlacedSystem, migration: Migration, history: History, context: str) -> str:
    text = (
        f"{placed.name} on {context}: {migration.rollback} takes {migration.name} back in {migration.database}. "
        "The rows that it deletes are gone; their way back is a backup."
    )
    later = [each for each in _later(placed, migration) if history.stands(each)]
    return f"{text}\nmade later in the same database, and not taken back: {', '.join(later)}" if later else text


def _later(placed: PlacedSystem, migration: Migration) -> list[str]:
    """Of the same database, in order."""
    declared = placed.definition.migrations
    after = declared[[each.name for each in declared].index(migration.name) + 1 :]
    return [each.name for each in after if each.database == migration.database and each.phase != "contract"]


def _confirmed() -> bool:
    print("Take it back? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _told(migration: Migration, ended: Ended) -> int:
    if not ended.succeeded:
        jobs.note(f"slipway: the rollback of {migration.name} {jobs.failure(ended, MEANINGS)}")
        return FAILED
    nothing = [step.get("detail") for step in jobs.steps(ended)][-1:] == ["nothing to do"]
    jobs.note(f"{migration.name}: {'nothing to do, it is not there' if nothing else 'taken back'}")
    return OK
