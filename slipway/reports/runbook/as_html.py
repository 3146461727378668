"""Renders a page as one HTML file, which needs no network and has no scripts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from slipway.reports.escaping import visible
from slipway.reports.page import source_hash
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

STYLE = Path(__file__).with_name("runbook.css")
SCHEMES = ("https://", "http://")
"""Addresses that become links; others are shown as text."""


def as_html(title: str, sections: Sequence[Section]) -> str:
    """Return the page, whose policy (Content-Security-Policy) allows its own style and nothing else."""
    style = STYLE.read_text(encoding="utf-8")
    policy = f"default-src 'none'; style-src {source_hash(style)}; base-uri 'none'; form-action 'none'"
    head = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{_text(title)}</title><style>{style}</style></head><body>",
        f"<h1>{_text(title)}</h1>",
    ]
    return "\n".join([*head, *_sections(sections, 2), "</body></html>", ""])


def _sections(sections: Sequence[Section], level: int) -> Iterator[str]:
    for section in sections:
        if not section.is_empty:
            yield f"<h{level}>{_text(section.title)}</h{level}>"
            yield from map(_block, section.blocks)
            yield from _sections(section.sections, min(level + 1, 6))


def _block(block: Block) -> str:
    match block:
        case Paragraph():
            return f"<p>{_line(block.line)}</p>"
        case Items():
            tag = "ol" if block.numbered else "ul"
            box = '<span class="box">☐</span> ' if block.ticked else ""
            return f"<{tag}>{''.join(f'<li>{box}{_line(each)}</li>' for each in block.lines)}</{tag}>"
        case Task():
            return _task(block)
        case Table():
            return _table(block)
        case Commands():
            typed = [f"{_text(each)}  <i># {_text(about)}</i>" if about else _text(each) for each, about in block.lines]
            return "<pre>" + "\n".join(typed) + "</pre>"
        case Message():
            lines = "<br>".join(map(_text, block.text.splitlines()))
            return f"<blockquote><p><b>{_text(block.subject)}</b></p><p>{lines}</p></blockquote>"


def _task(task: Task) -> str:
    steps = f"<ol>{''.join(f'<li>{_line(each)}</li>' for each in task.steps)}</ol>" if task.steps else ""
    return f'<ul><li><span class="box">☐</span> {_line(task.title)}{steps}</li></ul>'


def _table(table: Table) -> str:
    def row(tag: str, cells: Sequence[Line]) -> str:
        return f"<tr>{''.join(f'<{tag}>{_line(cell)}</{tag}>' for cell in cells)}</tr>"

    body = "".join(row("td", each) for each in table.rows)
    head = f"<thead>{row('th', table.columns)}</thead>" if any(table.columns) else ""
    return f"<table>{head}<tbody>{body}</tbody></table>"


def _line(line: Line) -> str:
    return "".join(map(_inline, line if isinstance(line, tuple) else (line,)))


def _inline(part: Inline) -> str:
    if isinstance(part, Code):
        return f"<code>{_text(part.text)}</code>"
    if isinstance(part, Link):
        text = _text(part.text)
        return f'<a href="{_text(part.target)}">{text}</a>' if part.target.startswith(SCHEMES) else text
    return _text(part)


def _text(text: str) -> str:
    return escape(visible(text))
