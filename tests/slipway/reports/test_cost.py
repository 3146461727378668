"""What costs look like."""

from __future__ import annotations

import json

import pytest

from slipway.cost import Span, compare, estimate
from slipway.reports import cost
from tests.slipway.cost.plans import AWS, MAIN, SHOP, component, plan, prices, provider, resource

ROWS = prices({"public address": 1.0, "key": 1.0, "key requests": 1.0}, key_requests=1.0)
ADDRESS = "aws:ec2/eip:Eip"
ONE = resource(ADDRESS, "nat", by=AWS, parent=SHOP)
KEY = resource("aws:kms/key:Key", "key|<b>", by=AWS, parent=SHOP, enableKeyRotation=True)
FAR = resource(ADDRESS, "far", by=AWS, region="eu-north-1")
BEFORE, AFTER = (estimate(plan(*MAIN, *each), ROWS) for each in ((ONE,), (ONE, KEY, FAR)))


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (Span.exactly(0), "$0.00"),
        (Span.exactly(9.994), "$9.99"),
        (Span.exactly(9.996), "$10"),
        (Span.exactly(4463.8), "$4,464"),
        (Span(4463.8, 4483.8), "$4,464–$4,484"),
        (Span(12.1, 12.2), "$12"),
    ],
)
def test_money_is_as_exact_as_it_needs_to_be(span: Span, expected: str) -> None:
    assert cost.money(span) == expected


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (Span.exactly(120), "+$120"),
        (Span.exactly(-8.5), "−$8.50"),
        (Span(1e-9, -1e-9), "no change"),
        (Span(0, 240), "$0.00 to +$240"),
        (Span(-675, -490), "−$675 to −$490"),
    ],
)
def test_changes_have_a_sign(span: Span, expected: str) -> None:
    assert cost.change(span) == expected


def test_the_summary_is_one_line() -> None:
    """The sum, what it is more than before, and how much is unknown."""
    assert cost.summary(BEFORE) == "$730 a month"
    assert cost.summary(AFTER) == "$732–$734 a month; 1 cost is unknown"
    assert (
        cost.summary(AFTER, compare(BEFORE, AFTER))
        == "$732–$734 a month, +$2.00 to +$4.00 against before; 1 cost is unknown"
    )
    assert cost.summary(BEFORE, compare(BEFORE, BEFORE)) == "$730 a month, as before"


def test_the_text_has_sums_changes_unknowns_and_assumptions() -> None:
    """In this order, each line for itself."""
    assert list(cost.text(AFTER, compare(BEFORE, AFTER))) == [
        "          a month            change",
        "main    $732–$734  +$2.00 to +$4.00",
        "  shop  $732–$734  +$2.00 to +$4.00",
        "total   $732–$734  +$2.00 to +$4.00",
        "",
        "Changes: +$2.00 to +$4.00 a month",
        "  +$2.00 to +$4.00  Key key|<b>",
        "",
        "Unknown, and in no sum (1):",
        "  far: address: no price of 'public address' in eu-north-1 (new)",
        "",
        "Assumed (prices/assumptions.yaml); list prices in US dollars a month, without tax and discounts, of 2026-01-02:",
        "  hours: 730 unit — why",
        "  key-requests: 1 unit — why",
        "  pods: low is the fewest replicas, high the most; nodes hold what pods request",
        "  storage: databases and volumes at their first size",
    ]


def test_every_part_can_be_named() -> None:
    """With the resource, below its system."""
    lines = list(cost.text(AFTER, every=True))
    assert [line.split("  ")[2] for line in lines[1:] if line.startswith("    ")] == [
        "Eip nat: address",
        "Key key|<b>: key and its rotations",
        "Key key|<b>: requests",
    ]


def test_a_long_change_is_cut_by_count() -> None:
    """What is left out is told."""
    many = [resource(ADDRESS, f"nat-{number}", by=AWS) for number in range(cost.CHANGED + 3)]
    lines = list(
        cost.text(estimate(plan(*MAIN, *many), ROWS), compare(BEFORE, estimate(plan(*MAIN, ONE, *many), ROWS)))
    )
    assert sum("  +$730  Eip nat-" in line for line in lines) == cost.CHANGED
    assert "  and 3 resources more" in lines


def test_markdown_is_a_fold_that_names_cannot_break() -> None:
    """Bars, tags and stars of names are text."""
    shown = cost.as_markdown(AFTER, compare(BEFORE, AFTER))
    first, _, rest = shown.partition("\n")
    assert first == (
        "<details><summary>Cost: &#36;732–&#36;734 a month, +&#36;2.00 to +&#36;4.00 against before; 1 cost is unknown</summary>"
    )
    assert "| cluster | system | a month | change |\n|---|---|---|---|\n| main | shop | &#36;732–&#36;734 |" in rest
    assert rest.endswith("</details>")
    assert "- far: address: no price of 'public address' in eu-north-1 (new)" in rest
    named = resource(ADDRESS, "a|b <img>*", by=AWS, region="eu-north-1")
    assert "a&#124;b &#60;img&#62;&#42;" in cost.as_markdown(estimate(plan(*MAIN, named), ROWS))


def test_markdown_has_systems_by_cluster() -> None:
    """Whatever the order of the plan."""
    far = (component("slipway:aws:Foundation", "far"), by := provider("aws", "far", region="us-east-1"))
    steps = (resource(ADDRESS, "a", by=AWS), resource(ADDRESS, "b", by=by), resource(ADDRESS, "c", by=AWS, parent=SHOP))
    shown = cost.as_markdown(estimate(plan(*MAIN, *far, *steps), ROWS))
    rows = [line.split(" | ")[:2] for line in shown.splitlines() if line.startswith(("| main", "| far"))]
    assert rows == [["| main", "(other)"], ["| main", "shop"], ["| far", "(other)"]]


def test_json_has_every_part_with_its_price() -> None:
    """Sums are the sums of the parts."""
    found = json.loads(json.dumps(cost.as_json(AFTER, compare(BEFORE, AFTER))))
    assert found["total"] == {"low": 732.0, "high": 734.0}
    assert found["systems"] == [{"cluster": "main", "system": "shop", "low": 732.0, "high": 734.0}]
    parts = [part for each in found["resources"] for part in each["parts"]]
    assert sum(part["low"] for part in parts) == found["total"]["low"]
    assert parts[0]["price"] == {
        "item": "public address",
        "region": "us-east-1",
        "usd": 1.0,
        "unit": "unit",
        "day": "2026-01-02",
    }
    assert [each["urn"] for each in found["unknown"]] == [FAR.urn]
    assert found["difference"]["resources"] == [{"urn": KEY.urn, "low": 2.0, "high": 4.0}]
    assert found["assumptions"]["hours"] == {"value": 730.0, "unit": "unit"}
