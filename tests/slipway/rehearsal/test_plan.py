"""The plan as a value."""

from __future__ import annotations

import json
from pathlib import Path

from slipway.rehearsal import Diagnostic, Plan, Step, rehearse
from slipway.rehearsal.plan import in_dependency_order

KIT_FREE = """
import pulumi

class Res(pulumi.CustomResource):
    def __init__(self, name, opts=None, **props):
        super().__init__("test:index:Res", name, {"out": None, **props}, opts)

made = [Res(f"r{i}", given=i) for i in range(30)]
comp = pulumi.ComponentResource("my:index:Comp", "comp")
below = [Res(f"b{i}", pulumi.ResourceOptions(parent=comp), all=[r.out for r in made]) for i in range(20)]
Res("last", pulumi.ResourceOptions(depends_on=[comp, *made]))
pulumi.export("all", {r._name: r.given for r in made})
pulumi.log.warn("twice", made[0])
pulumi.log.warn("once")
"""


def step(name: str, *needs: str, **state) -> Step:
    urn = urn_of(name)
    return Step("create", urn, {"urn": urn, "type": "t:i:T", "dependencies": [urn_of(need) for need in needs], **state})


def urn_of(name: str) -> str:
    return f"urn:pulumi:dev::shop::t:i:T::{name}"


def names(steps) -> list[str]:
    return [item.name for item in steps]


def test_steps_come_after_what_they_need_and_ties_go_by_urn():
    steps = [step("d", "c"), step("a", "b"), step("c"), step("b")]
    assert names(in_dependency_order(steps)) == ["b", "a", "c", "d"]


def test_parents_providers_and_property_dependencies_count_as_needs():
    steps = [
        step("a", parent=urn_of("z")),
        step("b", provider=urn_of("y") + "::id"),
        step("c", propertyDependencies={"p": [urn_of("x")]}),
        step("x"),
        step("y"),
        step("z"),
    ]
    ordered = names(in_dependency_order(steps))
    assert all(ordered.index(need) < ordered.index(user) for user, need in zip("abc", "zyx", strict=True))


def test_the_order_does_not_depend_on_the_order_of_arrival():
    steps = [step("a", "b"), step("b"), step("c", "a"), step("d", "b")]
    assert in_dependency_order(steps) == in_dependency_order(reversed(steps))


def test_a_cycle_loses_no_step_and_an_unknown_need_binds_nothing():
    assert names(in_dependency_order([step("b", "a"), step("a", "b"), step("c", "elsewhere")])) == ["c", "a", "b"]


def test_a_step_knows_its_parts():
    found = Step(
        "create", "urn:pulumi:dev::shop::a:b:C$aws:s3/bucket:Bucket::odd::name", {"type": "aws:s3/bucket:Bucket"}
    )
    assert (found.name, found.package, found.parent, found.provider, dict(found.inputs)) == (
        "odd::name",
        "aws",
        "",
        "",
        {},
    )


def test_a_plan_is_found_by_urn_by_parent_and_by_type():
    child = step("child", parent=urn_of("top"))
    plan = Plan("shop", "dev", "org", (step("top"), child))
    assert plan.by_urn[child.urn] is child
    assert plan.children_of(urn_of("top")) == (child,)
    assert (plan.counts, plan.change_summary) == ({"t:i:T": 2}, {"create": 2})


def test_the_document_is_that_of_pulumi_preview_with_outputs():
    plan = Plan("shop", "dev", "org", (step("a", provider="p::id"),), {"x": 1}, {"k": "v"}, (Diagnostic("info", "m"),))
    document = json.loads(plan.to_json())
    assert document["steps"] == [
        {"op": "create", "urn": urn_of("a"), "provider": "p::id", "newState": {**step("a", provider="p::id").state}}
    ]
    assert document["diagnostics"] == [{"severity": "info", "message": "m"}]
    assert (document["outputs"], document["config"], document["changeSummary"]) == ({"x": 1}, {"k": "v"}, {"create": 1})


def test_a_program_gives_the_same_bytes_on_every_run(tmp_path: Path):
    (tmp_path / "__main__.py").write_text(KIT_FREE)
    texts = {
        rehearse(tmp_path, project="shop", stack="dev", config={}, environment={"PYTHONHASHSEED": seed}).plan.to_json()
        for seed in ("1", "2", "3")
    }
    assert len(texts) == 1
    assert str(tmp_path) not in texts.pop()
