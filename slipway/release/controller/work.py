"""Finds the work of a task by its name, as in `Result.name`."""

from __future__ import annotations

import threading

from slipway.ops.cluster.api import Api
from slipway.ops.cluster.jobs import JOBS
from slipway.release.controller import checks, gate_jobs, own_jobs
from slipway.release.controller.release import Release
from slipway.release.controller.tasks import Outcome, Work
from slipway.release.controller.visit import Visitor
from slipway.release.objects import ReleasedMigration


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
        case "gates":
            return lambda stop: _ask_again(api, release, name)
    return lambda stop: [_failed(name, "there is no such task in the Release")]


def _ask_again(api: Api, release: Release, name: str) -> list[Outcome]:
    """Replace the gates that passed. `admit`, which an `up` meets first, comes last: lost in between, it is still seen."""
    for gate in ("promote", "admit"):
        gate_jobs.ask_again(api, release, gate)
    return [Outcome(name, passed=True)]


def _candidate(api: Api, release: Release, visitor: Visitor) -> checks.Candidate:
    return checks.Candidate(api, release, visitor)


def _job(api: Api, release: Release, kind: str, rest: str, name: str, stop: threading.Event) -> Outcome:
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


def _failed(name: str, detail: str) -> Outcome:
    return Outcome(name, passed=False, detail=detail)
