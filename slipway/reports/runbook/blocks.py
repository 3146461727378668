"""What a page consists of, before it is Markdown or HTML: texts are plain, and only renderers escape them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Code:
    """A name, a value or a command inside a line."""

    text: str


@dataclass(frozen=True)
class Link:
    """A link inside a line."""

    text: str
    target: str


Inline = str | Code | Link
Line = Inline | tuple[Inline, ...]
"""A line of text, of one part or several."""


@dataclass(frozen=True)
class Paragraph:
    """One sentence or more."""

    line: Line


@dataclass(frozen=True)
class Items:
    """A list; `ticked` items have a box for a person's mark, `numbered` ones are done in order."""

    lines: Sequence[Line]
    ticked: bool = False
    numbered: bool = False


@dataclass(frozen=True)
class Task:
    """Something that a person does: a box to tick, and steps in order."""

    title: Line
    steps: Sequence[Line] = ()


@dataclass(frozen=True)
class Table:
    """Rows below the names of their columns."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Line]]


@dataclass(frozen=True)
class Commands:
    """Commands to type, each with what it does."""

    lines: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Message:
    """A text that is sent as it is."""

    subject: str
    text: str


Block = Paragraph | Items | Task | Table | Commands | Message


@dataclass(frozen=True)
class Section:
    """A heading, and what is below it. One without blocks and sections is left out of the page."""

    title: str
    blocks: Sequence[Block] = ()
    sections: Sequence[Section] = ()

    @property
    def is_empty(self) -> bool:
        return not self.blocks and all(each.is_empty for each in self.sections)


def joined(parts: Sequence[Inline], separator: str = ", ") -> tuple[Inline, ...]:
    """Return a line of the parts with the separator between them."""
    return tuple(each for part in parts for each in (separator, part))[1:]


def line(*parts: Line | None) -> tuple[Inline, ...]:
    """Return one line of several, without those that are None."""
    whole: list[Inline] = []
    for part in parts:
        if part is not None:
            whole += part if isinstance(part, tuple) else [part]
    return tuple(whole)
