"""Text of any kind as GitHub's Markdown shows it: as it is, with nothing marked up, nobody called; only URLs become links.

Entities hide what Markdown and HTML would read. GitHub finds mentions, references to issues and emoji in the text that
comes out, except in code: there a space without width parts them.
"""

from __future__ import annotations

import re

_READ = re.compile(
    r"(?P<markup>[&<>\\`*~\[\]|$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9]))"
    r"|@|#(?=[0-9])|\bgh-(?=[0-9])|:(?=[\w+-]+:)",
    re.IGNORECASE,
)


def visible(text: str) -> str:
    """One line in which every character can be seen: a newline is a space, what turns or hides text is `\\u202e`."""
    return text if text.isprintable() else "".join(map(_seen, text))


def clipped(text: str, most: int) -> str:
    """The first `most` bytes of a visible line, and how many characters of `text` there are more."""
    if text.isprintable() and len(text.encode()) <= most:
        return text
    kept = ""
    for position, char in enumerate(text):
        most -= len(_seen(char).encode())
        if most < 0:
            return f"{kept}… ({len(text) - position} more characters)"
        kept += _seen(char)
    return kept


def prose(text: str) -> str:
    """One line, in a sentence, a list, a cell of a table or a tag; never at the beginning of a line."""
    return _READ.sub(lambda found: f"&#{ord(found[0])};" if found["markup"] else f"{found[0]}&#8203;", visible(text))


def code(text: str) -> str:
    """One line in a span of code, not for tables: bars part cells even there."""
    line = visible(text)
    fence = "`" * (_longest_run(line) + 1)
    pad = " " if line[:1] in ("`", " ") or line[-1:] in ("`", " ") else ""
    return f"{fence}{pad}{line}{pad}{fence}" if line else ""


def block(lines: list[str]) -> str:
    """Lines in a block of code."""
    text = "\n".join(map(visible, lines))
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}text\n{text}\n{fence}"


def _seen(char: str) -> str:
    if char.isspace():
        return " "
    return char if char.isprintable() else char.encode("unicode_escape").decode()


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
