"""docs/adopt.md: names in the cloud begin with that of the project, so that projects in one account do not clash."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping

import pytest

from slipway.rehearsal import UNKNOWN, Plan
from tests.components.test_foundations import CLUSTERS, VERSION, definitions, whole
from tests.rehearsed import Rehearsed, rehearsed_of

CLOUDS = ("aws", "azure")


def in_project(
    name: str, cloud: str, prefix: str | None = None, cluster: Mapping[str, object] | None = None
) -> Rehearsed:
    """A stack with everything that a cloud has, in a project of that name."""
    clusters = {"main": {**CLUSTERS[cloud], **(cluster or {}), "systems": {"bank": VERSION, "shop": VERSION}}}
    config = {f"{name}:environment": "staging", f"{name}:clusters": clusters}
    if prefix is not None:
        config[f"{name}:namePrefix"] = prefix
    files = {"Pulumi.yaml": f"name: {name}\nruntime: python\n", "Pulumi.base.yaml": json.dumps({"config": config})}
    return rehearsed_of("base", {**files, **definitions(cloud)}, policies=True)


def inputs(plan: Plan) -> dict[str, str]:
    """What each resource is created with, by its type and name; a line of a stack's file moves with its keys."""
    found = {step.urn.split("::", 2)[2]: json.dumps(step.state.get("inputs"), sort_keys=True) for step in plan.steps}
    return {urn: text for urn, text in found.items() if not urn.startswith("pulumi:pulumi:Stack")}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_nothing_is_named_after_another_project(cloud: str) -> None:
    """Clusters, roles, buckets, databases, vaults and registries: none has the name that project `slipway` gives it."""
    ours, theirs = (
        inputs(rehearsed_of("base", whole(cloud), policies=True).plan),
        inputs(in_project("acme", cloud).plan),
    )
    assert Counter(urn.split("::")[0] for urn in theirs) == Counter(urn.split("::")[0] for urn in ours)
    text = "".join(theirs.values())
    assert "slipway-base" not in text
    assert "slipwaybase" not in text
    assert text.count("acme-base-main") >= "".join(ours.values()).count("slipway-base-main") > 0


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_project_that_is_renamed_keeps_its_names(cloud: str) -> None:
    """With `namePrefix` set to the old one the plan is the same, resource by resource."""
    ours = inputs(rehearsed_of("base", whole(cloud), policies=True).plan)
    kept = inputs(in_project("acme", cloud, prefix="slipway").plan)
    assert {urn: text.replace("acme:", "slipway:") for urn, text in kept.items()} == ours


OF_A_DOMAIN = {"aws:acm/certificate:Certificate", "aws:route53/record:Record", "aws:route53/zone:Zone"}
"""Types that are named by a domain, which has one owner."""
PREFIXED = {"aws": {"acme": {"imagePrefix": "acme"}, "ajax": {"imagePrefix": "ajax/images"}}, "azure": {}}
CLOUDS_OF_TYPES = {"aws", "azure-native"}


def named(plan: Plan) -> dict[str, str]:
    """What each resource of a cloud is, without its tags, if it has a name of its own."""
    found: dict[str, str] = {}
    for step in plan.steps:
        what = {key: value for key, value in step.inputs.items() if key not in {"tags", "__defaults"}}
        has_name = any(key.lower().endswith("name") for key in what)
        if step.type.partition(":")[0] in CLOUDS_OF_TYPES and has_name and step.type not in OF_A_DOMAIN:
            found[step.urn.split("::", 2)[2]] = json.dumps(what, sort_keys=True)
    return found


def clashing(cloud: str, clusters: Mapping[str, Mapping[str, object]]) -> set[str]:
    """The types that two projects would create with the same name in one account; what is below something unknown is not
    comparable."""
    ours, theirs = (named(in_project(name, cloud, cluster=clusters.get(name)).plan) for name in ("acme", "ajax"))
    return {urn.split("::")[0] for urn, text in ours.items() if theirs.get(urn) == text and UNKNOWN not in text}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_two_projects_in_one_account_create_nothing_of_the_same_name(cloud: str) -> None:
    """Image repositories on AWS need `imagePrefix` for it: an account has each name once in a region."""
    repositories = {each for each in clashing(cloud, {}) if each.endswith("aws:ecr/repository:Repository")}
    assert bool(repositories) == (cloud == "aws")
    assert clashing(cloud, {}) == repositories
    assert clashing(cloud, PREFIXED[cloud]) == set()


def test_images_are_below_the_prefix() -> None:
    """Pods, the right to look images up and the rules name the repositories that are created; nothing else changes."""
    plain, below = in_project("acme", "aws"), in_project("acme", "aws", cluster={"imagePrefix": "acme/images"})
    host = "111122223333.dkr.ecr.us-east-1.amazonaws.com"
    before, after = inputs(plain.plan), inputs(below.plan)
    assert below.plan.outputs["main"]["registry"] == f"{host}/acme/images"
    text = "".join(after.values())
    assert f"{host}/acme/images/shop/api:1.0.0" in text
    assert f"{host}/shop/api" not in text
    assert "arn:aws:ecr:us-east-1:111122223333:repository/acme/images/shop/api" in text
    assert Counter(each.policy for each in below.findings) == Counter(each.policy for each in plain.findings)
    moved = {urn: value.replace("acme/images/", "") for urn, value in after.items() if urn in before}
    unlike = {urn.split("::")[0].rpartition("$")[2] for urn, value in moved.items() if before[urn] != value}
    assert unlike <= {"kubernetes:batch/v1:Job"}
