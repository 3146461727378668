"""Reads AWS' offer files: for each service an index of regions and a file per region, which is read as a stream.

https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/bulk-api-reading-price-list-files.html. Each file exists as
JSON and as CSV. The one of EC2 has hundreds of megabytes, so the CSV is read line by line, and only few lines are
stored.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

from slipway.cost.lists.download import document, opened
from slipway.cost.lists.matching import Entries, PriceListError, Wanted, settled
from slipway.cost.prices import GLOBAL

ADDRESS = "https://pricing.us-east-1.amazonaws.com"
HEAD = 5
"""Lines before the header of columns. Source: AWS Price List's CSV offer files."""
TERM, PRICE, START, CURRENCY = "TermType", "PricePerUnit", "StartingRange", "Currency"


def fetch(address: str, wanted: list[Wanted], report: Callable[[str], None]) -> Mapping[tuple[str, str], float]:
    """Return the prices of all rows, list by list. Raises PriceListError."""
    lists: defaultdict[tuple[str, str], list[Entries]] = defaultdict(list)
    for each in wanted:
        lists[each.item.service, each.region].append(Entries(each))
    versions: dict[str, Mapping[str, str]] = {}
    for (service, region), entries in lists.items():
        report(f"{service} in {region}")
        if region != GLOBAL and service not in versions:
            versions[service] = _versions(address, service)
        path = f"/offers/v1.0/aws/{service}/current/index.csv"
        _read(address + (path if region == GLOBAL else _path(versions[service], service, region)), entries)
    return settled(each for entries in lists.values() for each in entries)


def _versions(address: str, service: str) -> Mapping[str, str]:
    """Return the current file of each region."""
    where = f"{address}/offers/v1.0/aws/{service}/current/region_index.json"
    regions = document(where).get("regions")
    if not isinstance(regions, dict):
        raise PriceListError(f"{where}: lists no regions")
    return {name: str(each.get("currentVersionUrl", "")) for name, each in regions.items() if isinstance(each, dict)}


def _path(versions: Mapping[str, str], service: str, region: str) -> str:
    found = versions.get(region, "")
    if not (found.startswith(f"/offers/v1.0/aws/{service}/") and found.endswith("/index.json")):
        raise PriceListError(f"{service}: has no list for {region}")
    return found.removesuffix("json") + "csv"


def _read(where: str, entries: Sequence[Entries]) -> None:
    with opened(where) as body:
        lines = csv.reader(io.TextIOWrapper(body, encoding="utf-8", newline=""))
        try:
            columns = _columns(where, lines)
            for each in entries:
                lacking = next((key for key in each.wanted.item.filter if key not in columns), None)
                if lacking is not None:
                    raise PriceListError(f"{each.wanted}: {where} has no column '{lacking}'")
            _search(where, lines, columns, entries)
        except (csv.Error, UnicodeDecodeError) as error:
            raise PriceListError(f"{where}: is no CSV ({error})") from None


def _columns(where: str, lines: Iterator[list[str]]) -> list[str]:
    for _ in range(HEAD):
        next(lines, None)
    columns = next(lines, [])
    if not {TERM, PRICE, START, CURRENCY} <= set(columns):
        raise PriceListError(f"{where}: is no price list: line {HEAD + 1} does not name its columns")
    return columns


def _search(where: str, lines: Iterator[list[str]], columns: Sequence[str], entries: Sequence[Entries]) -> None:
    """Add each line to the rows that it is a price of. A line with too few columns was cut off."""
    term = columns.index(TERM)
    for number, line in enumerate(lines, start=HEAD + 2):
        if len(line) != len(columns):
            raise PriceListError(f"{where}: line {number} has {len(line)} of {len(columns)} columns; try again")
        if line[term] == "OnDemand":
            row = dict(zip(columns, line, strict=True))
            for each in entries:
                if each.wanted.is_met_by(row):
                    each.add(row[PRICE], row[START], row[CURRENCY])
