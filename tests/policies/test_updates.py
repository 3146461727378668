"""Managed services are updated by themselves."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policies.pack_under_test import UNKNOWN, Evaluator, Fact, outcomes

RULES = ("security-updates",)
(RULE,) = RULES


def instance(**settings: Any) -> Fact:
    return Fact("aws:rds/instance:Instance", settings)


def broker(**settings: Any) -> Fact:
    return Fact("aws:mq/broker:Broker", settings)


def cluster(version: Any = "patch", nodes: Any = "NodeImage") -> Fact:
    channels = {"upgradeChannel": version, "nodeOSUpgradeChannel": nodes}
    return Fact("azure-native:containerservice:ManagedCluster", {"autoUpgradeProfile": channels})


@pytest.mark.parametrize(
    "fact",
    [
        instance(),
        instance(autoMinorVersionUpgrade=True),
        broker(autoMinorVersionUpgrade=True),
        cluster(),
        cluster("stable", "SecurityPatch"),
    ],
)
def test_updated_satisfies(preview: Evaluator, fact: Fact) -> None:
    """On, or on by default."""
    assert preview.evaluate(fact) == []


@pytest.mark.parametrize(
    "fact",
    [
        instance(autoMinorVersionUpgrade=False),
        instance(autoMinorVersionUpgrade="true"),
        broker(),
        cluster("none"),
        cluster(None),
        cluster(nodes="Unmanaged"),
        cluster(nodes=["NodeImage"]),
    ],
)
def test_not_updated_violates(preview: Evaluator, fact: Fact) -> None:
    """Off, off by default, or of the wrong type."""
    assert outcomes(preview.evaluate(fact)) == [(RULE, "mandatory")]


@pytest.mark.parametrize("fact", [instance(autoMinorVersionUpgrade=UNKNOWN), cluster(UNKNOWN)])
def test_unknown(preview: Evaluator, update: Evaluator, fact: Fact) -> None:
    """What is not known yet is advice, and blocks an update."""
    assert outcomes(preview.evaluate(fact)) == [(RULE, "advisory")]
    assert outcomes(update.evaluate(fact)) == [(RULE, "mandatory")]
