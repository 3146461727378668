"""`slipway restore`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cli import jobs
from cli.placed import refused
from cli.selection import select
from cli.target import Target, reached, system_on
from live.cluster.api import Api, Document
from live.cluster.following import Ended
from live.cluster.jobs import CRON_JOBS, from_cron_job, stamped
from settings.problems import nearest
from settings.stacks import PlacedSystem

OK, FAILED = 0, 1
NEWEST = "newest"
TIME = "%Y-%m-%dT%H:%M:%SZ"
MEANINGS = {1: "the step's line says why"}
EXAMPLE = "2026-11-05T02:30:00Z"


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the command line says beside the stack."""

    system: str
    database: str
    target: Target
    at: str | None = None
    printed: bool = False
    timeout: float | None = None


def run(cwd: Path, stack: str | None, file: Path | None, request: Request) -> int:
    """Restores a dump beside the live database and returns the exit status. Raises InvalidSettings, CloudFailure."""
    selected = select(cwd, stack, file).stack
    now = datetime.now(UTC)
    cluster, placed = system_on(selected, request.system, request.target)
    _check_dumped(placed, request.database)
    at = NEWEST if request.at is None else _checked(request.at, now)
    there = reached(selected, cluster.name, request.target)
    found = _template(there.api, placed.namespace, restore_name(request.database), there.context)
    job = from_cron_job(found, stamped(found["metadata"]["name"], now), AT=at)
    if request.printed:
        print(jobs.document(job), end="")
        return OK
    return _told(request.database, jobs.carry_out(there.api, job, request.timeout))


def restore_name(database: str) -> str:
    """The suspended CronJob that `slipway restore` starts Jobs from."""
    return f"{database.replace('_', '-')}-restore"


def _check_dumped(placed: PlacedSystem, name: str) -> None:
    declared = placed.definition.databases
    if name not in declared:
        raise refused(f"--database {name} is not a database of {placed.name}{nearest(name, declared)}")
    database = declared[name]
    if database.engine != "postgres" or database.placement != "managed" or database.backup == "none":
        raise refused(f"no dumps are made of {placed.name}/{name}; docs/backups.md says which databases have some")


def _checked(text: str, now: datetime) -> str:
    try:
        time = datetime.strptime(text, TIME).replace(tzinfo=UTC)
    except ValueError:
        time = None
    # strptime takes single digits too, which the Job would not.
    if time is None or f"{time:{TIME}}" != text:
        raise refused(f"--at {text} is not a time in UTC, for example {EXAMPLE}")
    if time > now:
        raise refused(
            f"--at {text} is in the future: it is {now:{TIME}} now; no dump is of then, for example {EXAMPLE}"
        )
    return text


def _template(api: Api, namespace: str, name: str, context: str) -> Document:
    found = api.get(f"{CRON_JOBS.format(namespace=namespace)}/{name}")
    if found is None:
        raise refused(f"{context} has no CronJob {namespace}/{name} to restore with; run `pulumi up` first")
    return found


def _told(database: str, ended: Ended) -> int:
    """The log's own last lines say how to put the new database in place."""
    if not ended.succeeded:
        jobs.note(f"slipway: the restore of {database} {jobs.failure(ended, MEANINGS)}; {database} is untouched")
        return FAILED
    made = [found[1] for step in jobs.steps(ended) if (found := re.search(r" into (\S+): ", step.get("detail", "")))]
    jobs.note(f"restored into {made[-1]}, beside {database}" if made else f"restored beside {database}")
    return OK
