"""Estimates the monthly cost of a plan: quantities times prices, by resource, and the costs that are unknown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from slipway.cost.clouds import CLOUDS, known, maker
from slipway.cost.prices import Assumption, Price, Prices
from slipway.cost.quantity import Budget, Context, Quantity, Unknown
from slipway.cost.resources import Resource, resources
from slipway.cost.span import NOTHING, Span, total
from slipway.rehearsal import Plan
from slipway.rehearsal.difference import Before


@dataclass(frozen=True)
class Line:
    """A quantity of one resource, with its price."""

    resource: Resource
    what: str
    amount: Span
    price: Price

    @property
    def cost(self) -> Span:
        """Return the cost in US dollars a month."""
        return self.amount * self.price.usd


@dataclass(frozen=True)
class Unpriced:
    """A cost of a resource without a known price."""

    resource: Resource
    what: str


@dataclass(frozen=True)
class Estimate:
    """All priced and unpriced costs."""

    lines: tuple[Line, ...]
    unknown: tuple[Unpriced, ...]
    assumptions: Mapping[str, Assumption]
    """The assumptions that the amounts use."""
    prices: Prices
    budgets: tuple[Budget, ...] = ()

    @cached_property
    def total(self) -> Span:
        """Return US dollars a month, without unknown costs."""
        return total(line.cost for line in self.lines)

    @cached_property
    def by_cluster(self) -> Mapping[str, Span]:
        return _sums((line.resource.cluster, line.cost) for line in self.lines)

    @cached_property
    def by_system(self) -> Mapping[tuple[str, str], Span]:
        """Return the cost by cluster and system, in the order of the plan."""
        return _sums(((line.resource.cluster, line.resource.system), line.cost) for line in self.lines)

    @cached_property
    def by_resource(self) -> Mapping[str, Span]:
        """Return the cost by URN."""
        return _sums((line.resource.urn, line.cost) for line in self.lines)

    def within(self, budget: Budget) -> Span:
        """Return the cost that the budget covers. Nodes count for the cluster: no bill says which system's pods ran on
        them."""
        cluster = budget.resource.cluster
        return (
            self.by_system.get((cluster, budget.system), NOTHING)
            if budget.system
            else self.by_cluster.get(cluster, NOTHING)
        )


def estimate(of: Plan | Before, prices: Prices) -> Estimate:
    """Estimate the cost of a plan, or of an earlier state, at these prices. Raises InvalidSettings for an assumption
    that the project does not define."""
    context = Context(prices, resources(of), _region)
    lines: list[Line] = []
    unknown: list[Unpriced] = []
    used: dict[str, Assumption] = {}
    budgets: list[Budget] = []
    for resource in context.resources:
        cloud = CLOUDS.get(_cloud(resource))
        if cloud is not None and resource.type in cloud.budgets:
            budgets.append(cloud.budgets[resource.type](resource))
        for each in _quantities(resource, context):
            if isinstance(each, Unknown):
                unknown.append(Unpriced(resource, each.what))
                continue
            region = each.region or _region(resource)
            price = prices.find(_cloud(resource), each.item, region)
            if price is None:
                unknown.append(
                    Unpriced(resource, f"{each.what}: no price of '{each.item}' in {region or 'an unknown region'}")
                )
            else:
                lines.append(Line(resource, each.what, each.amount, price))
                used |= {name: prices.assumptions[name] for name in each.assumes}
    return Estimate(tuple(lines), tuple(unknown), used, prices, tuple(budgets))


def _quantities(resource: Resource, context: Context) -> Iterator[Quantity | Unknown]:
    cloud = CLOUDS.get(_cloud(resource))
    if not known(resource.type):
        yield Unknown(f"the type {resource.type} is in no table of costs")
    elif cloud is not None and resource.type in cloud.rules:
        yield from cloud.rules[resource.type](resource, context)


def _cloud(resource: Resource) -> str:
    """Return the cloud of the resource's cluster, or the one whose provider creates its type."""
    return resource.cloud or maker(resource.type)


def _region(resource: Resource) -> str:
    cloud = CLOUDS.get(_cloud(resource))
    return cloud.region(resource) if cloud is not None else ""


def _sums(found: Iterable[tuple[str, Span]] | Iterable[tuple[tuple[str, str], Span]]) -> Mapping:
    sums: dict = {}
    for key, cost in found:
        sums[key] = sums.get(key, NOTHING) + cost
    return sums
