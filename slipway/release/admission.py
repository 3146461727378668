"""A release is asked for, waits for its gates, and is admitted or refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from slipway.release.draft import Draft, duration
from slipway.release.gates import missing, missing_window, opening
from slipway.release.returning import roll_back


def await_question(draft: Draft) -> None:
    """Idle: begin to wait for the gates once a gate's Job asks. What visitors have already needs no release."""
    if is_done(draft):
        applied = sorted({*draft.status.applied, *applied_names(draft)})
        draft.set(active_version=draft.status.version, applied=applied, reason=None, waiting=[])
    elif draft.seen.admit_asked or draft.seen.promote_asked:
        _wait(draft)


def is_done(draft: Draft) -> bool:
    """Return whether visitors have what is wanted, and all of it: after a takeover, or an `up` of something else."""
    status, spec = draft.status, draft.spec
    return (
        draft.is_in_place
        and not status.closed
        and status.weights.get(draft.candidate) == 100
        and status.active_version in (None, spec.target.version)
        and len(applied_names(draft)) == len(spec.migrations)
    )


def applied_names(draft: Draft) -> list[str]:
    """Return the migrations of the spec that were applied before this release."""
    done, known = draft.seen.finished_jobs, draft.status.applied
    return [each.name for each in draft.spec.migrations if each.name in known or each.job in done]


def await_gates(draft: Draft) -> None:
    """Waiting: admit the release once nothing is missing and its gate's Job asks; refuse it if that cannot be soon."""
    draft.set(applied_before=applied_names(draft), expected_start=_opening_ahead(draft))
    _announce_ahead(draft)
    failed = [each for each in draft.status.results if not each.passed and each.name.endswith("/before")]
    if failed:
        refuse(draft, f"{failed[0].name} failed: {failed[0].detail.rstrip('.') or 'no detail'}.")
        return
    if _opens_too_late(draft):
        refuse(draft, " ".join(missing_window(draft)))
        return
    waiting = list(missing(draft))
    if waiting:
        draft.ask("asked/admit")
    else:
        waiting = [*_run_validations(draft), *_held_up(draft)]
    if waiting and draft.is_late:
        lacking = " ".join(waiting)
        refuse(draft, f"It was not admitted in {duration(draft.elapsed(draft.status.since))}. Missing: {lacking}")
    elif waiting:
        draft.set(waiting=waiting)
    else:
        _admit(draft)


def await_another(draft: Draft) -> None:
    """Refused: begin again when another Job asks, as the next `up` creates one."""
    asked = draft.seen.admit_asked or draft.seen.promote_asked
    gate, uid = draft.status.gate, draft.seen.admit_gate
    if not asked:
        draft.set(gate=None)
    elif gate is None or (uid is not None and uid != gate):
        kept = [each for each in draft.status.announced if not each.startswith(("asked/", "before/"))]
        draft.set(results=[], announced=kept, paused=None)
        _wait(draft)


def await_candidate(draft: Draft) -> None:
    """Admitted: wait until Pulumi has brought about migrations and the candidate's pods, and asks for promotion."""
    waiting = []
    if draft.closes and not draft.is_closed:
        waiting.append(draft.closing)
    elif not draft.seen.promote_asked:
        waiting.append("Pulumi applies backups, migrations and the candidate's pods, and asks for promotion.")
    waiting += _paused(draft)
    if not waiting:
        draft.enter("Testing", draft.progress)
        draft.report("Testing", f"Version {draft.status.version} in {draft.candidate} is checked.")
    elif draft.is_late:
        took = duration(draft.elapsed(draft.status.since))
        lacking = "; ".join(each.rstrip(".") for each in waiting)
        roll_back(draft, f"After its admission nothing moved for {took}, waiting for: {lacking}.")
    else:
        draft.set(waiting=waiting)


def refuse(draft: Draft, reason: str, by: str | None = None) -> None:
    """End a release that never began."""
    draft.enter("Refused", reason=reason, paused=None, expected_start=None, gate=draft.seen.admit_gate or "")
    draft.report("Refused", f"The release is refused: {reason}", warning=True, by=by)


def _wait(draft: Draft) -> None:
    draft.enter("Waiting", draft.progress, started=draft.now, reason=None, gate=None)
    draft.report("Waiting", f"Version {draft.status.version} in {draft.candidate} asks for admission.")


def _admit(draft: Draft) -> None:
    """Close the system if it is to be closed. What fires, failed and was applied until now is not this release's doing."""
    seen = draft.seen
    draft.set(
        was_closed=draft.status.closed,
        expected_start=None,
        known_alerts=sorted({*(seen.critical_alerts or ())}),
        stale_jobs=sorted(seen.failed_jobs),
    )
    migrations = sum(each.expected_seconds or 0 for each in draft.migrations)
    draft.enter("Admitted", draft.progress + migrations, started=draft.now, closed=draft.status.closed or draft.closes)
    how = " Visitors see the maintenance page." if draft.status.closed else ""
    draft.report("Admitted", f"Version {draft.status.version} in {draft.candidate} is admitted.{how}")
    draft.announce("start")
    if draft.spec.hotfix is not None:
        draft.announce("hotfix")


def _opens_too_late(draft: Draft) -> bool:
    """Whether the window does not open before the release would be given up: waiting only makes an `up` hang."""
    opens, deadline = opening(draft), draft.status.deadline
    return opens is None or (deadline is not None and opens > max(deadline, draft.now))


def _opening_ahead(draft: Draft) -> datetime | None:
    opens = opening(draft)
    return opens if opens is not None and opens > draft.now else None


def _announce_ahead(draft: Draft) -> None:
    """Send the messages that are due before the start, which is known where a window will open."""
    opens = opening(draft)
    if opens is None:
        return
    for index, each in enumerate(draft.spec.announcements):
        ahead = each.ahead_seconds
        if each.when == "before" and (ahead is None or opens - timedelta(seconds=ahead) <= draft.now < opens):
            draft.send(f"before/{index}", each, index)


def _run_validations(draft: Draft) -> Iterator[str]:
    """Start the validations of admission, the last thing that it waits for, so that they are of now."""
    names = [f"job/{each.name}/before" for each in draft.spec.jobs if "before" in each.when]
    lacking = [name for name in names if draft.result(name) is None]
    if lacking:
        draft.run(lacking[0])
        yield f"Results of {', '.join(lacking)}."


def _held_up(draft: Draft) -> Iterator[str]:
    yield from _paused(draft)
    if not (draft.seen.admit_asked or draft.seen.promote_asked):
        yield "A `pulumi up` asks for admission."


def _paused(draft: Draft) -> Iterator[str]:
    if draft.status.paused is not None:
        yield f"Paused by {draft.status.paused.by}: `{draft.command('resume')}`."
