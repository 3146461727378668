"""Exit statuses: every failure becomes one message on standard error and an exit status."""

from __future__ import annotations

import errno
import logging
import os
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import takewhile
from typing import NoReturn

import typer

from slipway.cli import interrupts
from slipway.ops.failure import CloudFailure
from slipway.settings import secrecy
from slipway.settings.exit_statuses import BAD_INPUT, FAILED, INTERRUPTED, PIPE_CLOSED
from slipway.settings.problems import InvalidSettings

LIBRARY_WORDS = {
    "Value error, ": "",
    "Input should be": "should be",
    ", unable to parse string as a number": "",
    ", unable to parse string as an integer": "",
}
"""Beginnings and ends of pydantic's messages, by which Typer checks options, and what is shown in their place."""
UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)


class Interrupted(BaseException):
    """Ctrl-C in an operation that knows what it interrupted and what state that leaves."""


class NobodyReads(BaseException):
    """A broken pipe as a BaseException, so that no handler takes it for an error."""


@contextmanager
def translated_interrupts() -> Iterator[None]:
    """Turn an interrupt and a broken pipe into exceptions that only `reported` catches."""
    try:
        yield
    except KeyboardInterrupt:
        command = " ".join(takewhile(re.compile("[a-z][a-z-]*").fullmatch, sys.argv[1:3]))
        raise Interrupted(f"during `{command}`" if command else "") from None
    except BrokenPipeError:
        raise NobodyReads from None


@contextmanager
def plain_messages() -> Iterator[None]:
    """Remove from errors of the command line what the library that checks their types says of itself."""
    try:
        yield
    except typer.BadParameter as error:
        for words, ours in LIBRARY_WORDS.items():
            error.message = error.message.replace(words, ours)
        raise


@contextmanager
def reported() -> Iterator[None]:
    """End the process with the exit status of a failure in the block."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except InvalidSettings as error:
        _leave(BAD_INPUT, *map(str, error.problems))
    except CloudFailure as error:
        _leave(FAILED, f"slipway: {error}")
    except Interrupted as error:
        _leave(INTERRUPTED, f"slipway: interrupted {error}".rstrip())
    except KeyboardInterrupt:
        _leave(INTERRUPTED, "slipway: interrupted")
    except (BrokenPipeError, NobodyReads):
        _drop_output()
        sys.exit(PIPE_CLOSED)
    except OSError as error:
        _drop_output()
        _leave(FAILED, f"slipway: {_reason(error)}")
    except Exception as error:
        if interrupts.received():
            # A library took the exception for one of its own, as pydantic does while it builds a model.
            _leave(INTERRUPTED, "slipway: interrupted")
        status, message = _rehearsal_failure(error) or (FAILED, "\n".join(_unexpected(error)))
        _leave(status, message)


def open_standard_streams() -> None:
    """Open closed standard streams on the null device: otherwise the next opened file would take their descriptor.
    Characters that a stream's encoding lacks are escaped."""
    for descriptor, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(descriptor, mode, encoding="utf-8", closefd=False))
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def quiet_libraries() -> None:
    """Keep what libraries log from standard error: failures are reported by messages of our own."""
    logging.getLogger().addHandler(logging.NullHandler())


def _drop_output() -> None:
    """Discard unwritten output: the interpreter would retry and exit with its own status."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _leave(status: int, *lines: str) -> NoReturn:
    with suppress(OSError):
        for line in lines:
            print(line, file=sys.stderr, flush=True)
    sys.exit(status)


def _reason(error: OSError) -> str:
    reason = error.strerror or type(error).__name__
    if error.filename is not None:
        return f"{os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else 'a file'}: {reason}"
    return f"the output cannot be written: {reason}" if error.errno in UNWRITABLE else reason


def _rehearsal_failure(error: Exception) -> tuple[int, str] | None:
    from slipway.rehearsal import PackConfigError, RehearsalError, StateError

    if not isinstance(error, RehearsalError):
        return None
    return BAD_INPUT if isinstance(error, PackConfigError | StateError) else FAILED, f"slipway: {error}"


def _unexpected(error: Exception) -> Iterator[str]:
    """Yield the traceback without possible secrets."""
    for line in "".join(traceback.format_exception(error)).splitlines():
        yield "  (hidden: it may contain a secret)" if secrecy.may_be_secret(line) else line
    yield "slipway: this is a bug in Slipway; please report it with the lines above"
