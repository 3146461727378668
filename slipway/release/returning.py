"""The way back to the slot that visitors had before.

Visitors return at once, in the same look. Only an incompatible migration that was applied comes first: the system is
closed, and proven closed, before the database is rolled back and the slot gets its visitors again.
"""

from __future__ import annotations

from slipway.release.draft import Draft, duration, whole
from slipway.release.gates import missing_approvals, missing_attestations
from slipway.release.objects import ReleasedMigration
from slipway.release.status import Breaches

ASK_AGAIN = "gates"
"""The task that replaces the gates' Jobs that passed."""
PEOPLE_TIMEOUT = 86_400
"""Seconds that a release waits for people who paused it, or must approve a rollback that includes the database. Chosen:
a day, so that a night does not decide."""


def roll_back(draft: Draft, reason: str, by: str | None = None) -> None:
    """Give the release up: visitors return, or see the maintenance page until the database is rolled back."""
    status = draft.status
    if status.phase == "Promoted" and status.former is not None:
        draft.set(active=status.former, active_version=status.former_version, was_closed=False)
    draft.enter(
        "RollingBack",
        draft.progress,
        reason=reason,
        paused=None,
        former=None,
        former_version=None,
        in_force=None,
        open_gates=[],
        breaches=Breaches(),
        asked=[],
    )
    draft.report("RollingBack", f"The release is rolled back: {reason}", warning=True, by=by)
    _return_visitors(draft)


def roll_back_on(draft: Draft) -> None:
    """Continue a rollback: migrations in reverse order, then visitors, then the end."""
    shut_gates(draft)
    if draft.is_first:
        _end(draft, f"{draft.status.reason} There is no slot to return to: the system stays closed.")
    elif draft.status.closed:
        stays = _stays_closed(draft)
        if stays is not None:
            _end(draft, f"{draft.status.reason} {stays}")
            return
        if draft.status.waiting:
            return
        draft.set(deadline=draft.after(draft.progress))
        _open(draft)
    elif draft.is_in_force:
        _end(draft, draft.status.reason)
    elif draft.is_late:
        draft.report_once("alarm/traffic", "NotInForce", "The gateway does not confirm that visitors are back.")
        _end(draft, draft.status.reason)
    else:
        draft.set(waiting=["The gateway confirms that visitors are back."])


def shut_gates(draft: Draft) -> None:
    """Have gates that passed ask again, which fail with the reason: else the next `up` of what was given up would pass
    them, migrate again, and end as if it were released."""
    if draft.seen.gates_passed:
        draft.run(ASK_AGAIN)


def after_rollback(draft: Draft) -> None:
    """Look after a release that was rolled back: attestations, and a migration that ended only then."""
    shut_gates(draft)
    draft.set(asked=[*draft.status.alarms, *missing_attestations(draft, "rolled-back")])
    if not draft.status.closed and any(draft.has_applied(each) for each in draft.incompatible):
        reason = draft.status.reason or "it was given up."
        draft.enter("RollingBack", draft.progress)
        draft.report(
            "RollingBack", "An incompatible migration ended after the rollback: it begins again.", warning=True
        )
        draft.set(reason=reason)
        _return_visitors(draft)


def _return_visitors(draft: Draft) -> None:
    """Decide at once what visitors see."""
    active = draft.status.active
    if active is None:
        draft.set(weights={}, closed=True, live=None)
        return
    draft.set(weights=whole(active), live=active)
    if draft.status.was_closed or _to_roll_back(draft) or _unended(draft) or _is_replaced(draft):
        draft.set(closed=True)
    else:
        _open(draft)


def _open(draft: Draft) -> None:
    draft.set(closed=False, waiting=[])
    draft.record(f"All visitors return to {draft.status.active}.")


def _stays_closed(draft: Draft) -> str | None:
    """Return why the system stays closed for good; None if it does not, or while something is awaited (`waiting`)."""
    draft.set(waiting=[])
    if draft.status.was_closed:
        return "It was closed before the release and stays closed."
    if _is_replaced(draft):
        return "Its slot was replaced in place, so there is nothing to return to: the system stays closed."
    unended = _unended(draft)
    names = ", ".join(each.name for each in unended)
    if unended and draft.is_late:
        return f"Whether migrations ended is unknown ({names}): the system stays closed."
    if unended:
        draft.set(waiting=[f"The Jobs of incompatible migrations end: {names}."])
        return None
    pending = _to_roll_back(draft)
    for migration in pending:
        if not migration.reversible:
            return (
                f"Migration {migration.name} declares no rollback: the system stays closed until its database is "
                f"restored (`slipway restore`)."
            )
        result = draft.result(f"rollback/{migration.name}")
        if result is not None:
            return f"The rollback of migration {migration.name} failed ({result.detail}): the system stays closed."
    return _awaited(draft, pending) if pending else None


def _awaited(draft: Draft, pending: list[ReleasedMigration]) -> str | None:
    """Wait for what the rollback of a database needs, then start it; or return why the system stays closed."""
    approvals = list(missing_approvals(draft, "rollback"))
    if approvals:
        if draft.elapsed(draft.status.since) >= PEOPLE_TIMEOUT:
            return f"Nobody approved the rollback of the database within {duration(PEOPLE_TIMEOUT)}: the system stays closed."
        draft.set(waiting=approvals)
        if draft.elapsed(draft.status.deadline) > -draft.progress / 2:
            draft.set(deadline=draft.after(draft.progress))
        draft.ask("asked/rollback")
        return None
    name = pending[0].name
    if not draft.is_closed:
        if draft.is_late:
            return f"It is not proven to be closed, so migration {name} is not rolled back: the system stays closed."
        draft.set(waiting=[draft.closing])
        return None
    if draft.is_late:
        return f"The rollback of migration {name} did not end in {duration(draft.progress)}: the system stays closed."
    draft.set(waiting=[f"Migration {name} is rolled back."])
    draft.run(f"rollback/{name}")
    return None


def _to_roll_back(draft: Draft) -> list[ReleasedMigration]:
    """The incompatible migrations that were applied, the last one first."""
    return [each for each in reversed(draft.incompatible) if draft.has_applied(each)]


def _unended(draft: Draft) -> list[ReleasedMigration]:
    """The incompatible migrations whose Job may still change the database. Without an answer, all that have not ended."""
    running = draft.seen.running_jobs
    return [
        each
        for each in draft.incompatible
        if draft.result(f"migration/{each.name}") is None and (running is None or each.job in running)
    ]


def _is_replaced(draft: Draft) -> bool:
    """Whether visitors could only return to a closed slot that has the refused version already."""
    tested = any(each.name.startswith(("smoke/", "load/")) for each in draft.status.results)
    return draft.is_in_place and draft.status.closed and tested


def _end(draft: Draft, reason: str | None) -> None:
    if draft.is_in_place and not draft.status.closed:
        reason = f"{reason} The slot was updated in place: visitors have what runs there."
    draft.enter("RolledBack", reason=reason or "It was given up.")
    draft.set(asked=[*draft.status.alarms, *missing_attestations(draft, "rolled-back")])
    draft.report("RolledBack", f"The release was rolled back: {draft.status.reason}", warning=True)
    draft.announce("rolled-back")
