"""A person's word: pause, resume, promote, abort. Each is carried out once, with who and why in the history."""

from __future__ import annotations

from slipway.release.admission import refuse
from slipway.release.draft import Draft
from slipway.release.observed import Command
from slipway.release.returning import PATIENCE, roll_back
from slipway.release.status import Pause, Phase
from slipway.release.stepping import steps
from slipway.release.watching import is_watched, no_way_back

REMEMBERED = 20
"""Commands. Chosen: a release has a handful, and an annotation holds one."""
PAUSABLE: tuple[Phase, ...] = ("Waiting", "Admitted", "Testing", "Stepping")
PROMOTABLE: tuple[Phase, ...] = ("Admitted", "Testing", "Stepping")


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
    if command.verb == "pause":
        return _pause(draft, command)
    if command.verb == "resume":
        return _resume(draft, command)
    if command.verb == "promote":
        return _promote(draft, command)
    return _abort(draft, command) if command.verb == "abort" else "it is no command"


def _pause(draft: Draft, command: Command) -> str | None:
    if draft.status.phase not in PAUSABLE:
        return "nothing is in progress that could pause"
    pause = Pause(since=draft.now, by=command.by, reason=command.reason)
    draft.set(paused=pause, deadline=draft.after(PATIENCE))
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
        obstacle = no_way_back(draft)
        if obstacle is not None:
            return obstacle
        roll_back(draft, reason, command.by)
    else:
        return "nothing is in progress or watched that could be aborted"
    return None


def _continue(draft: Draft) -> None:
    """End a pause; what is awaited has its whole time again."""
    hold = steps(draft)[draft.status.step].hold_seconds if draft.status.phase == "Stepping" else 0
    draft.set(paused=None, deadline=draft.after(hold + draft.progress))


def _why(command: Command) -> str:
    return f" Reason: {command.reason.rstrip('.')}." if command.reason else ""
