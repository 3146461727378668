"""Budgets that what is planned does not fit."""

from __future__ import annotations

from typing import Any

import pytest

from slipway.cost import estimate
from slipway.rehearsal import Finding, Step
from slipway.reports import budgets
from tests.slipway.cost.plans import AWS, MAIN, SHOP, component, plan, prices, provider, resource

ROWS = prices({"public address": 1.0, "key": 100.0, "key requests": 1.0}, key_requests=0.0)
ADDRESS = resource("aws:ec2/eip:Eip", "nat", by=AWS, parent=SHOP)
KEY = resource("aws:kms/key:Key", "key", by=AWS, parent=SHOP, enableKeyRotation=True)
FAR = resource("aws:ec2/eip:Eip", "far", by=AWS, region="eu-north-1")


def budget(amount: Any, system: str = "", source: str = "systems/shop/system.yaml:budget") -> Step:
    tags = {"slipway.dev/source": source, **({"slipway.dev/system": system} if system else {})}
    return resource("aws:budgets/budget:Budget", "budget", by=AWS, limitAmount=amount, tags=tags)


def evaluated(*steps: Step, level: str = "mandatory") -> list[Finding]:
    return list(budgets.findings(estimate(plan(*MAIN, *steps), ROWS), lambda: level))


def test_what_fits_is_no_finding_and_asks_for_no_level() -> None:
    """The level is another process's to say."""

    def asked() -> str:
        raise AssertionError("nobody should ask")

    assert list(budgets.findings(estimate(plan(*MAIN, ADDRESS, budget("730")), ROWS), asked)) == []


def test_a_budget_that_the_plan_exceeds_for_sure_is_reported_at_the_level_of_the_rule() -> None:
    """With the key that says the amount."""
    (found,) = evaluated(ADDRESS, budget("729"), level="mandatory")
    assert (found.policy, found.level) == ("cost-budget", "mandatory")
    first, *_, last = found.message.splitlines()
    assert first == (
        "budget (aws:budgets/budget:Budget) allows 729 US dollars a month, and what is planned costs $730 at list prices."
    )
    assert last == "fix: systems/shop/system.yaml:budget.monthlyBudget"
    assert [each.level for each in evaluated(ADDRESS, budget("729"), level="advisory")] == ["advisory"]
    assert evaluated(ADDRESS, budget("729"), level="disabled") == []


def test_what_may_exceed_a_budget_is_a_warning() -> None:
    """At the most replicas, or once a key has rotated."""
    (found,) = evaluated(KEY, budget("250", "shop"))
    assert found.level == "advisory"
    assert "and what is planned may cost $100–$300 at list prices" in found.message
    assert found.message.endswith("fix: systems/shop/system.yaml:budget.monthly")


def test_a_systems_budget_is_for_the_system_alone() -> None:
    """That of a cluster is for all on it."""
    other = resource("aws:ec2/eip:Eip", "other", by=AWS)
    assert evaluated(ADDRESS, other, budget("1000", "shop")) == []
    assert evaluated(ADDRESS, other, budget("100", "another")) == []
    assert len(evaluated(ADDRESS, other, budget("1000"))) == 1


def test_what_is_unknown_is_reported_beside_what_is_known() -> None:
    """The sum is less than the bill will be."""
    (found,) = evaluated(ADDRESS, FAR, budget("1"))
    assert "$730 at list prices, besides 1 cost without a known price." in found.message


@pytest.mark.parametrize("amount", ["much", "", None, "04da6b54-80e4-46f7-96ec-b56ff0331ba9"])
def test_an_amount_that_is_none_is_the_packs_to_refuse(amount: Any) -> None:
    assert evaluated(ADDRESS, budget(amount)) == []


def test_azure_says_by_a_filter_which_system_a_budget_is_for() -> None:
    """Its budgets have no tags."""
    cluster = (
        component("slipway:azure:Foundation", "far"),
        azure := provider("azure-native", "far", location="eastus2"),
        shop := component("slipway:system:System", "shop"),
    )
    address = resource("azure-native:network:PublicIPAddress", "ip", by=azure, parent=shop)
    chosen = {"tags": {"name": "slipway-system", "operator": "In", "values": ["shop"]}}
    own = resource("azure-native:consumption:Budget", "own", by=azure, amount=729, filter=chosen)
    rows = prices({"public address": 1.0}, cloud="azure", region="eastus2")
    (found,) = budgets.findings(estimate(plan(*cluster, address, own), rows), lambda: "mandatory")
    assert found.urn == own.urn
    assert "fix:" not in found.message
