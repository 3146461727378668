"""Formats a program's exception for its author: the traceback starts at the first frame of the program."""

from __future__ import annotations

import traceback
from pathlib import Path

from pulumi import RunError

from slipway.rehearsal.loop import RehearsalLoop
from slipway.rehearsal.sources import in_program

HEADING = "Program failed with an unhandled exception:\n"


def describe(error: BaseException, root: Path, loop: RehearsalLoop) -> str | None:
    """Return the text of a failure, or None if the program exited with status 0."""
    if isinstance(error, SystemExit):
        return None if error.code in (None, 0) else f"the program exited with status {error.code}"
    if isinstance(error, RunError):
        return str(error)
    for link in _chain(error):
        link.__traceback__ = loop.first_traceback(link)
    return HEADING + "".join(_formatted(error, root))


def _chain(error: BaseException) -> list[BaseException]:
    """Return an exception with its causes, which may form a cycle."""
    links: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and not any(following is link for link in links):
        links.append(following)
        following = following.__cause__ or following.__context__
    return links


def _formatted(error: BaseException, root: Path) -> list[str]:
    report = traceback.TracebackException.from_exception(error)
    link: traceback.TracebackException | None = report
    while link is not None:
        link.stack = _from_program(link.stack, root)
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return list(report.format())


def _from_program(stack: traceback.StackSummary, root: Path) -> traceback.StackSummary:
    """Return the stack without the frames above the program, or all of it if the program is not in it."""
    for index, frame in enumerate(stack):
        if in_program(frame.filename, root):
            return traceback.StackSummary.from_list(stack[index:])
    return stack
