"""`slipway import-dump`: a dump from elsewhere becomes a system's database."""

from __future__ import annotations

import re
import shlex
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from slipway.cli import job_runner
from slipway.cli.cluster_options import ClusterOptions, connected, system_on
from slipway.cli.lookup import refused
from slipway.cli.restore import FAILED, MEANINGS, OK, dumped, template
from slipway.cli.selection import select_slipway
from slipway.ops.cluster.api import Api, Document
from slipway.ops.cluster.jobs import from_cron_job, stamped, with_script
from slipway.ops.failure import CloudFailure
from slipway.settings.secrecy import may_be_secret
from slipway.settings.store_names import kubernetes_name

SCRIPTS = {"fetch": "/scripts/take.sh", "restore": "/scripts/import.sh"}
"""What the containers of a restore run in place of their own scripts."""
EXAMPLE = "imports/shop.dump"
SOURCE = '"kubectl -n shop exec -i postgres-0 -- env PGUSER=shop PGDATABASE=shop"'
COUNTING = "rows.sql"
LONGEST_ROWS = 100_000
"""Characters of a variable. Source: Linux, MAX_ARG_STRLEN is 131072 bytes; the rest is left to its name."""
_ROWS = re.compile(r'"(?:[^"\\]|\\.)*": \d+')
"""A line of the SQL that counts."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """Options of the command line besides the stack."""

    system: str
    database: str
    target: ClusterOptions
    object: str
    """Key of the dump in the bucket of backups."""
    sha256: str | None = None
    source: str | None = None
    """Command that runs a program beside the database of before."""
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
    selected = select_slipway(cwd, stack, file).stack
    cluster, deployed = system_on(selected, request.system, request.target)
    subject = dumped(deployed, request.database)
    connection = connected(selected, cluster.name, request.target)
    found = template(connection.api, deployed.namespace, subject.cron_job, connection.context)
    name = stamped(f"{kubernetes_name(request.database)}-import", datetime.now(UTC))
    rows = _rows_at(request.source, _counting(connection.api, found)) if request.source else ""
    job = _importing(from_cron_job(found, name), request, rows)
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


def _counting(api: Api, cron_job: Document) -> str:
    """Return the SQL by which the Job counts rows, from the scripts of its pod. Raises InvalidSettings."""
    namespace = cron_job["metadata"]["namespace"]
    volumes = cron_job["spec"]["jobTemplate"]["spec"]["template"]["spec"].get("volumes") or ()
    names = [each["configMap"]["name"] for each in volumes if each["name"] == "scripts" and "configMap" in each]
    scripts = api.get(f"/api/v1/namespaces/{namespace}/configmaps/{names[0]}") if names else None
    if scripts is None or COUNTING not in scripts["data"]:
        raise refused(f"the scripts of backups in {namespace} have no {COUNTING}: run `pulumi up` first")
    return scripts["data"][COUNTING]


def _rows_at(source: str, sql: str) -> str:
    """Return the rows of the source, counted by its own psql. Raises InvalidSettings and CloudFailure."""
    command = [*shlex.split(source), "psql", "--no-psqlrc", "--quiet", "--no-align", "--tuples-only"]
    command += ["--set=ON_ERROR_STOP=1", "--file=-"]
    try:
        done = subprocess.run(command, input=sql, capture_output=True, text=True, check=False)
    except OSError as error:
        raise refused(f"--source cannot be run: {command[0]}: {error.strerror}, for example {SOURCE}") from None
    lines = [line for line in done.stdout.splitlines() if line]
    if done.returncode or not lines or not all(map(_ROWS.fullmatch, lines)):
        said = next((line for line in done.stderr.splitlines() if line and not may_be_secret(line)), "it has no tables")
        raise CloudFailure(f"the rows of --source cannot be counted: {said}")
    rows = "\n".join(lines)
    if len(rows) > LONGEST_ROWS:
        raise CloudFailure(f"--source has {len(lines)} tables, more than a Job's variable can hold: import without it")
    return rows


def _importing(job: Document, request: Request, rows: str) -> Document:
    variables = {
        "OBJECT": request.object,
        "SHA256": request.sha256 or "",
        "REPLACE": "yes" if request.replace else "no",
        "ROWS": rows,
    }
    return with_script(job, SCRIPTS, **variables)
