"""Reads Azure's Retail Prices API: one query per row, answered in pages.

https://learn.microsoft.com/rest/api/cost-management/retail-prices/azure-retail-prices
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from slipway.cost.lists.download import document, same_host
from slipway.cost.lists.matching import CURRENCY, Entries, PriceListError, Wanted, settled
from slipway.cost.prices import GLOBAL

ADDRESS = "https://prices.azure.com"
VERSION = "2023-01-01-preview"
"""In this version values are compared case-sensitively, and non-primary meters can be left out."""
PAGES = 200
"""Maximum pages of a query, of a thousand prices each. Chosen: with more, the filter is wrong."""


def fetch(address: str, wanted: list[Wanted], report: Callable[[str], None]) -> Mapping[tuple[str, str], float]:
    """Return the prices of all rows. Raises PriceListError."""
    found: list[Entries] = []
    for each in wanted:
        report(f"{each.item.service}: {each.name} in {each.region}")
        found.append(entries := Entries(each))
        for item in _items(_query(address, each), each):
            if each.is_met_by({key: str(value) for key, value in item.items()}):
                price, start = item.get("retailPrice"), item.get("tierMinimumUnits", 0)
                entries.add(str(price), str(start), str(item.get("currencyCode", "")))
    return settled(found)


def _query(address: str, wanted: Wanted) -> str:
    terms = {"serviceName": wanted.item.service, "priceType": "Consumption"}
    if wanted.region != GLOBAL:
        terms["armRegionName"] = wanted.region
    terms |= {key: each for key, each in wanted.item.filter.items() if not set("*|") & set(each)}
    condition = " and ".join(f"{key} eq '{_quoted(each)}'" for key, each in terms.items())
    options = {
        "api-version": VERSION,
        "currencyCode": f"'{CURRENCY}'",
        "meterRegion": "'primary'",
        "$filter": condition,
    }
    return f"{address}/api/retail/prices?{urlencode(options)}"


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def _items(address: str, wanted: Wanted) -> Iterator[Mapping[str, Any]]:
    """Yield the items of all pages; each page must contain as many items as it declares, and the link to the next
    page, or none."""
    following: str | None = address
    for _ in range(PAGES):
        page = document(following)
        items, count = page.get("Items"), page.get("Count")
        if (
            not isinstance(items, list)
            or not all(isinstance(each, dict) for each in items)
            or "NextPageLink" not in page
        ):
            raise PriceListError(f"{wanted}: the answer is no page of prices")
        if count != len(items):
            raise PriceListError(f"{wanted}: a page has {len(items)} of {count} prices; try again")
        yield from items
        following = page["NextPageLink"]
        if not following:
            return
        if not isinstance(following, str) or not same_host(address, following):
            raise PriceListError(f"{wanted}: the next page is on another host")
    raise PriceListError(f"{wanted}: has more than {PAGES} pages; make its filter narrower")
