"""Quantities of billed items: the results of the rows of a cloud's table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from slipway.cost.prices import Prices
from slipway.cost.resources import Resource, Resources
from slipway.cost.span import Span

HOURS = "hours"
"""The assumption that all hourly prices need."""


@dataclass(frozen=True)
class Quantity:
    """A monthly quantity of an item of the price file, its purpose `what`, and the assumptions in the amount."""

    item: str
    amount: Span
    what: str
    region: str = ""
    """Empty for the region of the resource."""
    assumes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unknown:
    """A cost that no price file has."""

    what: str


@dataclass(frozen=True)
class Context:
    """The data that rows of the tables need besides the resource."""

    prices: Prices
    resources: Resources
    region: Callable[[Resource], str]
    """Returns the region of a resource, as its cloud defines it."""

    def hours(self, item: str, what: str, count: float | Span = 1, *, region: str = "") -> Quantity:
        """Return an item that is billed by the hour, for the whole month."""
        return Quantity(item, _span(count) * self.prices.assumed(HOURS), what, region, (HOURS,))

    def month(self, item: str, what: str, count: float | Span = 1, *, region: str = "") -> Quantity:
        """Return an item that is billed by the month, or by an amount in the resource."""
        return Quantity(item, _span(count), what, region)

    def assumed(self, item: str, what: str, name: str, times: float = 1, *, region: str = "") -> Quantity:
        """Return the quantity of an assumption, multiplied by `times`."""
        return Quantity(item, Span.exactly(self.prices.assumed(name) * times), what, region, (name,))


Rule = Callable[[Resource, Context], Iterable[Quantity | Unknown]]


@dataclass(frozen=True)
class Budget:
    """The allowed monthly cost in US dollars: of one system, or, if it names none, of its cluster with all systems."""

    resource: Resource
    usd: float
    system: str


@dataclass(frozen=True)
class Cloud:
    """The billed and the free types of a cloud."""

    rules: Mapping[str, Rule]
    free: Mapping[str, str]
    """The reason why a type costs nothing."""
    region: Callable[[Resource], str]
    volume: Callable[[Context, float, Span], Iterable[Quantity | Unknown]]
    """Returns the quantities of a number of volumes of the same size in GiB, in the cluster."""
    volume_class: str
    """The StorageClass of these volumes, which clusters use by default."""
    entry: Callable[[Resource, Context], Iterable[Quantity | Unknown]]
    """Returns the quantities of a Service of the type LoadBalancer."""
    budgets: Mapping[str, Callable[[Resource], Budget]]
    """Functions that read the budget from a type."""


def _span(count: float | Span) -> Span:
    return count if isinstance(count, Span) else Span.exactly(count)
