"""Finds the work of a task by its name, as in `Result.name`."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from slipway.ops.cluster.api import Api
from slipway.ops.cluster.jobs import JOBS
from slipway.release.controller import checks, own_jobs
from slipway.release.controller.release import Release
from slipway.release.controller.tasks import Work
from slipway.release.controller.visit import Visitor
from slipway.release.objects import ReleasedMigration
from slipway.release.status import Result


def of(api: Api, release: Release, visitor: Visitor, name: str) -> Work:
    """Return the work of a task. An unknown name fails, because what was never done has not passed."""
    kind, _, rest = name.partition("/")
    match kind:
        case "smoke":
            return lambda stop: checks.smoke(_candidate(api, release, visitor), release.spec.checks, stop)
        case "load" if rest.isdecimal() and int(rest) < len(release.spec.load):
            wanted = release.spec.load[int(rest)]
            return lambda stop: [checks.load(_candidate(api, release, visitor), name, wanted, stop)]
        case "job" | "verify" | "rollback":
            return lambda stop: [_job(api, release, kind, rest, name, stop)]
    return lambda stop: [_failed(name, "there is no such task in the Release")]


def _candidate(api: Api, release: Release, visitor: Visitor) -> checks.Candidate:
    return checks.Candidate(api, release, visitor)


def _job(api: Api, release: Release, kind: str, rest: str, name: str, stop: threading.Event) -> Result:
    title, own = rest.partition("/")[0], own_jobs.job_name(release, name)
    if kind == "job":
        declared = next(
            (each for each in release.spec.jobs if rest == each.name or rest.startswith(f"{each.name}/")), None
        )
        if declared is None:
            return _failed(name, "the Release declares no such Job")
        return own_jobs.carry_out(api, own_jobs.validation(release, declared, own), name, declared.expect, stop)
    migration = next((each for each in release.spec.migrations if each.name == title), None)
    ran = _ran(api, release, migration) if migration is not None else None
    if migration is None or ran is None:
        return _failed(name, f"the Job of migration {title} is not in the cluster any more")
    derived = own_jobs.verification if kind == "verify" else own_jobs.rollback
    return own_jobs.carry_out(api, derived(release, migration, ran, own), name, None, stop)


def _ran(api: Api, release: Release, migration: ReleasedMigration) -> dict | None:
    return api.get(f"{JOBS.format(namespace=release.namespace)}/{migration.job}")


def _failed(name: str, detail: str) -> Result:
    return Result(name=name, passed=False, detail=detail, at=datetime.now(UTC))
