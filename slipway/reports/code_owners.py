"""The owners of a file, from GitHub's `CODEOWNERS`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
PLACEHOLDER = "@example/"
"""Placeholder teams of the shipped file, without members."""


@dataclass(frozen=True)
class CodeOwners:
    """The lines of the file; the last match of a path counts."""

    lines: Sequence[tuple[str, tuple[str, ...]]]

    @classmethod
    def of(cls, root: Path) -> CodeOwners:
        """Read the file of a tree; without one nothing has owners."""
        file = next((root / each for each in PLACES if (root / each).is_file()), None)
        text = file.read_text(encoding="utf-8", errors="replace") if file else ""
        split = (line.partition(" #")[0].split() for line in text.splitlines() if not line.lstrip().startswith("#"))
        return cls([(words[0], tuple(words[1:])) for words in split if words])

    def of_file(self, name: str) -> tuple[str, ...]:
        """Return the owners of a file, named from the root; empty if no line matches, or only placeholders own it."""
        owners: tuple[str, ...] = ()
        for pattern, found in self.lines:
            if _pattern(pattern).fullmatch(name):
                owners = found
        return tuple(each for each in owners if not each.startswith(PLACEHOLDER))


def _pattern(text: str) -> re.Pattern[str]:
    """Return a pattern with the rules of .gitignore: it starts at the root if it has a `/` within, else at any depth; a
    folder includes everything below it."""
    anchored = "/" in text.rstrip("/")
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", text.strip("/"))
    translated = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    body = "".join(translated.get(part) or re.escape(part) for part in parts)
    below = "/.*" if text.endswith("/") else "" if text.endswith("/*") else "(?:/.*)?"
    return re.compile(f"{'' if anchored else '(?:.*/)?'}{body}{below}")
