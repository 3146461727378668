"""The budget of a system or of a whole cluster, and its contacts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import consumption

THRESHOLDS = (50, 80, 100)
"""Percent of the budget at which contacts are notified. Chosen: half, nearly and completely used."""


@dataclass(frozen=True, kw_only=True)
class CostBudget:
    """`limit` in US dollars a month for the resources in `scope`, limited to a tag if one is given."""

    budget_name: str
    scope: str
    limit: int
    since: str
    """The first day of a month."""
    tag: tuple[str, str] | None
    contacts: Sequence[str]


def budget(name: str, wanted: CostBudget, opts: pulumi.ResourceOptions) -> consumption.Budget:
    """Creates a budget that notifies of actual spending, and of a forecast above the budget."""
    tagged = None
    if wanted.tag is not None:
        key, value = wanted.tag
        comparison = consumption.BudgetComparisonExpressionArgs(name=key, operator="In", values=[value])
        tagged = consumption.BudgetFilterArgs(tags=comparison)
    alerts = {f"actual-{threshold}": _alert("Actual", threshold, wanted.contacts) for threshold in THRESHOLDS}
    return consumption.Budget(
        name,
        budget_name=wanted.budget_name,
        scope=wanted.scope,
        category="Cost",
        amount=wanted.limit,
        time_grain="Monthly",
        time_period=consumption.BudgetTimePeriodArgs(start_date=f"{wanted.since}T00:00:00Z"),
        filter=tagged,
        notifications=alerts | {"forecast-100": _alert("Forecasted", 100, wanted.contacts)},
        opts=opts,
    )


def _alert(kind: str, threshold: int, contacts: Sequence[str]) -> consumption.NotificationArgs:
    return consumption.NotificationArgs(
        enabled=True,
        operator="GreaterThan",
        threshold=threshold,
        threshold_type=kind,
        contact_emails=list(contacts),
    )
