"""Quantities of Kubernetes as numbers."""

from __future__ import annotations

from typing import Any

UNITS = {"m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
"""https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/"""


def amount(text: Any) -> float:
    """Parse a quantity: `250m` is 0.25, `4Gi` is 4294967296, and anything else is 0."""
    if isinstance(text, int | float) and not isinstance(text, bool):
        return float(text)
    if not isinstance(text, str):
        return 0.0
    ending = next((each for each in sorted(UNITS, key=len, reverse=True) if text.endswith(each)), "")
    try:
        return float(text.removesuffix(ending)) * UNITS.get(ending, 1.0)
    except ValueError:
        return 0.0
