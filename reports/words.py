"""Numbers of things in words."""

from __future__ import annotations


def many(number: int, one: str, more: str | None = None) -> str:
    """`1 cluster`, `2 clusters`."""
    return f"{number} {one if number == 1 else more or one + 's'}"
