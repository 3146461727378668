"""What a plan costs a month."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from slipway.cost import Span, compare, estimate, load
from slipway.cost.clouds import CLOUDS, known
from slipway.cost.resources import resources
from slipway.rehearsal.difference.before import of_plan
from slipway.settings.problems import InvalidSettings
from tests.rehearsed import rehearsed
from tests.slipway.cost.plans import AWS, MAIN, SHOP, component, plan, prices, provider, resource

ROOT = Path(__file__).parents[3]
STACKS = ("prod", "staging")
ADDRESS = "aws:ec2/eip:Eip"


def test_a_resource_costs_its_quantity_times_its_price() -> None:
    """Hours are those of a month, as assumed; the assumption is told."""
    found = estimate(plan(*MAIN, resource(ADDRESS, "nat", by=AWS)), prices({"public address": 0.5}))
    assert found.total == Span.exactly(365)
    assert [(line.price.region, line.price.day, line.what) for line in found.lines] == [
        ("us-east-1", "2026-01-02", "address")
    ]
    assert list(found.assumptions) == ["hours"]


def test_sums_are_by_cluster_system_and_resource() -> None:
    """A resource belongs to the cluster of its provider and to the system that it is in."""
    own = resource(ADDRESS, "own", by=AWS, parent=SHOP)
    found = estimate(plan(*MAIN, own, resource(ADDRESS, "nat", by=AWS)), prices({"public address": 1}))
    assert found.by_cluster == {"main": Span.exactly(1460)}
    assert found.by_system == {("main", "shop"): Span.exactly(730), ("main", "(other)"): Span.exactly(730)}
    assert found.by_resource[own.urn] == Span.exactly(730)


def test_what_has_no_price_is_unknown_by_name_and_in_no_sum() -> None:
    """Neither a missing item nor a region without a price is zero."""
    far = resource(ADDRESS, "far", by=AWS, region="eu-north-1")
    for rows, where in (({"public address": 1.0}, "eu-north-1"), ({"other": 1.0}, "eu-north-1")):
        found = estimate(plan(*MAIN, far), prices(rows))
        assert found.lines == ()
        assert [(each.resource.name, each.what) for each in found.unknown] == [
            ("far", f"address: no price of 'public address' in {where}")
        ]


def test_a_type_that_no_table_knows_is_unknown() -> None:
    """A new type in a program is told, be it of which cloud."""
    for type_ in ("aws:neptune/cluster:Cluster", "kubernetes:example.com/v1:Thing", "gcp:sql/instance:Instance"):
        found = estimate(plan(*MAIN, resource(type_, "new", by=AWS)), prices({"x": 1}))
        assert [each.what for each in found.unknown] == [f"the type {type_} is in no table of costs"]


def test_a_resource_of_a_cloud_on_no_known_cluster_is_not_free() -> None:
    """An exported state may lack the components by which clusters are known."""
    lone = provider("aws", "elsewhere")
    found = estimate(plan(lone, resource(ADDRESS, "nat", by=lone)), prices({"public address": 1}))
    assert [each.what for each in found.unknown] == ["address: no price of 'public address' in an unknown region"]
    named = provider("aws", "elsewhere", region="us-east-1")
    found = estimate(plan(named, resource(ADDRESS, "nat", by=named)), prices({"public address": 1}))
    assert [each.price.region for each in found.lines] == ["us-east-1"]


def test_what_runs_on_no_cloud_is_billed_by_nobody() -> None:
    """A cluster of one's own has no foundation."""
    own = (component("slipway:cluster:Cluster", "lab"), provider("kubernetes", "lab"))
    volume = {"volumeClaimTemplates": [{"spec": {"resources": {"requests": {"storage": "10Gi"}}}}]}
    found = estimate(
        plan(*own, resource("kubernetes:apps/v1:StatefulSet", "db", by=own[1], spec=volume)), prices({"x": 1})
    )
    assert (found.lines, found.unknown) == ((), ())


def test_an_assumption_that_is_not_stated_is_bad_input() -> None:
    """No amount is made up."""
    stated = prices({"nat gateway": 1, "nat data": 1})
    with pytest.raises(InvalidSettings, match=r"prices/assumptions.yaml: lacks 'assumptions.nat'"):
        estimate(plan(*MAIN, resource("aws:ec2/natGateway:NatGateway", "nat", by=AWS)), stated)


