"""`slipway restore`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from slipway.cli import job_runner
from slipway.cli.cluster_options import ClusterOptions, connected, system_on
from slipway.cli.lookup import refused
from slipway.cli.selection import select
from slipway.ops.cluster.api import Api, Document
from slipway.ops.cluster.following import Ended
from slipway.ops.cluster.jobs import CRON_JOBS, from_cron_job, stamped
from slipway.settings.problems import nearest
from slipway.settings.stacks import DeployedSystem
from slipway.settings.store_names import restoring

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
    database: str
    target: ClusterOptions
    at: str | None = None
    printed: bool = False
    timeout: float | None = None


def run(cwd: Path, stack: str | None, file: Path | None, request: Request) -> int:
    """Restore a dump next to the live database and return the exit status. Raises InvalidSettings, CloudFailure."""
    selected = select(cwd, stack, file).stack
    now = datetime.now(UTC)
    cluster, deployed = system_on(selected, request.system, request.target)
    _check_dumped(deployed, request.database)
    at = NEWEST if request.at is None else _checked(request.at, now)
    connection = connected(selected, cluster.name, request.target)
    found = _template(connection.api, deployed.namespace, restore_name(request.database), connection.context)
    job = from_cron_job(found, stamped(found["metadata"]["name"], now), AT=at)
    if request.printed:
        print(job_runner.document(job), end="")
        return OK
    return _report_result(request.database, job_runner.carry_out(connection.api, job, request.timeout))


def restore_name(database: str) -> str:
    """Return the name of the suspended CronJob from which `slipway restore` creates Jobs."""
    return restoring(database)


def _check_dumped(deployed: DeployedSystem, name: str) -> None:
    declared = deployed.definition.databases
    if name not in declared:
        raise refused(f"--database {name} is not a database of {deployed.name}{nearest(name, declared)}")
    database = declared[name]
    if database.engine != "postgres" or database.hosting != "managed" or database.backup == "none":
        raise refused(f"{deployed.name}/{name} has no dumps: see docs/backups.md")


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


def _template(api: Api, namespace: str, name: str, context: str) -> Document:
    found = api.get(f"{CRON_JOBS.format(namespace=namespace)}/{name}")
    if found is None:
        raise refused(f"{context} has no CronJob {namespace}/{name} to restore with: run `pulumi up` first")
    return found


def _report_result(database: str, ended: Ended) -> int:
    """Print the result; the last lines of the log explain how to put the new database into use."""
    if not ended.succeeded:
        job_runner.note(
            f"slipway: the restore of {database} {job_runner.failure(ended, MEANINGS)}; {database} is unchanged"
        )
        return FAILED
    made = [
        found[1] for step in job_runner.steps(ended) if (found := re.search(r" into (\S+): ", step.get("detail", "")))
    ]
    job_runner.note(f"restored into {made[-1]}, next to {database}" if made else f"restored next to {database}")
    return OK
