"""`slipway release drill`."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module

from slipway.cli import job_runner
from slipway.cli.cluster_options import connected, system_on
from slipway.cli.lookup import refused
from slipway.cli.release.lookup import Request
from slipway.ops.backup_status import DatabaseRef
from slipway.ops.clouds import PACKAGES
from slipway.ops.cluster.api import Api, Document
from slipway.ops.cluster.jobs import CRON_JOBS, from_cron_job, owned_by, stamped
from slipway.settings import store_names
from slipway.settings.databases import Database
from slipway.settings.exit_statuses import OK, VIOLATED
from slipway.settings.problems import InvalidSettings, Place, Problem, nearest
from slipway.settings.stacks import DeployedSystem, Stack, StackCluster

BY_HAND = (
    "{system}/{database}: a failover cannot be started from here: whoever may change the database server types "
    "`{command}`, and follows docs/recovery.md, The drill"
)
ALONE = "{system}/{database}: has no standby that a command could fail over to: follow docs/recovery.md, The drill"


def restore(request: Request, system: str, database: str | None, timeout: float | None) -> int:
    """Run the declared restore test of a system's databases now and return the exit status. The Jobs belong to their
    CronJob, so that backups, evidence and alerts count them. Raises InvalidSettings and CloudFailure."""
    selection = request.selection()
    cluster, deployed = system_on(selection.stack, system, request.target)
    tested = _tested(deployed, database)
    connection = connected(selection.stack, cluster.name, request.target)
    failed = False
    for name in tested:
        template = _template(connection.api, deployed.namespace, name, connection.context)
        now = datetime.now(UTC)
        job = owned_by(template, from_cron_job(template, stamped(template["metadata"]["name"], now)))
        ended = job_runner.carry_out(connection.api, job, timeout)
        failed |= not ended.succeeded
        outcome = "passed" if ended.succeeded else job_runner.failure(ended, {})
        print(f"{system}/{name}: the restore drill {outcome}, Job {deployed.namespace}/{job['metadata']['name']}")
    return VIOLATED if failed else OK


def failover(request: Request, system: str, database: str | None) -> int:
    """Refuse, with what to type instead: no command of Slipway has the rights. Raises InvalidSettings."""
    selection = request.selection()
    cluster, deployed = system_on(selection.stack, system, request.target)
    names = [_known(deployed, database)] if database else _standing_by(deployed)
    if not names:
        raise refused(f"{system} has no database with a standby: set `highAvailability`, see docs/recovery.md")
    lines = [_instead(selection.stack, cluster, deployed, name) for name in names]
    raise InvalidSettings([Problem(Place("slipway"), line) for line in lines])


def _known(deployed: DeployedSystem, database: str) -> str:
    declared = deployed.definition.databases
    if database not in declared:
        raise refused(f"--database {database} is not a database of {deployed.name}{nearest(database, declared)}")
    return database


def _tested(deployed: DeployedSystem, database: str | None) -> list[str]:
    declared = deployed.definition.databases
    if database is not None:
        _known(deployed, database)
    found = [name for name, each in declared.items() if _has_test(each) and database in (None, name)]
    if not found:
        which = f"{deployed.name}/{database}" if database else deployed.name
        raise refused(f"{which} declares no restore test: set `restoreTest` of the database, see docs/backups.md")
    return found


def _has_test(database: Database) -> bool:
    return (
        database.engine == "postgres"
        and database.hosting == "managed"
        and database.backup != "none"
        and database.restore_test != "none"
    )


def _template(api: Api, namespace: str, database: str, context: str) -> Document:
    name = store_names.restore_test(database)
    found = api.get(f"{CRON_JOBS.format(namespace=namespace)}/{name}")
    if found is None:
        raise refused(f"{context} has no CronJob {namespace}/{name} for restore tests: run `pulumi up` first")
    return found


def _standing_by(deployed: DeployedSystem) -> list[str]:
    declared = deployed.definition.databases.items()
    return [name for name, each in declared if each.high_availability and each.hosting == "managed"]


def _instead(stack: Stack, cluster: StackCluster, deployed: DeployedSystem, name: str) -> str:
    """Return what a person types to fail a database over."""
    settings = deployed.definition.databases[name]
    failover = import_module(f"{PACKAGES[cluster.settings.cloud]}.failover")
    command = failover.command(stack, cluster, DatabaseRef(deployed, name, settings))
    if command is None or not settings.high_availability:
        return ALONE.format(system=deployed.name, database=name)
    return BY_HAND.format(system=deployed.name, database=name, command=command)
