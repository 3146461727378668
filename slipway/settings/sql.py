"""Parses SQL with PostgreSQL's own parser, in time proportional to the text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pgparse

_BLANK = re.compile(rb"(?:\s|--[^\n\r]*)+")
_COMMENT = re.compile(rb"/\*|\*/")


class SqlError(ValueError):
    """Text that is not SQL."""

    def __init__(self, line: int, rule: str) -> None:
        super().__init__(f"line {line}: {rule}")
        self.line, self.rule = line, rule


@dataclass(frozen=True)
class Statement:
    """A statement of a text, without the comments before it and the semicolon after it."""

    text: str
    start: int
    """Offset of its first byte in the text's UTF-8, from 0."""
    line: int
    """Line of its first word, from 1."""
    kind: str
    """The type of its node in PostgreSQL's parser, such as `IndexStmt`."""
    tree: Mapping[str, Any]
    """The parser's node, without fields that are not set."""


@lru_cache(maxsize=64)
def statements(text: str) -> tuple[Statement, ...]:
    """Return the statements of a text in order. Raises SqlError if the parser fails."""
    try:
        found = pgparse.parse(text)
    except pgparse.PGQueryError as error:
        raise _refused(text, error) from error
    except RecursionError as error:
        raise SqlError(1, "holds an expression that is nested too deep to be read: split it") from error
    return tuple(_located(text.encode(), found))


def _refused(text: str, error: pgparse.PGQueryError) -> SqlError:
    at = max(error.position - 1, 0)
    line = text.count("\n", 0, at) + 1
    if text[at : at + 1] == "\\":
        return SqlError(line, "is a command of psql's, not SQL")
    return SqlError(line, f"is not SQL that PostgreSQL reads: {' '.join(error.message.split())[:200]}")


def _located(content: bytes, found: list[dict[str, Any]]) -> Iterator[Statement]:
    line, counted = 1, 0
    for each in found:
        begins = each.get("stmt_location", 0)
        ends = begins + each["stmt_len"] if each.get("stmt_len") else len(content)
        start = _first_word(content, begins)
        line, counted = line + content.count(b"\n", counted, start), start
        ((kind, tree),) = each["stmt"].items()
        yield Statement(content[start:ends].decode(), start, line, kind, tree)


def _first_word(content: bytes, at: int) -> int:
    """Return where whitespace and comments end; comments may be nested."""
    while True:
        if blank := _BLANK.match(content, at):
            at = blank.end()
        elif content.startswith(b"/*", at):
            at = _comment_ends(content, at)
        else:
            return at


def _comment_ends(content: bytes, at: int) -> int:
    depth = 0
    for mark in _COMMENT.finditer(content, at):
        depth += 1 if mark[0] == b"/*" else -1
        if depth == 0:
            return mark.end()
    return len(content)
