"""`slipway restore`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from slipway.cli import job_runner
from slipway.cli.cluster_options import ClusterOptions, connected, system_on
from slipway.cli.lookup import refused
from slipway.cli.selection import select_slipway
from slipway.ops.cluster.api import Api, Document
from slipway.ops.cluster.following import Ended
from slipway.ops.cluster.jobs import CRON_JOBS, from_cron_job, stamped
from slipway.settings.claims import claims_of
from slipway.settings.problems import nearest
from slipway.settings.stacks import DeployedSystem
from slipway.settings.store_names import restoring, unpacking

OK, FAILED = 0, 1
"""Exit status (`slipway.cli.exits`): restored, or not."""
NEWEST = "newest"
TIME = "%Y-%m-%dT%H:%M:%SZ"
MEANINGS = {1: "see the line of the step"}
EXAMPLE = "2026-11-05T02:30:00Z"


@dataclass(frozen=True, kw_only=True)
class Request:
    """Options of the command line besides the stack."""

    system: str
    target: ClusterOptions
    database: str | None = None
    volume: str | None = None
    """Name of the volume's claim. Exactly one of both is set."""
    at: str | None = None
    printed: bool = False
    timeout: float | None = None


def run(cwd: Path, stack: str | None, file: Path | None, request: Request) -> int:
    """Restore a dump or an archive next to the live data and return the exit status. Raises InvalidSettings, CloudFailure."""
    if (request.database is None) == (request.volume is None):
        raise refused("pass either --database or --volume, for example --database fleet_db")
    selected = select_slipway(cwd, stack, file).stack
    now = datetime.now(UTC)
    cluster, deployed = system_on(selected, request.system, request.target)
    subject = _archived(deployed, request.volume) if request.volume else dumped(deployed, request.database or "")
    at = NEWEST if request.at is None else _checked(request.at, now)
    connection = connected(selected, cluster.name, request.target)
    found = template(connection.api, deployed.namespace, subject.cron_job, connection.context)
    job = from_cron_job(found, stamped(found["metadata"]["name"], now), AT=at)
    if request.printed:
        print(job_runner.document(job), end="")
        return OK
    return _report_result(subject, job_runner.carry_out(connection.api, job, request.timeout))


def restore_name(database: str) -> str:
    """Return the name of the suspended CronJob from which `slipway restore` creates Jobs."""
    return restoring(database)


@dataclass(frozen=True)
class Subject:
    """What is restored, and the suspended CronJob that does it."""

    name: str
    cron_job: str


def _archived(deployed: DeployedSystem, name: str) -> Subject:
    declared = {each.name: each.declared for each in claims_of(deployed.definition)}
    if name not in declared:
        raise refused(f"--volume {name} is not the claim of a volume of {deployed.name}{nearest(name, declared)}")
    if declared[name].backup == "none":
        raise refused(f"{deployed.name}/{name} has no archives: {declared[name].reason or 'see docs/volumes.md'}")
    return Subject(name, unpacking(name))


def dumped(deployed: DeployedSystem, name: str) -> Subject:
    """Return a database that has dumps. Raises InvalidSettings for any other."""
    declared = deployed.definition.databases
    if name not in declared:
        raise refused(f"--database {name} is not a database of {deployed.name}{nearest(name, declared)}")
    database = declared[name]
    if database.engine != "postgres" or database.hosting != "managed" or database.backup == "none":
        raise refused(f"{deployed.name}/{name} has no dumps: see docs/backups.md")
    return Subject(name, restore_name(name))


def _checked(text: str, now: datetime) -> str:
    try:
        time = datetime.strptime(text, TIME).replace(tzinfo=UTC)
    except ValueError:
        time = None
    # strptime also accepts single digits, which the Job does not.
    if time is None or f"{time:{TIME}}" != text:
        raise refused(f"--at {text} is not a time in UTC, for example {EXAMPLE}")
    if time > now:
        raise refused(f"--at {text} is in the future: it is {now:{TIME}} now, for example {EXAMPLE}")
    return text


def template(api: Api, namespace: str, name: str, context: str) -> Document:
    """Return the suspended CronJob that restores. Raises InvalidSettings before the first update."""
    found = api.get(f"{CRON_JOBS.format(namespace=namespace)}/{name}")
    if found is None:
        raise refused(f"{context} has no CronJob {namespace}/{name} to restore with: run `pulumi up` first")
    return found


def _report_result(subject: Subject, ended: Ended) -> int:
    """Print the result; the last lines of the log explain how to put what was made into use."""
    if not ended.succeeded:
        job_runner.note(
            f"slipway: the restore of {subject.name} {job_runner.failure(ended, MEANINGS)}; {subject.name} is unchanged"
        )
        return FAILED
    made = [
        found[1] for step in job_runner.steps(ended) if (found := re.search(r" into (\S+): ", step.get("detail", "")))
    ]
    job_runner.note(f"restored into {made[-1]}, next to {subject.name}" if made else f"restored next to {subject.name}")
    return OK
