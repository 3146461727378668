"""A person's word: pause, resume, promote, abort, close, open. Each is carried out once, with who and why in the history."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from slipway.release.admission import refuse
from slipway.release.draft import Draft, whole
from slipway.release.observed import Command
from slipway.release.returning import PEOPLE_TIMEOUT, roll_back
from slipway.release.status import Pause, Phase
from slipway.release.stepping import steps
from slipway.release.watching import is_watched, no_way_back

REMEMBERED = 20
"""Commands. Chosen: a release has a handful, and an annotation holds one."""
PAUSABLE: tuple[Phase, ...] = ("Waiting", "Admitted", "Testing", "Stepping")
PROMOTABLE: tuple[Phase, ...] = ("Admitted", "Testing", "Stepping")
CLOSABLE: tuple[Phase, ...] = ("Idle", "Waiting", "Promoted", "RolledBack", "Refused")
"""Phases in which no release decides what visitors see."""


def obey(draft: Draft) -> None:
    """Carry out the command, unless it was."""
    command = draft.seen.command
    if command is None or command.id in draft.status.handled:
        return
    draft.set(handled=[*draft.status.handled, command.id][-REMEMBERED:])
    obstacle = _carry_out(draft, command)
    if obstacle is not None:
        message = f"`{command.verb}` has no effect: {obstacle}.{_why(command)}"
        draft.report("CommandRefused", message, warning=True, by=command.by)


def _carry_out(draft: Draft, command: Command) -> str | None:
    """Carry out a command, or return why that is not possible."""
    verb = VERBS.get(command.verb)
    return verb(draft, command) if verb else "it is no command"


def _pause(draft: Draft, command: Command) -> str | None:
    if draft.status.phase not in PAUSABLE:
        return "nothing is in progress that could pause"
    pause = Pause(since=draft.now, by=command.by, reason=command.reason)
    draft.set(paused=pause, deadline=draft.after(PEOPLE_TIMEOUT))
    draft.report("Paused", f"Paused.{_why(command)}", by=command.by)
    return None


def _resume(draft: Draft, command: Command) -> str | None:
    if draft.status.paused is None:
        return "nothing is paused"
    _continue(draft)
    draft.report("Resumed", f"Resumed.{_why(command)}", by=command.by)
    return None


def _promote(draft: Draft, command: Command) -> str | None:
    """Holds are skipped; readiness, checks and approvals are not."""
    if draft.status.phase not in PROMOTABLE:
        return "no hold can be skipped now, and admission cannot be"
    if draft.status.paused is not None:
        _continue(draft)
    draft.set(skip_holds=True)
    draft.report("Promoting", f"Remaining holds are skipped.{_why(command)}", by=command.by)
    return None


def _abort(draft: Draft, command: Command) -> str | None:
    phase, reason = draft.status.phase, f"Aborted by {command.by}.{_why(command)}"
    if phase == "Waiting":
        refuse(draft, reason, command.by)
    elif phase in PROMOTABLE:
        roll_back(draft, reason, command.by)
    elif phase == "Promoted" and is_watched(draft):
        obstacle = "visitors see the maintenance page: open it first" if draft.status.closed else no_way_back(draft)
        if obstacle is not None:
            return obstacle
        roll_back(draft, reason, command.by)
    else:
        return "nothing is in progress or watched that could be aborted"
    return None


def _close(draft: Draft, command: Command) -> str | None:
    """Show visitors the maintenance page until a person opens the system, or the next release does."""
    if draft.status.phase not in CLOSABLE:
        return "a release is in progress: abort it, or wait for its end"
    if draft.status.closed:
        return "visitors see the maintenance page already"
    draft.set(closed=True, in_force=None, deadline=draft.after(draft.progress))
    draft.report("Closed", f"Visitors see the maintenance page.{_why(command)}", warning=True, by=command.by)
    return None


def _open(draft: Draft, command: Command) -> str | None:
    """Let visitors back to the active slot, if it can serve them."""
    status = draft.status
    if status.phase not in CLOSABLE:
        return "a release is in progress, which opens the system at its promotion"
    if not status.closed:
        return "visitors do not see the maintenance page"
    if status.active is None:
        return "no version was promoted yet"
    if not draft.is_ready(status.active):
        return f"the pods of {status.active} are not all available"
    left = [each.name for each in draft.incompatible if draft.has_applied(each)]
    if status.phase == "RolledBack" and left:
        return f"{status.active} does not work after migration {left[0]}: release a version that does"
    draft.set(weights=whole(status.active), closed=False, in_force=None, deadline=draft.after(draft.progress))
    draft.report("Opened", f"Visitors are back on {status.active}.{_why(command)}", by=command.by)
    return None


VERBS: Mapping[str, Callable[[Draft, Command], str | None]] = {
    "pause": _pause,
    "resume": _resume,
    "promote": _promote,
    "abort": _abort,
    "close": _close,
    "open": _open,
}
"""What each command does; it returns what stands against it."""


def _continue(draft: Draft) -> None:
    """End a pause; what is awaited has its whole time again."""
    hold = steps(draft)[draft.status.step].hold_seconds if draft.status.phase == "Stepping" else 0
    draft.set(paused=None, deadline=draft.after(hold + draft.progress))


def _why(command: Command) -> str:
    return f" Reason: {command.reason.rstrip('.')}." if command.reason else ""
