"""The candidate is ready and checked before it has a visitor: smoke tests, validations, load, `go-live`."""

from __future__ import annotations

from collections.abc import Iterator

from slipway.release.draft import Draft, duration
from slipway.release.gates import missing_approvals
from slipway.release.returning import roll_back
from slipway.release.status import Result


def check_on(draft: Draft) -> bool:
    """Run the checks that are missing, and return whether the candidate may have visitors. A failed one ends the
    release."""
    reason = _failure(draft)
    if reason is not None:
        roll_back(draft, f"Before its first visitor: {reason}")
        return False
    waiting = [*_unready(draft), *_run_missing(draft), *_unapproved(draft), *alarmed(draft)]
    if draft.status.paused is not None:
        waiting.append(f"Paused by {draft.status.paused.by}: `{draft.command('resume')}`.")
    if waiting and draft.is_late:
        missing = "; ".join(each.rstrip(".") for each in waiting)
        took = duration(draft.elapsed(draft.status.since))
        roll_back(draft, f"Before its first visitor: it was not ready in {took}, waiting for: {missing}.")
        return False
    draft.set(waiting=waiting)
    return not waiting


def untested(draft: Draft) -> bool:
    """Return whether a result that the candidate needs is missing or bad."""
    return any(not _passed(draft.result(name)) for stage in _stages(draft) for name in stage)


def alarmed(draft: Draft) -> Iterator[str]:
    """Yield the critical alerts that began since admission, or that they are unknown. In maintenance they may fire."""
    if draft.status.closed or not draft.spec.evidence.quiet or draft.spec.queries.critical is None:
        return
    firing = draft.seen.critical_alerts
    if firing is None:
        yield "Whether critical alerts fire is unknown: Prometheus does not answer."
        return
    began = [each for each in firing if each not in draft.status.known_alerts]
    if began:
        yield f"Critical alerts end: {', '.join(began)}."


def _stages(draft: Draft) -> Iterator[list[str]]:
    """The names of the results that are needed, in the order in which they are brought about."""
    yield [f"smoke/{each.name}" for each in draft.spec.checks]
    yield from ([f"job/{each.name}/after"] for each in draft.spec.jobs if "after" in each.when)
    yield from ([f"load/{index}"] for index in range(len(draft.spec.load)))


def _failure(draft: Draft) -> str | None:
    for name in (name for stage in _stages(draft) for name in stage):
        result = draft.result(name)
        if result is not None and not result.passed:
            return f"{name} failed: {result.detail.rstrip('.') or 'no detail'}."
    crashing = draft.seen.crashing.get(draft.candidate)
    return f"a pod of {draft.candidate} crashes again and again ({crashing})." if crashing is not None else None


def _unready(draft: Draft) -> Iterator[str]:
    if not draft.is_ready(draft.candidate):
        yield f"All Deployments of {draft.candidate} are available at their declared size."
    if draft.closes and not draft.is_closed:
        yield draft.closing


def _run_missing(draft: Draft) -> Iterator[str]:
    """Start the first stage without results; smoke tests are one task."""
    for stage in _stages(draft):
        missing = [name for name in stage if draft.result(name) is None]
        if missing:
            if draft.is_ready(draft.candidate):
                draft.run("smoke" if missing[0].startswith("smoke/") else missing[0])
            yield f"Results of {', '.join(missing)}."
            return


def _unapproved(draft: Draft) -> Iterator[str]:
    missing = list(missing_approvals(draft, "go-live"))
    if missing:
        draft.ask("asked/go-live")
    yield from missing


def _passed(result: Result | None) -> bool:
    return result is not None and result.passed
