"""docs/adopt.md: names in the cloud begin with that of the project, so that projects in one account do not clash."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from slipway.rehearsal import Plan
from tests.components.test_foundations import CLUSTERS, VERSION, definitions, whole
from tests.rehearsed import rehearsed_of

CLOUDS = ("aws", "azure")


def in_project(name: str, cloud: str, prefix: str | None = None) -> Plan:
    """A stack with everything that a cloud has, in a project of that name."""
    clusters = {"main": {**CLUSTERS[cloud], "systems": {"bank": VERSION, "shop": VERSION}}}
    config = {f"{name}:environment": "staging", f"{name}:clusters": clusters}
    if prefix is not None:
        config[f"{name}:namePrefix"] = prefix
    files = {"Pulumi.yaml": f"name: {name}\nruntime: python\n", "Pulumi.base.yaml": json.dumps({"config": config})}
    return rehearsed_of("base", {**files, **definitions(cloud)}).plan


def inputs(plan: Plan) -> dict[str, str]:
    """What each resource is created with, by its type and name; a line of a stack's file moves with its keys."""
    found = {step.urn.split("::", 2)[2]: json.dumps(step.state.get("inputs"), sort_keys=True) for step in plan.steps}
    return {urn: text for urn, text in found.items() if not urn.startswith("pulumi:pulumi:Stack")}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_nothing_is_named_after_another_project(cloud: str) -> None:
    """Clusters, roles, buckets, databases, vaults and registries: none has the name that project `slipway` gives it."""
    ours, theirs = inputs(rehearsed_of("base", whole(cloud), policies=True).plan), inputs(in_project("acme", cloud))
    assert Counter(urn.split("::")[0] for urn in theirs) == Counter(urn.split("::")[0] for urn in ours)
    text = "".join(theirs.values())
    assert "slipway-base" not in text
    assert "slipwaybase" not in text
    assert text.count("acme-base-main") >= "".join(ours.values()).count("slipway-base-main") > 0


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_project_that_is_renamed_keeps_its_names(cloud: str) -> None:
    """With `namePrefix` set to the old one the plan is the same, resource by resource."""
    ours = inputs(rehearsed_of("base", whole(cloud), policies=True).plan)
    kept = inputs(in_project("acme", cloud, prefix="slipway"))
    assert {urn: text.replace("acme:", "slipway:") for urn, text in kept.items()} == ours
