"""The budget of a system or of a whole cluster, and its contacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

THRESHOLDS = (50, 80, 100)
"""Percent of the budget at which contacts are notified. Chosen: half, nearly and completely used."""


@dataclass(frozen=True, kw_only=True)
class CostBudget:
    """`limit` in US dollars a month for all resources with the tag `key` = `value`."""

    budget_name: str
    limit: int
    key: str
    value: str
    contacts: Sequence[str]
    """Email addresses to notify."""
    tags: Mapping[str, str]


def budget(name: str, wanted: CostBudget, opts: pulumi.ResourceOptions) -> aws.budgets.Budget:
    """Creates a budget that notifies of actual spending, and of a forecast above the budget."""
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