@pytest.mark.parametrize("stack", STACKS)
def test_every_type_of_a_stack_is_priced_free_or_unknown_by_name(stack: str) -> None:
    """And none is both priced and free."""
    found = estimate(rehearsed(stack).plan, load(ROOT))
    assert [each.what for each in found.unknown if "no table" in each.what or "no price" in each.what] == []
    for cloud in CLOUDS.values():
        assert set(cloud.rules) & set(cloud.free) == set()


def test_every_type_that_the_program_makes_is_in_a_table() -> None:
    """The pack lists them; those that are there for others' plans alone are not the program's."""
    types = yaml.load((ROOT / "policies" / "types.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)["types"]
    made = {name for name, row in types.items() if not row.get("also")}
    assert {name for name in made if not known(name) and not name.startswith("pulumi:")} == set()


@pytest.mark.parametrize("stack", STACKS)
def test_a_resource_whose_type_has_a_price_costs_something(stack: str) -> None:
    """A row of a table that yields nothing for a resource would make it free without a word: only these may."""
    silent = {
        "kubernetes:core/v1:Service",
        "kubernetes:helm.sh/v3:Release",
        "azure-native:dataprotection:BackupInstance",
    }
    found = estimate(rehearsed(stack).plan, load(ROOT))
    listed = {line.resource.urn for line in found.lines} | {each.resource.urn for each in found.unknown}
    context = resources(rehearsed(stack).plan)
    for each in context:
        cloud = CLOUDS.get(each.cloud)
        gateway = each.type.endswith(":VpcEndpoint") and each.text("vpcEndpointType") == "Gateway"
        if cloud is not None and each.type in cloud.rules and each.type not in silent and not gateway:
            assert each.urn in listed, each.urn


def test_an_estimate_of_a_recorded_plan_is_that_of_the_plan() -> None:
    """What was there before is priced by the same tables."""
    shop = plan(*MAIN, resource(ADDRESS, "nat", by=AWS))
    rows = prices({"public address": 1})
    assert estimate(of_plan("main", shop), rows).total == estimate(shop, rows).total


def test_a_difference_is_by_system_and_by_resource() -> None:
    """What stays the same is not told; what goes is negative."""
    rows = prices({"public address": 1, "kubernetes cluster": 2})
    stays, goes, comes = (resource(ADDRESS, name, by=AWS, parent=SHOP) for name in ("stays", "goes", "comes"))
    cluster = resource("aws:eks/cluster:Cluster", "main", by=AWS)
    before = estimate(plan(*MAIN, stays, goes), rows)
    after = estimate(plan(*MAIN, stays, comes, cluster), rows)
    found = compare(before, after)
    assert found.total == Span.exactly(1460)
    assert found.by_system == {("main", "shop"): Span(), ("main", "(other)"): Span.exactly(1460)}
    assert found.by_resource == {
        cluster.urn: Span.exactly(1460),
        goes.urn: Span.exactly(-730),
        comes.urn: Span.exactly(730),
    }
    assert compare(before, before).same
    assert not found.same


def test_a_renamed_resource_is_the_same_one() -> None:
    """Its alias is what it was called before; what is unknown of it is not new."""
    rows = prices({"public address": 1})
    old = [resource(ADDRESS, "old", by=AWS), resource(ADDRESS, "far", by=AWS, region="eu-north-1")]
    new = [resource(ADDRESS, "new", by=AWS), resource(ADDRESS, "away", by=AWS, region="eu-north-1")]
    named = [
        replace(step, state={**step.state, "aliases": [before.urn]}) for step, before in zip(new, old, strict=True)
    ]
    assert compare(estimate(plan(*MAIN, *old), rows), estimate(plan(*MAIN, *named), rows)).same
    assert not compare(estimate(plan(*MAIN, *old), rows), estimate(plan(*MAIN, *new), rows)).same


def test_parents_that_lead_in_a_circle_end() -> None:
    """A file may say anything."""
    lone = resource(ADDRESS, "nat", by=AWS)
    circle = replace(lone, state={**lone.state, "parent": lone.urn})
    assert estimate(plan(*MAIN, circle), prices({"public address": 1})).by_system == {
        ("main", "(other)"): Span.exactly(730)
    }
