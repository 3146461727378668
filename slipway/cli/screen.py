"""The console for output to people."""

from __future__ import annotations

from rich.console import Console

PLAIN_WIDTH = 140
"""Columns of output that is not a terminal. Chosen: wide enough for names of resources, narrow enough for logs."""


class Screen(Console):
    """A console that raises BrokenPipeError if the reader is gone, instead of exiting."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console() -> Console:
    """Return a console as wide as the terminal; elsewhere only long lists are folded."""
    terminal = Screen(highlight=False)
    return terminal if terminal.is_terminal else Screen(highlight=False, width=PLAIN_WIDTH)
