"""What a look adds to the status in every phase: results, ended migrations, alerts that ended."""

from __future__ import annotations

from collections.abc import Iterator

from slipway.release.analysis import note_alerts
from slipway.release.draft import Draft
from slipway.release.objects import ReleaseSpec
from slipway.release.returning import roll_back
from slipway.release.status import Result


def gather(draft: Draft) -> None:
    """Take over what is news. A failed migration or backup that the release needs ends it."""
    if draft.status.phase in ("Idle", "Refused"):
        return
    _take_results(draft)
    if draft.status.phase != "Waiting":
        note_alerts(draft, excused=draft.status.closed)
        _take_jobs(draft)


def _take_results(draft: Draft) -> None:
    """Results of this release's tasks. Tasks may run twice after a crash: one failure is a failure."""
    started, known = draft.status.started, {*_expected(draft.spec)} if draft.seen.results else set()
    for new in draft.seen.results:
        if new.name not in known or (started is not None and new.at < started):
            continue
        old = draft.result(new.name)
        if old is None or (old.passed and not new.passed):
            _note(draft, new)
            kind, _, name = new.name.partition("/")
            if kind == "rollback" and new.passed:
                draft.set(applied=[each for each in draft.status.applied if each != name])
            if not new.passed:
                draft.report("Failed", f"{new.name} failed: {new.detail}", warning=True)


def _expected(spec: ReleaseSpec) -> Iterator[str]:
    yield from (f"smoke/{each.name}" for each in spec.checks)
    yield from (f"load/{index}" for index in range(len(spec.load)))
    for job in spec.jobs:
        yield from (f"job/{job.name}/{when}" for when in ("before", "after"))
        yield from (f"job/{job.name}/watch-{seconds}" for seconds in spec.watch.verify_after_seconds)
    for migration in spec.migrations:
        yield f"rollback/{migration.name}"
        yield from (f"verify/{migration.name}/{seconds}" for seconds in spec.watch.verify_after_seconds)


def _take_jobs(draft: Draft) -> None:
    failed = draft.seen.failed_jobs
    stale = [each for each in draft.status.stale_jobs if each in failed]
    if stale != draft.status.stale_jobs:
        draft.set(stale_jobs=stale)
    for migration in draft.spec.migrations:
        if migration.job in draft.seen.finished_jobs:
            _note_job(draft, f"migration/{migration.name}", True, "")
        for kind, job in (("migration", migration.job), ("backup", migration.backup)):
            if job is not None and job in failed and job not in stale:
                _note_failure(draft, f"{kind}/{migration.name}", failed[job], migration.blocking)


def _note_failure(draft: Draft, name: str, words: str, blocking: bool) -> None:
    detail = words.strip() or "its Job left no message"
    if not _note_job(draft, name, False, detail):
        return
    draft.report("Failed", f"{name} failed: {detail}", warning=True)
    if blocking and draft.status.phase in ("Admitted", "Testing", "Stepping"):
        roll_back(draft, f"{name} failed: {detail}")


def _note_job(draft: Draft, name: str, passed: bool, detail: str) -> bool:
    """Note how a Job ended, and return whether that is news."""
    old = draft.result(name)
    if old is not None and old.passed == passed:
        return False
    _note(draft, Result(name=name, passed=passed, detail=detail, at=draft.now))
    return True


def _note(draft: Draft, result: Result) -> None:
    draft.set(results=[*(each for each in draft.status.results if each.name != result.name), result])
