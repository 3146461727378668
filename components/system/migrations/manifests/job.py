"""The Job of a migration, and the ConfigMap with everything that it runs.

Its name contains a digest of everything it does: a Job's template is immutable, and another migration is another Job.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from pulumi_kubernetes import batch, core, meta

from components.manifests import names, pod, run_to_completion
from components.manifests.environment import login_secret
from components.manifests.run_to_completion import Program
from components.manifests.scope import Scope
from components.system.migrations.manifests import script
from components.system.migrations.manifests.sql_files import Files
from slipway.settings.databases import Database
from slipway.settings.fields import seconds
from slipway.settings.releases import Migration

POSTGRES_USER = 70
"""User id of `postgres`. Source: docker-library/postgres, Alpine images."""
LABEL = "slipway.dev/migration"
GRACE_SECONDS = 60
"""Seconds after a migration's own timeout in which it can still end gracefully. Chosen: time for a rollback of its
transaction."""
_LOGIN = {"PGHOST": "host", "PGPORT": "port", "PGDATABASE": "name", "PGUSER": "user", "PGPASSWORD": "password"}


@dataclass(frozen=True, kw_only=True)
class MigrationJob:
    """A migration and its database: `files` for PostgreSQL, `program` for a document database."""

    migration: Migration
    database: Database
    attempt: int
    image: str = ""
    """Image of PostgreSQL."""
    tls: str = "require"
    files: Files | None = None
    program: Program | None = None
    backup: bool = True
    """Whether a verified backup precedes it."""

    def __post_init__(self) -> None:
        where = self.migration.source or f"migrations: {self.migration.name}"
        if self.migration.command is not None and self.database.engine != "mongodb":
            raise ValueError(
                f"{where}.command: programs change databases of documents only; give PostgreSQL's as 'sql'"
            )
        if self.migration.sql is not None and self.database.engine != "postgres":
            raise ValueError(f"{where}.sql: a database of documents is changed by a 'command'")
        if (self.files is None) == (self.program is None):
            raise ValueError(f"{where}: needs either its files or its program")

    @property
    def group(self) -> str:
        """Label of its pods, and prefix of its name."""
        return names.migration(self.migration.name)

    @cached_property
    def name(self) -> str:
        content = [
            self.scripts,
            self.attempt,
            self.container_image,
            self.environment,
            self.login,
            self._program_arguments,
        ]
        text = json.dumps(content, sort_keys=True)
        return names.hashed(self.group, hashlib.sha256(text.encode()).hexdigest())

    @property
    def pods(self) -> dict[str, str]:
        return {"app.kubernetes.io/name": self.group}

    @property
    def login(self) -> str:
        """Secret with the owner's login, which connects to the server directly and never through a pooler."""
        return login_secret(self.migration.database, "owner")

    @property
    def container_image(self) -> str:
        return self.image if self.program is None else self.program.image

    @cached_property
    def scripts(self) -> dict[str, str]:
        return {} if self.files is None else script.scripts(self.migration, self.files)

    @property
    def deadline(self) -> int:
        return math.ceil(seconds(self.migration.timeout)) + GRACE_SECONDS

    @property
    def environment(self) -> dict[str, str]:
        """Environment without the login. A copy of the Job with MODE=rollback rolls the migration back, with MODE=verify
        checks it again."""
        timeout = math.ceil(seconds(self.migration.timeout))
        return {
            "MIGRATION": self.migration.name,
            "MODE": "apply",
            "TRIES": "10",
            "PAUSE_SECONDS": "1",
            "WAIT_SECONDS": str(math.ceil(timeout / 2)),
            "TIMEOUT_SECONDS": str(timeout),
            "PGSSLMODE": self.tls,
            "PGAPPNAME": names.shortened(names.migration(self.migration.name), 63),
            "PGCONNECT_TIMEOUT": "10",
            "PGCLIENTENCODING": "UTF8",
            "LC_ALL": "C",
        }

    @property
    def labels(self) -> Mapping[str, str]:
        return {LABEL: self.migration.name}

    @property
    def annotations(self) -> dict[str, str]:
        """Facts that policies check."""
        declared = self.migration
        facts = {
            "backup": self.backup,
            "verified": bool(declared.verification or declared.triggers or declared.baseline),
            "rollback": declared.rollback is not None,
            "compatible": declared.compatible,
        }
        attested = {} if declared.backed_up_by is None else {f"{LABEL}-backed-up-by": declared.backed_up_by}
        return {**{f"{LABEL}-{fact}": str(holds).lower() for fact, holds in facts.items()}, **attested}

    @property
    def lint(self) -> dict[str, str]:
        """Facts with which policies check its SQL."""
        declared = self.migration
        folder = PurePosixPath(declared.source.partition(":")[0]).parent
        facts = {
            "file": str(folder / (declared.sql or "")),
            "postgres": self.database.version,
            "transactional": str(declared.transactional).lower(),
            "compatible": str(declared.compatible).lower(),
            "contract": str(declared.phase == "contract").lower(),
        }
        return {f"{LABEL}-{fact}": said for fact, said in facts.items()}

    @property
    def _program_arguments(self) -> list[str]:
        return [] if self.program is None else list(self.program.arguments)


