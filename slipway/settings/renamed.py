"""Renamed words of system and stack files: an old word is refused, and the error names the new one."""

from __future__ import annotations

from collections.abc import Collection, Mapping

RENAMED: Mapping[str, tuple[str, ...]] = {
    "aim": ("target",),
    "apiAllow": ("authorizedNetworks",),
    "budgetsFrom": ("budgetStart",),
    "documents": ("links", "mongodb"),
    "handovers": ("promotions",),
    "keep": ("capture",),
    "keeps": ("previous",),
    "lasting": ("for",),
    "offsite": ("copyToSecondRegion",),
    "part": ("field",),
    "people": ("rbac",),
    "placement": ("hosting",),
    "rolledBack": ("rollbackVerification",),
    "troubles": ("knownIssues",),
}
"""New names by the old one: keys, and `engine: documents`. If a word had several meanings, its position decides."""


def new_name(word: object, known: Collection[str]) -> str | None:
    """Return the new name of a renamed word, if it is among those `known` at its position."""
    return next((name for name in RENAMED.get(str(word), ()) if name in known), None)
