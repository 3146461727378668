"""`slipway run`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from slipway.cli import job_runner
from slipway.cli.cluster_options import ClusterOptions, connected, system_on
from slipway.cli.lookup import refused
from slipway.cli.selection import select_slipway
from slipway.ops.cluster import release_client
from slipway.ops.cluster.api import Api, Document
from slipway.ops.cluster.following import Ended
from slipway.ops.cluster.jobs import (
    CRON_JOBS,
    DEPLOYMENTS,
    from_cron_job,
    from_deployment,
    owned_by,
    stamped,
    with_command,
)
from slipway.settings.fields import Duration, seconds
from slipway.settings.problems import nearest
from slipway.settings.stacks import DeployedSystem, StackCluster

OK, FAILED = 0, 1
"""Exit status (`slipway.cli.exits`): the program succeeded, or not."""
SLOTS = ("blue", "green")
DEADLINE = "1h"
"""Deadline of a command in a pod like those of a service. Chosen: that of schedules."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """Options of the command line besides the stack."""

    system: str
    target: ClusterOptions
    schedule: str | None = None
    service: str | None = None
    command: Sequence[str] = ()
    deadline: str | None = None
    printed: bool = False
    timeout: float | None = None


def run(cwd: Path, stack: str | None, file: Path | None, request: Request) -> int:
    """Run a schedule now, or another command in its pod or in one like those of a service, and return the exit status.
    Raises InvalidSettings and CloudFailure."""
    selected = select_slipway(cwd, stack, file).stack
    cluster, deployed = system_on(selected, request.system, request.target)
    name = _checked(deployed, request)
    connection = connected(selected, cluster.name, request.target)
    if request.schedule is not None:
        job = _of_schedule(connection.api, deployed, request, connection.context)
    else:
        job = _of_service(connection.api, cluster, deployed, request, connection.context)
    if request.printed:
        print(job_runner.document(job), end="")
        return OK
    return _report_result(name, job, job_runner.carry_out(connection.api, job, request.timeout))


def _checked(deployed: DeployedSystem, request: Request) -> str:
    """Return the name of the schedule or the service that is meant."""
    schedules = deployed.definition.schedules
    if (request.schedule is None) == (request.service is None):
        raise refused("pass either --schedule, or --service with a command after --")
    if request.service is not None:
        _check_service(deployed, request.service, request.command)
        return request.service
    name = str(request.schedule)
    if name not in schedules:
        raise refused(f"--schedule {name} is not a schedule of {deployed.name}{nearest(name, schedules)}")
    if request.deadline is not None:
        raise refused(f"--deadline is for --service: schedule {name} has a deadline of its own")
    return name


def _check_service(deployed: DeployedSystem, name: str, command: Sequence[str]) -> None:
    services = deployed.definition.services
    if name not in services:
        raise refused(f"--service {name} is not a service of {deployed.name}{nearest(name, services)}")
    if not command:
        raise refused(f"--service {name} needs a command: pass it after --")
    if not services[name].runs_commands:
        rule = "has volumes, which its pod uses and a second one could not mount: choose another service"
        raise refused(f"--service {name} {rule}")


def _of_schedule(api: Api, deployed: DeployedSystem, request: Request, context: str) -> Document:
    """Return the Job. One of the schedule itself belongs to the CronJob, which counts its success; another command says
    nothing of it."""
    found = _live_cron_job(api, deployed, str(request.schedule), context)
    job = from_cron_job(found, stamped(found["metadata"]["name"], datetime.now(UTC)))
    if request.command:
        return with_command(job, request.command)
    if not request.printed:
        _check_alone(found)
    return owned_by(found, job)


def _of_service(api: Api, cluster: StackCluster, deployed: DeployedSystem, request: Request, context: str) -> Document:
    """Return the Job. Its name is none of a slot's pods, of which alerts speak."""
    deadline = _seconds(request.deadline or DEADLINE)
    name = f"{request.service}-{_live_slot(api, cluster, deployed)}"
    found = api.get(f"{DEPLOYMENTS.format(namespace=deployed.namespace)}/{name}")
    if found is None:
        raise refused(f"{context} has no Deployment {deployed.namespace}/{name}: run `pulumi up` first")
    return from_deployment(found, stamped(f"{request.service}-run", datetime.now(UTC)), request.command, deadline)


def _seconds(deadline: str) -> int:
    try:
        found = int(seconds(TypeAdapter[str](Duration).validate_python(deadline)))
    except ValidationError:
        found = 0
    if not found:
        raise refused(f"--deadline {deadline} is not a duration of at least a second, for example 2h")
    return found


def _live_slot(api: Api, cluster: StackCluster, deployed: DeployedSystem) -> str:
    """Return the slot whose pods work: the Release says so, and without releases the stack's file."""
    if cluster.settings.controllers.releases == "absent":
        live = None if deployed.deployment.maintenance else deployed.deployment.active
    else:
        release = release_client.find(api, deployed.namespace, deployed.name)
        live = release.status.live if release is not None and not release.status.closed else None
    if live is None:
        raise refused(f"no slot of {deployed.name} is live: the system is closed, or was never promoted")
    return live


def _live_cron_job(api: Api, deployed: DeployedSystem, name: str, context: str) -> Document:
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
