"""Renders a page as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from slipway.reports import escaping
from slipway.reports.runbook.blocks import (
    Block,
    Code,
    Commands,
    Inline,
    Items,
    Line,
    Link,
    Message,
    Paragraph,
    Section,
    Table,
    Task,
)

DEEPEST = 4
"""Level of headings below which all are alike. Chosen: a page of four levels is still read."""
_MARKER = re.compile(r"^(\s*)([-+=](?=[\s=-]|$)|\d+(?=[.)](?:\s|$)))")
"""What would begin a list or underline a heading at the start of a line."""


def as_markdown(title: str, sections: Sequence[Section]) -> str:
    """Return the page."""
    return "\n\n".join([f"# {escaping.prose(title)}", *_sections(sections, 2)]) + "\n"


def _sections(sections: Sequence[Section], level: int) -> Iterator[str]:
    for section in sections:
        if not section.is_empty:
            yield f"{'#' * min(level, DEEPEST)} {escaping.prose(section.title)}"
            yield from map(_block, section.blocks)
            yield from _sections(section.sections, level + 1)


def _block(block: Block) -> str:
    match block:
        case Paragraph():
            return _line(block.line)
        case Items():
            return _items(block)
        case Task():
            return _task(block)
        case Table():
            return _table(block)
        case Commands():
            return escaping.block(_commands(block), "sh")
        case Message():
            quoted = [f"**{escaping.prose(block.subject)}**", "", *map(_text, block.text.splitlines())]
            return "\n".join(f"> {each}".rstrip() for each in quoted)


def _items(items: Items) -> str:
    def mark(number: int) -> str:
        return f"{number}. " if items.numbered else "- [ ] " if items.ticked else "- "

    return "\n".join(f"{mark(number)}{_line(each)}" for number, each in enumerate(items.lines, 1))


def _task(task: Task) -> str:
    lines = [f"- [ ] {_line(task.title)}"]
    lines += [f"  {number}. {_line(step)}" for number, step in enumerate(task.steps, 1)]
    return "\n".join(lines)


def _table(table: Table) -> str:
    rows = [[_line(cell, in_table=True) for cell in row] for row in table.rows]
    lines = [[escaping.prose(each) for each in table.columns], ["---"] * len(table.columns), *rows]
    return "\n".join("|" + "|".join(f" {cell} " if cell else " " for cell in row) + "|" for row in lines)


def _commands(commands: Commands) -> list[str]:
    width = max((len(each) for each, about in commands.lines if about), default=0)
    return [f"{each:{width}}  # {about}" if about else each for each, about in commands.lines]


def _line(line: Line, *, in_table: bool = False) -> str:
    text = "".join(_inline(each, in_table=in_table) for each in (line if isinstance(line, tuple) else (line,)))
    return text if in_table else _unmarked(text)


def _text(text: str) -> str:
    return _unmarked(escaping.prose(text))


def _inline(part: Inline, *, in_table: bool) -> str:
    if isinstance(part, Code):
        if in_table and ("|" in part.text or "`" in part.text):
            return f"<code>{escaping.prose(part.text)}</code>"
        return escaping.code(part.text)
    if isinstance(part, Link):
        target = re.sub(r"[<>()\s]", _percent, part.target)
        return f"[{escaping.prose(part.text)}]({target})"
    return escaping.prose(part)


def _unmarked(text: str) -> str:
    """Return a line that begins no list, heading or rule where it begins a line."""
    text = _MARKER.sub(lambda found: f"{found[1]}{_entity(found[2])}", text)
    return _entity("#") + text[1:] if text.startswith("#") else text


def _entity(marker: str) -> str:
    """Escape a bullet, or the dot behind the number that follows in the text."""
    return f"&#{ord(marker[0])};{marker[1:]}"


def _percent(found: re.Match[str]) -> str:
    return f"%{ord(found[0]):02X}"
