"""Progress of a preview: a live line on a terminal, a plain line per phase elsewhere; always on stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

from slipway.cli.exits import Interrupted
from slipway.cli.screen import Screen
from slipway.rehearsal import Progress
from slipway.reports.words import many


@contextmanager
def progress(stack: str) -> Iterator[Callable[[Progress], None]]:
    """Yield a function that displays progress of the rehearsal of `stack`."""
    console = Screen(stderr=True, highlight=False)
    try:
        if console.is_terminal:
            with console.status(f"Previewing {stack} …") as status:
                yield lambda now: status.update(f"Previewing {stack}: {_words(now)} …")
        else:
            yield _lines(console, stack)
    except KeyboardInterrupt:
        raise Interrupted(f"while previewing {stack}; nothing was changed") from None


@contextmanager
def working(what: str) -> Iterator[None]:
    """Display that `what` is in progress until the block ends."""
    console = Screen(stderr=True, highlight=False)
    if console.is_terminal:
        with console.status(f"{what} …"):
            yield
    else:
        console.print(f"{what} …", soft_wrap=True, markup=False)
        yield


@contextmanager
def steps(what: str) -> Iterator[Callable[[str], None]]:
    """Yield a function that displays each step of `what` when it begins."""
    console = Screen(stderr=True, highlight=False)
    if console.is_terminal:
        with console.status(f"{what} …") as status:
            yield lambda step: status.update(f"{what}: {step} …")
    else:
        yield lambda step: console.print(f"{what}: {step} …", soft_wrap=True, markup=False)


def _lines(console: Console, stack: str) -> Callable[[Progress], None]:
    shown: set[str] = set()

    def report(now: Progress) -> None:
        if now.phase not in shown:
            shown.add(now.phase)
            console.print(f"Previewing {stack}: {now.phase} …", soft_wrap=True)

    return report


def _words(now: Progress) -> str:
    return f"{now.phase}, {many(now.registered, 'resource')}" if now.registered else now.phase
