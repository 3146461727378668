"""Formats a program's exception for its author: the traceback starts at the first frame of the program."""

from __future__ import annotations

import sys
import traceback
from importlib.util import find_spec
from pathlib import Path

from pulumi import ConfigMissingError, RunError

from slipway.rehearsal.loop import RehearsalLoop
from slipway.rehearsal.sources import in_program

MISSING = (
    "{line}: the module '{module}' is not installed: install what the program requires into the environment that "
    "slipway runs in ({environment}), for example: pip install -r requirements.txt"
)
OTHER_VERSION = (
    "{line}: the installed package '{package}' has no module '{module}': install the version that the program requires, for "
    "example: pip install -r requirements.txt"
)
UNSET = "the program requires the configuration '{key}': set it below `config` in the stack's file, Pulumi.<stack>.yaml{secure}"
HEADING = "Program failed with an unhandled exception:\n"


def describe(error: BaseException, root: Path, loop: RehearsalLoop) -> str | None:
    """Return the text of a failure, or None if the program exited with status 0."""
    if isinstance(error, SystemExit):
        return None if error.code in (None, 0) else f"the program exited with status {error.code}"
    if isinstance(error, ConfigMissingError):
        return UNSET.format(key=error.key, secure=" (`pulumi config set --secret` encrypts it)" if error.secret else "")
    if isinstance(error, RunError):
        return str(error)
    if isinstance(error, ModuleNotFoundError) and (line := _import(error, root)):
        return _missing(error.name or "", line)
    for link in _chain(error):
        link.__traceback__ = loop.first_traceback(link)
    return HEADING + "".join(_formatted(error, root))


def _missing(module: str, line: str) -> str:
    """Return what is said of a module that is not there: its package is not installed, or in a version without it."""
    package, _, inner = module.partition(".")
    if inner and find_spec(package) is not None:
        return OTHER_VERSION.format(line=line, module=module, package=package)
    return MISSING.format(line=line, module=package, environment=sys.prefix)


def _import(error: BaseException, root: Path) -> str:
    """Return the program's line that imports a module, as `file:line`; empty if no line of it does."""
    frames = traceback.extract_tb(error.__traceback__)
    found = [frame for frame in frames if in_program(frame.filename, root)]
    return f"{Path(found[-1].filename).resolve().relative_to(root.resolve())}:{found[-1].lineno}" if found else ""


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
