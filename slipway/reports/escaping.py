"""Escapes text for GitHub's Markdown: it appears literally, without markup or mentions; only URLs become links.

Entities hide characters of Markdown and HTML. GitHub finds mentions, references to issues and emoji in the rendered
text, except in code: there a zero-width space separates them.
"""

from __future__ import annotations

import re
from functools import lru_cache

KNOWN = 4096
"""Characters. Chosen: more than a text of one language has."""
_READ = re.compile(
    r"(?P<markup>[&<>\\`*~\[\]|$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9]))"
    r"|@|#(?=[0-9])|\bgh-(?=[0-9])|:(?=[\w+-]+:)",
    re.IGNORECASE,
)


def visible(text: str) -> str:
    """Return one line in which every character is visible: a newline becomes a space, characters that reverse or hide
    text become `\\u202e` and the like."""
    return text if text.isprintable() else "".join(map(_visible, text))


def clipped(text: str, most: int) -> str:
    """Return the first `most` bytes of a visible line, cut at the end of a word if there is one in their second half,
    and the number of omitted characters."""
    if text.isprintable() and len(text.encode()) <= most:
        return text
    for position, char in enumerate(text):
        most -= _size(char)
        if most < 0:
            word = max(text.rfind(" ", 0, position + 1), 0)
            end = word if word > position // 2 else position
            return f"{''.join(map(_visible, text[:end]))}… ({len(text) - end} more characters)"
    return "".join(map(_visible, text))


def prose(text: str) -> str:
    """Escape one line for use in a sentence, a list, a table cell or a tag; never at the beginning of a line."""
    return _READ.sub(lambda found: f"&#{ord(found[0])};" if found["markup"] else f"{found[0]}&#8203;", visible(text))


def code(text: str) -> str:
    """Return one line as a code span, not for tables: there bars separate cells even in code."""
    line = visible(text)
    fence = "`" * (_longest_run(line) + 1)
    pad = " " if line[:1] in ("`", " ") or line[-1:] in ("`", " ") else ""
    return f"{fence}{pad}{line}{pad}{fence}" if line else ""


def block(lines: list[str], language: str = "text") -> str:
    """Return lines as a code block."""
    text = "\n".join(map(visible, lines))
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{language}\n{text}\n{fence}"


@lru_cache(KNOWN)
def _visible(char: str) -> str:
    if char.isspace():
        return " "
    return char if char.isprintable() else char.encode("unicode_escape").decode()


@lru_cache(KNOWN)
def _size(char: str) -> int:
    """Return the bytes of what a character is shown as."""
    return len(_visible(char).encode())


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
