"""The outline of a runbook in Markdown: its headings, and each step that somebody does by hand, shortened to a line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

LONGEST = 100
ITEM = re.compile(r"\s*(?:- \[[ x]\]|\d+\.|[-☐✅])\s+(.+)")
ROW = re.compile(r"\| *(.+?) *\|$")
COMMENT = re.compile(r"\s*(?:#|--|//) (.+)")
LANGUAGES = {"bash", "sh", "powershell", "sql", "javascript", "typescript", "yaml", "env"}
"""Of what is typed; blocks without one are outputs and messages."""


@dataclass
class Heading:
    text: str
    level: int
    steps: list[str] = field(default_factory=list)


def outline(text: str) -> list[Heading]:
    """Headings in their order; each has the steps that stand right below it."""
    found: list[Heading] = []
    for kind, value in _parts(text):
        if kind.startswith("#"):
            found.append(Heading(value, len(kind)))
        elif found:
            found[-1].steps.append(value)
    return found


def _parts(text: str) -> Iterator[tuple[str, str]]:
    block: list[str] | None = None
    language, columns = "", ""
    for line in text.splitlines():
        fence = re.fullmatch(r"\s*```(\w*)", line)
        if fence and block is None:
            block, language = [], fence[1]
        elif fence and block is not None:
            yield from (("step", each) for each in _typed(block) if language in LANGUAGES)
            block = None
        elif block is not None:
            block.append(line)
        elif heading := re.fullmatch(r"(#{1,4}) (.+)", line):
            yield heading[1], _short(heading[2])
        elif step := ITEM.fullmatch(line):
            yield "step", _short(step[1])
        elif row := ROW.fullmatch(line):
            # The first row has the names of columns; a table of versions is the history of the page itself.
            if columns and not re.fullmatch(r"[|\s:-]+", line) and not columns.startswith("Version"):
                yield "step", _short(row[1])
            columns = columns or row[1]
        else:
            columns = ""


def _typed(block: list[str]) -> Iterator[str]:
    """The comments of a block, which say what is done; without any, its first line."""
    comments = [found[1] for line in block if (found := COMMENT.fullmatch(line))]
    lines = comments or [line for line in block if line.strip()][:1]
    return map(_short, lines)


def _short(text: str) -> str:
    plain = re.sub(r"\*\*|`", "", re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", text)).strip()
    return plain if len(plain) <= LONGEST else plain[: LONGEST - 1].rstrip() + "…"
