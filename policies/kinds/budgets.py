"""What each cloud calls a budget."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from frame import Absence, Property, Resource


@dataclass(frozen=True)
class Budget:
    """Where a kind of budget says what it allows, for what, and who hears of it."""

    amount: Callable[[Resource], Property]
    """US dollars."""
    period: Callable[[Resource], Property]
    """How often the amount may be spent."""
    system: Callable[[Resource], Property]
    """The system that it is for; missing where it is for all."""
    tells: Callable[[Resource], Property]
    """Set if somebody is told of what was spent."""


def _aws_tells(budget: Resource) -> Property:
    ways = ("subscriberEmailAddresses", "subscriberSnsTopicArns")
    return _first(each[way] for each in budget["notifications"].elements() for way in ways)


def _azure_tells(budget: Resource) -> Property:
    ways = ("contactEmails", "contactGroups", "contactRoles")
    notifications = budget["notifications"]
    enabled = [notifications[key] for key in notifications.keys if notifications[key]["enabled"].value is not False]
    return _first(each[way] for each in enabled for way in ways)


def _first(ways: Iterable[Property]) -> Property:
    """The first way that leads somewhere, or may."""
    return next((each for each in ways if each.unknown or next(each.elements(), None)), Property(Absence.MISSING))


def _azure_system(budget: Resource) -> Property:
    """The first value of its filter by tag."""
    chosen = budget["filter"]
    values = chosen["tags"]["values"]
    return chosen if chosen.missing or chosen.unknown else next(values.elements(), values)


BUDGETS: Mapping[str, Budget] = {
    "aws:budgets/budget:Budget": Budget(
        lambda budget: budget["limitAmount"],
        lambda budget: budget["timeUnit"],
        lambda budget: budget.note("system"),
        _aws_tells,
    ),
    "azure-native:consumption:Budget": Budget(
        lambda budget: budget["amount"], lambda budget: budget["timeGrain"], _azure_system, _azure_tells
    ),
}
MONTHLY = ("MONTHLY", "Monthly", "BillingMonth")


def dollars(amount: Property) -> float | None:
    """An amount of money, which AWS and notes write as text."""
    value = amount.value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if math.isfinite(value) and value >= 0 else None
    return float(value) if isinstance(value, str) and re.fullmatch(r"\d{1,12}(\.\d+)?", value) else None
