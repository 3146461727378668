"""What a changelog has that an earlier one had not."""

from __future__ import annotations

from collections.abc import Iterator

HEADING, ENTRY = "## ", "- "


def news(before: str, after: str) -> list[str]:
    """Return the lines of the entries that are new, below the headings of their versions."""
    known = {entry for _, entry in _entries(before)}
    found: list[str] = []
    version = ""
    for heading, entry in _entries(after):
        if entry in known:
            continue
        if heading != version:
            found += ["", heading] if found else [heading]
            version = heading
        found += entry.splitlines()
    return found


def _entries(text: str) -> Iterator[tuple[str, str]]:
    """Yield the heading of its version and the text of each entry."""
    heading, lines = "", list[str]()
    for line in [*text.splitlines(), HEADING]:
        if line.startswith((HEADING, ENTRY)):
            if lines:
                yield heading, "\n".join(lines).rstrip()
            lines = [line] if line.startswith(ENTRY) else []
            heading = line if line.startswith(HEADING) else heading
        elif lines:
            lines.append(line)
