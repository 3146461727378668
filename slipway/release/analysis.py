"""What ends a release at once: figures, crash loops, alerts."""

from __future__ import annotations

from slipway.release import sequential_tests
from slipway.release.draft import Draft
from slipway.release.sequential_tests import Verdict
from slipway.release.status import Breaches


def breach(draft: Draft) -> str | None:
    """Return why the candidate must lose its visitors at once: figures, a crash loop, an alert."""
    found = look(draft)
    return found.critical or found.ordinary or trouble(draft)


def look(draft: Draft) -> Verdict:
    """Count the candidate's newest sample, if there is one, and return the verdict. A sample of the moment at which the
    step began is of what the slot did before: the version that was rolled back there a moment ago may have failed."""
    samples, interval = draft.seen.samples or {}, draft.spec.queries.interval_seconds
    sample, active = samples.get(draft.candidate), None
    breaches, began = draft.status.breaches, draft.status.since
    if sample is None or not sequential_tests.is_counted(sample, breaches, interval, draft.now):
        return Verdict()
    if began is not None and sample.at <= began:
        return Verdict()
    other = samples.get(draft.status.active) if draft.status.active not in (None, draft.candidate) else None
    if other is not None and sequential_tests.is_counted(other, Breaches(), interval, draft.now):
        active = other
    counted, verdict = sequential_tests.count(
        draft.spec.analysis, interval, breaches, sample, active, draft.status.in_force
    )
    draft.set(breaches=counted)
    return verdict


def trouble(draft: Draft) -> str | None:
    """Return what no figure shows: a crash loop, a critical alert that began since, a forbidden line in the logs."""
    seen, status = draft.seen, draft.status
    if draft.candidate in seen.crashing:
        return f"a pod of {draft.candidate} crashes again and again ({seen.crashing[draft.candidate]})."
    if draft.spec.analysis.forbidden_logs and seen.forbidden_logs:
        return f"alert {seen.forbidden_logs} on forbidden log lines fires."
    alerts = [each for each in seen.critical_alerts or () if each not in status.known_alerts]
    if alerts:
        return f"critical alert {alerts[0]} began to fire after the release had begun."
    return None


def note_alerts(draft: Draft, excused: bool) -> None:
    """Remember which alerts fire that the candidate did not cause: all while they are excused, later those of them that
    have not ended since."""
    firing = draft.seen.critical_alerts
    if firing is not None:
        known = sorted({*firing} if excused else {*firing} & {*draft.status.known_alerts})
        if known != draft.status.known_alerts:
            draft.set(known_alerts=known)
