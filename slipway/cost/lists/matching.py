"""Finds the entry of a list that is the price of an item: exactly one, or an error that names the item."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from slipway.cost.prices import Item

CURRENCY = "USD"
LEAP = 5
"""Factor between an old and a new price above which another unit or product is likely. Chosen: prices change by
less."""


class PriceListError(Exception):
    """A list could not be read, or lacks the price of a row. Nothing was changed."""


@dataclass(frozen=True)
class Wanted:
    """A row of a price file that is to be fetched."""

    name: str
    item: Item
    region: str

    def __str__(self) -> str:
        return f"'{self.name}' in {self.region}"

    @cached_property
    def patterns(self) -> Mapping[str, re.Pattern[str]]:
        """Return the row's filter as patterns: `*` matches any text, `|` separates alternatives."""
        return {
            key: re.compile(re.escape(each).replace(r"\*", ".*").replace(r"\|", "|"))
            for key, each in self.item.filter.items()
        }

    def is_met_by(self, entry: Mapping[str, str]) -> bool:
        return all(pattern.fullmatch(entry.get(key, "")) for key, pattern in self.patterns.items())

    @property
    def where(self) -> str:
        return ", ".join(f"{key}: {each}" for key, each in self.item.filter.items())


@dataclass
class Entries:
    """The prices found for one row, by the amount from which they apply."""

    wanted: Wanted
    tiers: dict[float, set[float]] = field(default_factory=dict)

    def add(self, price: str, start: str, currency: str) -> None:
        """Add a price. Raises PriceListError for another currency or an invalid amount."""
        if currency != CURRENCY:
            raise PriceListError(
                f"{self.wanted}: the list has its price in {currency or 'no currency'}, not in {CURRENCY}"
            )
        self.tiers.setdefault(_number(self.wanted, start or "0"), set()).add(_number(self.wanted, price))

    @property
    def usd(self) -> float:
        """Return the price of the lowest tier that is not free, per unit of the row. Raises PriceListError."""
        if not self.tiers:
            raise PriceListError(f"{self.wanted}: the list has no entry for it ({self.wanted.where})")
        for start in sorted(self.tiers):
            prices = sorted(self.tiers[start] - {0.0})
            if len(prices) > 1:
                named = ", ".join(f"{each:g}" for each in prices[:5])
                raise PriceListError(
                    f"{self.wanted}: several prices fit ({named}); make its filter narrower: {self.wanted.where}"
                )
            if prices:
                return self._checked(prices[0] * self.wanted.item.per)
        raise PriceListError(f"{self.wanted}: costs nothing by the list ({self.wanted.where}), which is no price")

    def _checked(self, usd: float) -> float:
        before = self.wanted.item.regions[self.wanted.region].usd
        if not 1 / LEAP <= usd / before <= LEAP:
            reported = f"{usd:g} by the list and {before:g} in the file"
            raise PriceListError(
                f"{self.wanted}: {reported}; check its 'filter' and 'per', or set its 'usd' first if that is right"
            )
        return float(f"{usd:.10g}")


def _number(wanted: Wanted, text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not math.isfinite(found) or found < 0:
        raise PriceListError(f"{wanted}: the list has no amount of money for it")
    return found


def settled(entries: Iterable[Entries]) -> dict[tuple[str, str], float]:
    """Return the price of every row. Raises PriceListError for the first row that has none."""
    return {(each.wanted.name, each.wanted.region): each.usd for each in entries}
