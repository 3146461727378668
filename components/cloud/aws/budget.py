"""What a system or a whole cluster may cost, and who hears of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

THRESHOLDS = (50, 80, 100)
"""Percent of the budget at which somebody hears of it."""


@dataclass(frozen=True, kw_only=True)
class CostBudget:
    """`limit` in US dollars a month, of everything that carries the tag `key` with `value`."""

    budget_name: str
    limit: int
    key: str
    value: str
    contacts: Sequence[str]
    tags: Mapping[str, str]


def budget(name: str, wanted: CostBudget, opts: pulumi.ResourceOptions) -> aws.budgets.Budget:
    """Tells of money that is spent, and of a month that will end above the budget."""
    return aws.budgets.Budget(
        name,
        name=wanted.budget_name,
        budget_type="COST",
        time_unit="MONTHLY",
        limit_amount=str(wanted.limit),
        limit_unit="USD",
        cost_filters=[
            aws.budgets.BudgetCostFilterArgs(name="TagKeyValue", values=[f"user:{wanted.key}${wanted.value}"])
        ],
        notifications=[
            *(_notification("ACTUAL", threshold, wanted.contacts) for threshold in THRESHOLDS),
            _notification("FORECASTED", 100, wanted.contacts),
        ],
        tags=dict(wanted.tags),
        opts=opts,
    )


def _notification(kind: str, threshold: int, contacts: Sequence[str]) -> aws.budgets.BudgetNotificationArgs:
    return aws.budgets.BudgetNotificationArgs(
        notification_type=kind,
        comparison_operator="GREATER_THAN",
        threshold=threshold,
        threshold_type="PERCENTAGE",
        subscriber_email_addresses=list(contacts),
    )
