"""All visitors have the candidate; it is watched until the former slot may go."""

from __future__ import annotations

from collections.abc import Iterator

from slipway.release.analysis import look, note_alerts, trouble
from slipway.release.decision import Announce
from slipway.release.draft import Draft, duration, whole
from slipway.release.gates import missing_approvals, missing_attestations
from slipway.release.returning import roll_back
from slipway.release.status import Breaches

GRACE = 600
"""Seconds after an opening in which critical alerts that fire are laid to the maintenance. Chosen: they end, or begin,
after the `for` of the alert rules, five minutes at most, and two evaluations."""


def promote(draft: Draft) -> None:
    """Give the candidate all visitors, workers and schedules, open the system, and begin the watch."""
    status, candidate = draft.status, draft.candidate
    has_former = not (draft.is_first or draft.is_in_place or status.was_closed)
    draft.enter(
        "Promoted",
        draft.progress,
        active=candidate,
        active_version=status.version,
        former=status.active if has_former else None,
        former_version=status.active_version if has_former else None,
        weights=whole(candidate),
        closed=False,
        live=candidate,
        applied=sorted({*status.applied, *(each.name for each in draft.spec.migrations if not draft.has_failed(each))}),
        promoted=draft.now,
        watch_until=draft.after(draft.spec.watch.duration_seconds),
        paused=None,
        skip_holds=False,
        in_force=None,
        breaches=Breaches(),
        asked=[],
    )
    draft.report("Promoted", f"Version {status.version} in {candidate} has all visitors.")
    draft.announce("done")
    if draft.spec.reviews and "reviews" not in draft.status.announced:
        draft.set(announced=[*draft.status.announced, "reviews"])
        draft.actions.append(Announce(key="reviews", when="reviews", index=-1))
    draft.set(asked=list(_requests(draft)))
    if draft.status.asked:
        draft.ask("asked/after")


def watch_on(draft: Draft) -> None:
    """Verify at the declared times, and return to the former slot on a critical breach."""
    _note_force(draft)
    _verify(draft)
    draft.set(asked=[*draft.status.alarms, *_requests(draft)])
    if is_watched(draft):
        if not draft.status.closed:
            _analysis(draft)
    elif "watch-ended" not in draft.status.announced:
        draft.report("WatchEnded", f"The watch of version {draft.status.version} ended.")
        _end_watch(draft)


def _end_watch(draft: Draft) -> None:
    """Remember that it ended, and send people what they owe."""
    if draft.status.asked:
        draft.ask("watch-ended")
    else:
        draft.set(announced=[*draft.status.announced, "watch-ended"])


def is_watched(draft: Draft) -> bool:
    """Return whether the watch lasts."""
    return draft.status.watch_until is not None and draft.now < draft.status.watch_until


def no_way_back(draft: Draft) -> str | None:
    """Return why visitors cannot return to the former slot; None if they can."""
    former = draft.status.former
    if former is None:
        return "there is no former slot"
    if not draft.is_ready(former):
        return f"the pods of {former} are not all available"
    return None


def _analysis(draft: Draft) -> None:
    """An incompatible migration is rolled back by a person's word only: what was written since would be lost."""
    found, began = look(draft), None
    if draft.closes and draft.elapsed(draft.status.promoted) < GRACE:
        note_alerts(draft, excused=True)
    else:
        began = trouble(draft)
    reason = found.critical or began
    if reason is None:
        if found.ordinary is not None:
            draft.report_once("alarm/ordinary", "Breach", f"Beyond the objective during the watch: {found.ordinary}")
        return
    applied = [each.name for each in draft.incompatible if draft.has_applied(each)]
    obstacle = f"migration {applied[0]} is incompatible" if applied else no_way_back(draft)
    if obstacle is None:
        roll_back(draft, f"During the watch: {reason}")
    else:
        abort = f"`{draft.command('abort')} --reason …`"
        draft.report_once("alarm/breach", "Breach", f"{reason} It is not rolled back by itself: {obstacle}; {abort}.")


def _note_force(draft: Draft) -> None:
    """Remember when visitors had it first, and raise an alarm if the gateway never confirms it."""
    if draft.status.in_force is None:
        if draft.is_in_force:
            draft.set(in_force=draft.now, waiting=[])
            return
        what = "the maintenance page" if draft.status.closed else "the promoted version"
        draft.set(waiting=[f"The gateway confirms that all visitors have {what}."])
        if draft.is_late:
            draft.report_once("alarm/traffic", "NotInForce", f"The gateway does not confirm {what}.")


def _verify(draft: Draft) -> None:
    """Start what is due. A failure is for people: visitors' return would repair no data."""
    since = draft.elapsed(draft.status.promoted)
    for seconds, name in _verifications(draft):
        result = draft.result(name)
        if result is not None and not result.passed:
            draft.report_once(f"alarm/{name}", "VerificationFailed", f"{name} failed: {result.detail}")
        elif result is None and since >= seconds + draft.progress:
            late = f"{name} has no result after {duration(draft.progress)}."
            draft.report_once(f"alarm/{name}", "VerificationFailed", late)
        elif result is None and since >= seconds:
            draft.run(name)


def _verifications(draft: Draft) -> Iterator[tuple[int, str]]:
    for seconds in draft.spec.watch.verify_after_seconds:
        for migration in draft.spec.migrations:
            if migration.verified:
                yield seconds, f"verify/{migration.name}/{seconds}"
        for job in draft.spec.jobs:
            if "watch" in job.when:
                yield seconds, f"job/{job.name}/watch-{seconds}"


def _requests(draft: Draft) -> Iterator[str]:
    """What people owe: sign-offs, checks after the release, a look at what failed, the former slot's end."""
    yield from missing_approvals(draft, "sign-off")
    yield from missing_attestations(draft, "after")
    former = draft.status.former
    if former is not None and not is_watched(draft) and (draft.seen.ready is None or draft.is_ready(former)):
        yield f"Retire {former}: `{draft.command('retire')}`."
