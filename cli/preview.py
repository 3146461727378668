"""`slipway preview`."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from cli.progress import progress
from cli.selection import Selection, select
from reports import findings, machine, markdown, text
from settings.problems import InvalidSettings

OK, VIOLATED, FAILED = 0, 1, 3
PLAIN_WIDTH = 140


def preview(cwd: Path, name: str | None, file: Path | None, *, output: str, every: bool) -> int:
    """Prints the preview and returns the exit status. Raises InvalidSettings and RehearsalError."""
    selection = _selected(cwd, name, file, output)
    with progress(selection.stack.name) as report:
        rehearsal = selection.rehearse(judged=True, on_progress=report)
    found = findings.place(rehearsal.findings, selection.project, selection.file)
    if output == "json":
        print(machine.as_json(rehearsal, found))
    elif output == "markdown":
        print(markdown.as_markdown(selection.stack, rehearsal, found, every=every), end="")
    else:
        text.show(console(), selection.stack, rehearsal, found, every=every)
    if rehearsal.failure:
        return FAILED
    return VIOLATED if any(each.blocks for each in found) else OK


def _selected(cwd: Path, name: str | None, file: Path | None, output: str) -> Selection:
    """The stack. A comment says what is wrong with it too: nobody opens a log for that."""
    try:
        return select(cwd, name, file)
    except InvalidSettings as error:
        if output == "markdown" and name is not None:
            print(markdown.refusal(name, error.problems), end="")
        raise


def console() -> Console:
    """As wide as the terminal; elsewhere wide enough to fold nothing but long lists."""
    terminal = Console(highlight=False)
    return terminal if terminal.is_terminal else Console(highlight=False, width=PLAIN_WIDTH)
