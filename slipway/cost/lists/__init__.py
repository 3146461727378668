"""Reads rows of `prices/` from the price lists that clouds publish; no account or credentials are required."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from slipway.cost.lists import aws, azure
from slipway.cost.lists.matching import Wanted
from slipway.cost.prices import Item

Found = Mapping[tuple[str, str], float]
"""US dollars by item and region."""
Report = Callable[[str], None]
Fetch = Callable[[str, list[Wanted], Report], Found]
LISTS: Mapping[str, tuple[str, Fetch]] = {"aws": (aws.ADDRESS, aws.fetch), "azure": (azure.ADDRESS, azure.fetch)}
"""The address of each cloud's list, and the function that reads it."""


def wanted(items: Mapping[str, Item]) -> list[Wanted]:
    """Return all rows of a file."""
    return [Wanted(name, item, region) for name, item in items.items() for region in item.regions]