def scripts(scope: Scope, job: MigrationJob) -> core.v1.ConfigMapInitArgs:
    """Returns a ConfigMap with the Job's name, so that an older Job that still exists keeps its own scripts."""
    return core.v1.ConfigMapInitArgs(metadata=_metadata(scope, job, job.lint), data=job.scripts, immutable=True)


def job(scope: Scope, job: MigrationJob) -> batch.v1.JobInitArgs:
    return batch.v1.JobInitArgs(
        metadata=_metadata(scope, job, {**_awaited(job), **job.annotations}),
        spec=batch.v1.JobSpecArgs(
            backoff_limit=0,
            active_deadline_seconds=job.deadline,
            pod_failure_policy=pod.disruptions_ignored(),
            template=core.v1.PodTemplateSpecArgs(
                metadata=meta.v1.ObjectMetaArgs(
                    labels={
                        **names.labels(scope.system, job.group),
                        **job.labels,
                        **({} if job.program is None else job.program.identity.labels),
                    },
                    annotations=pod.UNDISTURBED,
                ),
                spec=_pod(job) if job.program is None else run_to_completion.pod_of(job.program, "migrate"),
            ),
        ),
    )


def _awaited(job: MigrationJob) -> dict[str, str]:
    """Returns annotations by which a failed Job is recreated at the next update. The update does not wait for a
    non-blocking one."""
    skipped = {} if job.migration.blocking else {names.SKIP_AWAIT: "true"}
    return {"pulumi.com/replaceUnready": "true", **skipped}


def _metadata(scope: Scope, job: MigrationJob, annotations: Mapping[str, str] | None = None) -> meta.v1.ObjectMetaArgs:
    return meta.v1.ObjectMetaArgs(
        name=job.name,
        namespace=scope.namespace,
        labels={**names.labels(scope.system, job.group), **job.labels},
        annotations={**names.source_annotation(job.migration.source), **(annotations or {})},
    )


def _pod(job: MigrationJob) -> core.v1.PodSpecArgs:
    scripts = core.v1.VolumeArgs(name="scripts", config_map=core.v1.ConfigMapVolumeSourceArgs(name=job.name))
    return core.v1.PodSpecArgs(
        restart_policy="Never",
        automount_service_account_token=False,
        enable_service_links=False,
        security_context=pod.security(POSTGRES_USER),
        volumes=[scripts, *pod.scratch_volumes(["/tmp"])],
        containers=[
            core.v1.ContainerArgs(
                name="migrate",
                image=job.image,
                command=["sh", "/scripts/migrate.sh"],
                env=[
                    *(core.v1.EnvVarArgs(name=name, value=value) for name, value in job.environment.items()),
                    *_login(job.login),
                ],
                resources=pod.resources(run_to_completion.SMALL),
                security_context=pod.container_security(),
                volume_mounts=[
                    core.v1.VolumeMountArgs(name="scripts", mount_path="/scripts", read_only=True),
                    *pod.scratch_mounts(["/tmp"]),
                ],
            )
        ],
    )


def _login(secret: str) -> list[core.v1.EnvVarArgs]:
    return [
        core.v1.EnvVarArgs(
            name=variable,
            value_from=core.v1.EnvVarSourceArgs(secret_key_ref=core.v1.SecretKeySelectorArgs(name=secret, key=key)),
        )
        for variable, key in _LOGIN.items()
    ]
