"""Columns of plain text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Format rows with each column as wide as its widest cell, two spaces apart."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (heads, *rows))
    return "\n".join(line.rstrip() for line in lines)


def minute(time: datetime) -> str:
    """Format a time as `2026-11-21 04:05 UTC`."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
