"""`slipway cost`, and budgets in a preview, on a copy of the project with its prices."""

from __future__ import annotations

import json

import pytest

from tests.rehearsed import rehearsed
from tests.slipway.cli.conftest import Copy
from tests.slipway.cli.copied import ROOT


@pytest.fixture
def priced(project: Copy) -> Copy:
    (project.root / "prices").mkdir()
    for file in (ROOT / "prices").glob("*.yaml"):
        (project.root / "prices" / file.name).write_bytes(file.read_bytes())
    return project


def test_a_stack_is_priced_by_cluster_and_system(priced: Copy) -> None:
    """With what is unknown and what is assumed, and what the owner of a system expects."""
    shown = priced.slipway("cost", "--stack", "prod")
    assert shown.status == 0, shown.everything
    lines = shown.out.splitlines()
    assert lines[0].startswith("prod: $")
    assert [line.split()[0] for line in lines if line.startswith("  ") and "$" in line][:6] == [
        "foundation",
        "cluster",
        "expenses",
        "kingstons",
        "marketplace",
        "smartwallet",
    ]
    assert any(line.startswith("  hours: 730 hours a month") for line in lines)
    assert any("of them entered by hand" in line for line in lines)
    assert any(line.startswith("  marketplace: $1,143 expected by its owner, ") for line in lines)
    assert "Previewing prod: program …" in shown.err


def test_a_change_is_priced_against_what_was_there(priced: Copy) -> None:
    """A plan before it, as JSON: without the standby of one database."""
    (priced.root / "before.json").write_text(rehearsed("staging").plan.to_json(), encoding="utf-8")
    single = "          databases: {expenses: {highAvailability: false}}\n"
    priced.edit("Pulumi.staging.yaml", "        expenses:\n", f"        expenses:\n{single}")
    found = json.loads(
        priced.slipway("cost", "--stack", "staging", "--against", "before.json", "--format", "json").out
    )["difference"]
    (changed,) = found["resources"]
    assert changed["urn"].endswith("aws:rds/instance:Instance::expenses/expenses")
    # 0.065 in place of 0.129 an hour, and 32 GB once.
    assert changed["low"] == changed["high"] == round(-(0.129 - 0.065) * 730 - 32 * 0.115, 2)
    assert [each["system"] for each in found["systems"] if each["low"]] == ["expenses"]
    assert found["total"] == {"low": changed["low"], "high": changed["high"]}
    assert found["unknown"] == []


def test_prices_that_are_none_are_refused_where_they_stand(priced: Copy) -> None:
    """Before anything runs."""
    line = priced.edit("prices/aws.yaml", "usd: 0.1,", "usd: 0,")
    shown = priced.slipway("cost", "--stack", "prod")
    assert shown.status == 2
    where = f'prices/aws.yaml:{line}: items["kubernetes cluster"].regions.us-east-1.usd'
    assert shown.err == f"{where}: 0 is not a number above zero, for example 0.045\n"
    assert shown.out == ""


def test_a_project_without_prices_has_no_costs(project: Copy) -> None:
    shown = project.slipway("cost", "--stack", "prod")
    assert shown.status == 2
    assert "prices: needs a file a cloud" in shown.err


def test_a_preview_holds_the_plan_to_its_budgets(priced: Copy) -> None:
    """At the level that the pack has for the rule in that stack."""
    line = priced.edit("Pulumi.prod.yaml", "budget: {monthly: 1300}", "budget: {monthly: 1143}")
    shown = priced.slipway("preview", "--stack", "prod")
    assert shown.status == 1, shown.everything
    assert "mandatory cost-budget  marketplace (aws:budgets/budget:Budget)" in shown.out
    assert f"fix: Pulumi.prod.yaml:{line}: " in shown.out
