"""The screen of the README: what `slipway preview --stack staging` prints, in part.

`python -m tests.screens` rewrites it (`make screens`); `tests/test_documents.py` holds it.
"""

from __future__ import annotations

import io
import os
import re
import tempfile
from collections.abc import Iterator

from rich.console import Console

from slipway.reports import grouped_findings, text
from slipway.settings.project import find_project
from tests.rehearsed import ROOT, rehearsed
from tests.shared import FOLDER

README = ROOT / "README.md"
STACK = "staging"
BEGIN = f"$ .venv/bin/slipway preview --stack {STACK}\n"
SHOWN = ("foundation", "cluster services", "smartwallet")
"""The groups that the README has room for."""
WIDTH = 118
_GROUP = re.compile(rf"[├└]── (?P<title>{'|'.join(SHOWN)}|\S+) ")


def written() -> str:
    """The screen as the README has it."""
    return README.read_text(encoding="utf-8").partition(BEGIN)[2].partition("```\n")[0]


def true() -> str:
    """The screen as it is; how long it took is as the README has it."""
    took = written().splitlines()[-1]
    return "\n".join([*_excerpt(_printed().splitlines()[:-1]), took, ""])


def _printed() -> str:
    out = io.StringIO()
    made = rehearsed(STACK)
    project = find_project(ROOT)
    found = grouped_findings.place(made.findings, project, project.stack_file(STACK))
    text.show(Console(file=out, width=1000), made.stack, made.rehearsal, found, every=False)
    return out.getvalue()


def _excerpt(lines: list[str]) -> Iterator[str]:
    """The heads of clusters, each group that is shown once, and the end; a line of dots stands for what is between them."""
    left, shown, dots = list(SHOWN), True, False
    for line in lines:
        if group := _GROUP.match(line):
            shown = group["title"] in left
            left = [each for each in left if each != group["title"]]
        elif line and not line.startswith(("│", " ")):
            shown = True
        elif not line:
            shown = shown and (not left or len(left) == len(SHOWN))
        if shown:
            yield _cut(line)
        elif not dots:
            yield "…"
        dots = not shown


def _cut(line: str) -> str:
    if len(line) <= WIDTH:
        return line
    return line[: line.rindex(", ", 0, WIDTH)] + ", …"


def main() -> None:
    """Rewrites the README's screen."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault(FOLDER, folder)
        screen = true()
    README.write_text(README.read_text(encoding="utf-8").replace(written(), screen, 1), encoding="utf-8")


if __name__ == "__main__":
    main()
