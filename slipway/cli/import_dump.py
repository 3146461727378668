"""`slipway import-dump`: a dump from elsewhere becomes a system's database."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from slipway.cli import job_runner
from slipway.cli.cluster_options import ClusterOptions, connected, system_on
from slipway.cli.lookup import refused
from slipway.cli.restore import FAILED, MEANINGS, OK, dumped, template
from slipway.cli.selection import select
from slipway.ops.cluster.api import Document
from slipway.ops.cluster.jobs import from_cron_job, stamped, with_script
from slipway.settings.store_names import kubernetes_name

SCRIPTS = {"fetch": "/scripts/take.sh", "restore": "/scripts/import.sh"}
"""What the containers of a restore run in place of their own scripts."""
EXAMPLE = "imports/shop.dump"


@dataclass(frozen=True, kw_only=True)
class Request:
    """Options of the command line besides the stack."""

    system: str
    database: str
    target: ClusterOptions
    object: str
    """Key of the dump in the bucket of backups."""
    sha256: str | None = None
    replace: bool = False
    printed: bool = False
    timeout: float | None = None


def run(cwd: Path, stack: str | None, file: Path | None, request: Request) -> int:
    """Bring the dump into the database and return the exit status. Raises InvalidSettings, CloudFailure."""
    if not re.fullmatch(r"[A-Za-z0-9._/-]*[A-Za-z0-9._-]", request.object) or request.object.startswith("/"):
        raise refused(
            f"--object is not a key in the bucket of backups (letters, digits and . _ - /), such as {EXAMPLE}"
        )
    if request.sha256 is not None and not re.fullmatch(r"[0-9a-f]{64}", request.sha256):
        raise refused("--sha256 is not a SHA-256 in 64 lower-case hexadecimal digits: see `sha256sum`")
    selected = select(cwd, stack, file).stack
    cluster, deployed = system_on(selected, request.system, request.target)
    subject = dumped(deployed, request.database)
    connection = connected(selected, cluster.name, request.target)
    found = template(connection.api, deployed.namespace, subject.cron_job, connection.context)
    name = stamped(f"{kubernetes_name(request.database)}-import", datetime.now(UTC))
    job = _importing(from_cron_job(found, name), request)
    if request.printed:
        print(job_runner.document(job), end="")
        return OK
    ended = job_runner.carry_out(connection.api, job, request.timeout)
    if not ended.succeeded:
        job_runner.note(
            f"slipway: the import into {subject.name} {job_runner.failure(ended, MEANINGS)}; {subject.name} is unchanged"
        )
        return FAILED
    job_runner.note(f"imported {request.object} into {subject.name}")
    return OK


def _importing(job: Document, request: Request) -> Document:
    variables = {
        "OBJECT": request.object,
        "SHA256": request.sha256 or "",
        "REPLACE": "yes" if request.replace else "no",
    }
    return with_script(job, SCRIPTS, **variables)
