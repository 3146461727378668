"""`slipway run`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from slipway.cli import job_runner
from slipway.cli.cluster_options import ClusterOptions, connected, system_on
from slipway.cli.lookup import refused
from slipway.cli.selection import select_slipway
from slipway.ops.cluster.api import Api, Document
from slipway.ops.cluster.following import Ended
from slipway.ops.cluster.jobs import CRON_JOBS, from_cron_job, owned_by, stamped, with_command
from slipway.settings.problems import nearest
from slipway.settings.stacks import DeployedSystem

OK, FAILED = 0, 1
"""Exit status (`slipway.cli.exits`): the program succeeded, or not."""
SLOTS = ("blue", "green")


@dataclass(frozen=True, kw_only=True)
class Request:
    """Options of the command line besides the stack."""

    system: str
    target: ClusterOptions
    schedule: str | None = None
    service: str | None = None
    command: Sequence[str] = ()
    printed: bool = False
    timeout: float | None = None


def run(cwd: Path, stack: str | None, file: Path | None, request: Request) -> int:
    """Run a schedule now, or another command in its pod, and return the exit status. Raises InvalidSettings and
    CloudFailure."""
    selected = select_slipway(cwd, stack, file).stack
    cluster, deployed = system_on(selected, request.system, request.target)
    name = _schedule(deployed, request)
    connection = connected(selected, cluster.name, request.target)
    found = _live(connection.api, deployed, name, connection.context)
    job = _job(found, request.command)
    if request.printed:
        print(job_runner.document(job), end="")
        return OK
    if not request.command:
        _check_alone(found)
    return _report_result(name, job, job_runner.carry_out(connection.api, job, request.timeout))


def _schedule(deployed: DeployedSystem, request: Request) -> str:
    """Return the schedule whose pod the Job has."""
    declared = deployed.definition.schedules
    if (request.schedule is None) == (request.service is None):
        raise refused("pass either --schedule, or --service with a command after --")
    if request.schedule is not None:
        if request.schedule not in declared:
            raise refused(
                f"--schedule {request.schedule} is not a schedule of {deployed.name}{nearest(request.schedule, declared)}"
            )
        return request.schedule
    return _of_service(deployed, str(request.service), request.command)


def _of_service(deployed: DeployedSystem, service: str, command: Sequence[str]) -> str:
    services, declared = deployed.definition.services, deployed.definition.schedules
    if service not in services:
        raise refused(f"--service {service} is not a service of {deployed.name}{nearest(service, services)}")
    if not command:
        raise refused(f"--service {service} needs a command: pass it after --")
    found = next((name for name, each in declared.items() if each.service == service), None)
    if found is None:
        rule = "has no schedule, whose pod, rights and network such a Job gets: declare one, see docs/schedules.md"
        raise refused(f"service {service} of {deployed.name} {rule}")
    return found


def _live(api: Api, deployed: DeployedSystem, name: str, context: str) -> Document:
    """Return the CronJob that runs: that of the live slot."""
    path = CRON_JOBS.format(namespace=deployed.namespace)
    found = [each for slot in SLOTS if (each := api.get(f"{path}/{name}-{slot}")) is not None]
    if not found:
        raise refused(f"{context} has no CronJob {deployed.namespace}/{name}-<slot>: run `pulumi up` first")
    live = [each for each in found if not each["spec"].get("suspend", False)]
    if len(live) != 1:
        why = (
            "runs in both slots" if live else "is suspended in every slot: the system is closed, or was never promoted"
        )
        raise refused(f"{deployed.namespace}/{name} {why}; nothing was started")
    return live[0]


def _job(found: Document, command: Sequence[str]) -> Document:
    """Return the Job. One of the schedule itself belongs to the CronJob, which counts its success; another command says
    nothing of it."""
    job = from_cron_job(found, stamped(found["metadata"]["name"], datetime.now(UTC)))
    return with_command(job, command) if command else owned_by(found, job)


def _check_alone(found: Document) -> None:
    active = [each["name"] for each in found.get("status", {}).get("active") or ()]
    if active:
        raise refused(f"{found['metadata']['name']} is running already, as Job {', '.join(active)}: wait for its end")


def _report_result(name: str, job: Document, ended: Ended) -> int:
    where = f"Job {job['metadata']['namespace']}/{job['metadata']['name']}"
    if not ended.succeeded:
        job_runner.note(f"slipway: {name} {job_runner.failure(ended, {})}, {where}")
        return FAILED
    job_runner.note(f"{name}: succeeded, {where}")
    return OK
