"""The marketplace's runbook says what it costs, line by line: so do our prices, for the same quantities. Why today's plan costs
something else is explained in docs/cost.md, whose numbers are held here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from slipway.cost import Estimate, Span, estimate, load
from slipway.cost.estimate import Line
from slipway.cost.span import total
from slipway.reports.cost import money
from tests.rehearsed import rehearsed

ROOT = Path(__file__).parents[3]
HOURS = 730
Parts = tuple[tuple[str, float], ...]
RUNBOOK: Mapping[str, tuple[float, Parts]] = {
    "Kubernetes cluster": (73, (("kubernetes cluster", HOURS),)),
    "nodes (3 t3.large)": (150, (("node t3.large", 3 * HOURS),)),
    "databases (6 db.t3.medium)": (600, (("postgres db.t3.medium multi-az", 6 * HOURS),)),
    "RabbitMQ": (200, (("broker mq.m5.large", HOURS),)),
    "load balancer": (20, (("application load balancer", HOURS), ("application load balancer capacity", HOURS))),
    "storage": (50, (("volume gp2", 500),)),
    "monitoring": (50, (("logs ingested", 100),)),
}
"""Each line of its table: US dollars, and the quantities. It says how many nodes and databases of which kind; what it leaves
out (a standby, the broker's kind, GB) is what comes closest."""
NEAR = 0.25
"""By so much a line may differ: its amounts are `~`."""


def ours(parts: Parts) -> float:
    """What the quantities cost by our prices, in the region of the stack."""
    prices = load(ROOT)
    found = [(prices.find("aws", item, "us-east-1"), amount) for item, amount in parts]
    assert all(price is not None for price, _ in found), parts
    return sum(price.usd * amount for price, amount in found if price is not None)


def test_the_owner_expects_what_the_runbook_says() -> None:
    """`budget.expected` has the same lines, and their sum."""
    system = rehearsed("prod").stack.clusters["main"].systems["marketplace"].definition
    assert system.budget is not None
    assert system.budget.expected == {name: usd for name, (usd, _) in RUNBOOK.items()}
    assert sum(system.budget.expected.values()) == 1143


@pytest.mark.parametrize("line", RUNBOOK)
def test_each_line_of_the_runbook_is_reproduced(line: str) -> None:
    """From the same quantities, and docs/cost.md says so."""
    usd, parts = RUNBOOK[line]
    cost = ours(parts)
    assert abs(cost - usd) <= NEAR * usd
    assert f"| {line} | ${usd:.0f} | ${cost:.2f} |" in page()


def test_their_sum_is_that_of_the_page() -> None:
    cost = sum(ours(parts) for _, parts in RUNBOOK.values())
    assert abs(cost - 1143) <= 0.1 * 1143
    assert f"| sum | $1,143 | ${cost:,.2f} |" in page()


def test_a_database_without_a_standby_costs_half() -> None:
    """So the runbook's 600 are of six with a standby, which it does not say."""
    assert f"${ours((('postgres db.t3.medium single-az', 6 * HOURS),)):.0f} without one" in page()


def of(*types: str, system: str = "marketplace", ending: str = "") -> Callable[[Line], bool]:
    """Whether a line is of resources of these types, whose names end so."""

    def holds(line: Line) -> bool:
        kind = line.resource.type.rsplit(":", 1)[-1]
        copy = line.resource.name.endswith("-copy")
        return kind in types and line.resource.system == system and (not ending or copy == (ending == "-copy"))

    return holds


TODAY: Mapping[str, Callable[[Line], bool]] = {
    "control plane, of all systems": lambda line: line.resource.type == "aws:eks/cluster:Cluster",
    "nodes, of all systems": lambda line: line.resource.type == "kubernetes:karpenter.sh/v1:NodePool",
    "databases with a standby": of("Instance", ending="primary"),
    "their replicas in the second region": of("Instance", ending="-copy"),
    "their proxies": of("Proxy"),
    "their backups, in both regions": of("Plan"),
    "the broker's volumes": of("RabbitmqCluster"),
    "load balancer, of all systems": lambda line: (
        line.resource.type.endswith(":EnvoyProxy") and line.resource.cluster == "main"
    ),
    "buckets, with their copies": of("Bucket", "BucketReplicationConfig"),
    "logs": of("LogGroup"),
    "secrets and keys": of("Secret", "Key"),
    "names and health checks": of("Zone", "HealthCheck"),
}
"""The parts of what the marketplace needs today."""


@pytest.fixture(scope="module")
def today() -> Estimate:
    return estimate(rehearsed("prod").plan, load(ROOT))


@pytest.mark.parametrize("part", TODAY)
def test_each_part_of_todays_plan_costs_what_the_page_says(today: Estimate, part: str) -> None:
    cost = total(line.cost for line in today.lines if TODAY[part](line))
    assert cost.low > 0
    assert f"| {part} | {money(cost)} |" in page()


def test_the_parts_are_all_that_the_marketplace_costs(today: Estimate) -> None:
    """Besides those that it shares, each line is in one part."""
    lines = [line for line in today.lines if line.resource.system == "marketplace"]
    assert [sum(holds(line) for holds in TODAY.values()) for line in lines] == [1] * len(lines)
    own = total(line.cost for line in lines)
    assert isinstance(own, Span)
    assert f"| the marketplace's own | {money(own)} |" in page()


def page() -> str:
    return (ROOT / "docs" / "cost.md").read_text(encoding="utf-8")
