"""What is shown while a preview runs: a live line on a terminal, a plain line a phase elsewhere; always on stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

from rehearsal import Progress


@contextmanager
def progress(stack: str) -> Iterator[Callable[[Progress], None]]:
    """A function to call with each progress of the rehearsal of `stack`."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield _lines(console, stack)
        return
    with console.status(f"Previewing {stack} …") as status:
        yield lambda now: status.update(f"Previewing {stack}: {_words(now)} …")


@contextmanager
def working(what: str) -> Iterator[None]:
    """Says `what` is under way, for as long as it is."""
    console = Console(stderr=True, highlight=False)
    if console.is_terminal:
        with console.status(f"{what} …"):
            yield
    else:
        console.print(f"{what} …")
        yield


def _lines(console: Console, stack: str) -> Callable[[Progress], None]:
    shown: set[str] = set()

    def report(now: Progress) -> None:
        if now.phase not in shown:
            shown.add(now.phase)
            console.print(f"Previewing {stack}: {now.phase} …")

    return report


def _words(now: Progress) -> str:
    return f"{now.phase}, {now.registered} resources" if now.registered else now.phase
