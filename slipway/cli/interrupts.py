"""Whether Ctrl-C was pressed, whatever libraries made of the exception. It imports little: it is there first."""

from __future__ import annotations

import os
import signal
import sys

from slipway.settings.exit_statuses import INTERRUPTED

_received: list[int] = []


def watch() -> None:
    """Remember interrupts from now on, and raise KeyboardInterrupt as before. A command in the background ignores them, as
    its shell wants."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _remember)


def received() -> bool:
    """Return whether there was an interrupt."""
    return bool(_received)


def leave() -> None:
    """End the process at once: nothing was begun that would have to be ended."""
    print("slipway: interrupted", file=sys.stderr, flush=True)
    os._exit(INTERRUPTED)


def _remember(number: int, _frame: object) -> None:
    _received.append(number)
    raise KeyboardInterrupt
