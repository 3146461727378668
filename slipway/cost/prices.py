"""Reads the files of `prices/`: list prices by cloud, and assumptions for quantities that are not in a plan. No other
module reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from slipway.settings import document
from slipway.settings.problems import InvalidSettings, Place, Problem, nearest
from slipway.settings.setting import Setting
from slipway.settings.validation import problem_at, validate

FOLDER = "prices"
ASSUMPTIONS = "assumptions.yaml"
_NAMES = """
    backups broker bucket bucket-changed bucket-reads bucket-reads-10k bucket-writes bucket-writes-10k changed
    days dns-queries document-requests documents endpoint entry-capacity hours internet key-requests
    log-compression log-group monitored nat node-cpu node-disk node-memory nodes-minimum peering queue-requests
    replicated repository secret-requests site site-requests state table topic-data topic-requests vault-requests
    workspace zones
"""
NAMES = frozenset(_NAMES.split())
"""The assumptions that estimates read, by name."""
MOST = 1_000_000
"""Maximum US dollars of a row, and list units per unit of ours. Chosen: a larger number is a typing error."""
GLOBAL = "global"
"""The region of items that cost the same everywhere."""


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError("is not a day, for example 2026-11-29") from None


def _address(text: str) -> str:
    if not re.fullmatch(r"https://[\w.-]+/\S*", text):
        raise ValueError("is not the address of a page, for example https://example.com/pricing/")
    return text


def _above_zero(value: Any) -> float:
    """Refuse zero: a price of zero would hide a cost."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= MOST:
        raise ValueError("is not a number above zero, for example 0.045")
    return float(value)


Positive = Annotated[float, BeforeValidator(_above_zero)]
Text = Annotated[str, Field(min_length=1, max_length=200)]


class Row(Setting):
    """The price of a unit in one region."""

    usd: Positive
    """Price without tax and discounts; of a price in tiers, that of the first tier that is not free."""
    day: Annotated[str, AfterValidator(_day)]
    """Day on which it was entered or fetched."""
    entered: bool = False
    """True if a person entered it from the page; `slipway prices update` resets it."""


class Item(Setting):
    """An item with prices."""

    service: Text
    """Name of the offer in the cloud's price list."""
    filter: dict[Text, Text] = Field(min_length=1)
    """Values by attribute that identify its row in that list. `*` matches any text, `|` separates alternatives."""
    unit: Text
    """The unit of the price: an hour, a GB for a month, …"""
    per: Positive = 1
    """Number of the list's units in one of ours: 1000000 if the list has a price for one request."""
    page: Annotated[Text, AfterValidator(_address)]
    """The page of prices."""
    regions: dict[Text, Row] = Field(min_length=1)
    """Prices by region, or by `global`."""


class Assumption(Setting):
    """A number that no plan contains."""

    value: Annotated[float, Field(ge=0, strict=False)]
    """The number."""
    unit: Text
    """Its unit: hours a month, GB, …"""
    why: Text
    """Where the number comes from."""


class PriceFile(Setting):
    """`prices/<cloud>.yaml`."""

    items: dict[Text, Item]
    """Items by name."""


class AssumptionFile(Setting):
    """`prices/assumptions.yaml`."""

    assumptions: dict[Text, Assumption]
    """Assumptions by name."""


@dataclass(frozen=True)
class Price:
    """One row of a file."""

    item: str
    region: str
    usd: float
    unit: str
    page: str
    day: str
    entered: bool


@dataclass(frozen=True)
class Prices:
    """Items by cloud, and assumptions."""

    clouds: Mapping[str, Mapping[str, Item]]
    assumptions: Mapping[str, Assumption]

    def find(self, cloud: str, item: str, region: str) -> Price | None:
        """Return the price of an item in a region, or everywhere."""
        found = self.clouds.get(cloud, {}).get(item)
        where = next((each for each in (region, GLOBAL) if found and each in found.regions), None)
        if found is None or where is None:
            return None
        row = found.regions[where]
        return Price(item, where, row.usd, found.unit, found.page, row.day, row.entered)

    def assumed(self, name: str) -> float:
        """Return the value of an assumption. Raises InvalidSettings if the file does not have it."""
        if name not in self.assumptions:
            raise InvalidSettings([Problem(Place(f"{FOLDER}/{ASSUMPTIONS}"), f"lacks 'assumptions.{name}'")])
        return self.assumptions[name].value

    @cached_property
    def days(self) -> tuple[str, str]:
        """Return the first and the last day on which a row was written; empty if there are no rows."""
        days = sorted(row.day for row in self._rows())
        return (days[0], days[-1]) if days else ("", "")

    @cached_property
    def entered(self) -> tuple[int, int]:
        """Return the number of rows that a person entered, and of all rows."""
        rows = list(self._rows())
        return sum(row.entered for row in rows), len(rows)

    def _rows(self) -> Iterator[Row]:
        for items in self.clouds.values():
            for item in items.values():
                yield from item.regions.values()


def priced(places: Sequence[Path]) -> bool:
    """Return whether one of these folders has prices."""
    return any((place / FOLDER).is_dir() for place in places)


def load(*places: Path) -> Prices:
    """Read the prices of a project from the folders whose files apply. A row or an assumption replaces that of the
    folders before it. Raises InvalidSettings with every problem of all files."""
    problems: list[Problem] = []
    clouds: dict[str, dict[str, Item]] = {}
    assumptions: dict[str, Assumption] = {}
    for path in (file for place in places for file in sorted((place / FOLDER).glob("*.yaml"))):
        try:
            read = read_file(path, f"{FOLDER}/{path.name}")
        except InvalidSettings as error:
            problems += error.problems
            continue
        if isinstance(read, AssumptionFile):
            assumptions |= read.assumptions
        else:
            known = clouds.setdefault(path.stem, {})
            known |= {name: _over(known.get(name), item) for name, item in read.items.items()}
    if not problems and not (clouds and assumptions):
        missing = f"needs a file a cloud and {ASSUMPTIONS}; without prices nothing is estimated"
        problems.append(Problem(Place(FOLDER), missing))
    if problems:
        raise InvalidSettings(problems)
    return Prices(clouds, assumptions)


def _over(before: Item | None, item: Item) -> Item:
    """Return an item with the rows of the one that it replaces, where it has none of its own."""
    return item if before is None else item.model_copy(update={"regions": {**before.regions, **item.regions}})


def read_file(path: Path, shown: str) -> PriceFile | AssumptionFile:
    """Read one file, called `shown` in messages. Raises InvalidSettings."""
    model = AssumptionFile if path.name == ASSUMPTIONS else PriceFile
    written = document.read(path, shown)
    read, problems = validate(model, written)
    if isinstance(read, AssumptionFile):
        problems += _unread(read, written)
    if read is None or problems:
        raise InvalidSettings(problems)
    return read


def _unread(read: AssumptionFile, written: document.LocatedDict) -> Iterator[Problem]:
    """Yield the rows that no estimate reads: a misspelt one would leave the number that it was to replace."""
    for name in read.assumptions:
        if name not in NAMES:
            rule = f"is not an assumption that an estimate reads{nearest(name, NAMES)}"
            yield problem_at(written, ("assumptions", name), rule)
