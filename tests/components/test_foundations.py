"""docs/foundations.md: a stack with clusters and a stack of systems plan together what one stack plans."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.clouds.exported import ACCESS, FACTS
from slipway.rehearsal import SECRET, Plan, Step
from slipway.settings.load import load_stack
from slipway.settings.problems import InvalidSettings
from slipway.settings.project import find_project
from tests.components.clouds import test_aws_whole, test_azure_whole
from tests.components.clouds.planned import WHOLE, WITH_QUEUES
from tests.rehearsed import ROOT, Rehearsed, rehearsed_of

CLOUDS = ("local", "aws", "azure")
RELEASED = {
    "controllers": {"releases": "installed"},
    "releases": {"image": "registry.example.com/slipway:1.4.0", "minimumRequests": 0},
}
CLUSTERS: Mapping[str, Any] = {
    "local": {"cloud": "local"},
    "aws": {**yaml.safe_load(test_aws_whole.CLUSTER), **RELEASED},
    "azure": yaml.safe_load(test_azure_whole.CLUSTER),
}
BANK = """
title: Bank
owner: {team: bank}
services: {api: {image: bank/api, port: 3000, egress: [{system: shop, service: api}]}}
"""
SHOP = BANK.replace(", egress: [{system: shop, service: api}]", "")
OF = "organization/slipway/base"
VERSION = {"blue": {"version": "1.0.0"}}


def shop(cloud: str) -> str:
    """A system that asks for everything that the cloud has."""
    definition = yaml.safe_load(WHOLE if cloud == "local" else WITH_QUEUES)
    definition["services"]["api"]["callers"] = [{"system": "bank"}]
    if cloud == "local":
        for key in ("budget", "recovery", "buckets"):
            del definition[key]
        del definition["services"]["api"]["environment"]["FILES"]
    return yaml.safe_dump(definition)


def stack(cluster: Mapping[str, Any], foundation: str | None = None) -> str:
    named = {"slipway:foundation": foundation} if foundation else {}
    config = {"slipway:environment": "staging", **named, "slipway:clusters": {"main": dict(cluster)}}
    return json.dumps({"config": config})


def definitions(cloud: str) -> dict[str, str]:
    return {"systems/bank/system.yaml": BANK, "systems/shop/system.yaml": shop(cloud)}


def whole(cloud: str) -> dict[str, str]:
    """One stack with both systems."""
    both = {**CLUSTERS[cloud], "systems": {"bank": VERSION, "shop": VERSION}}
    return {"Pulumi.base.yaml": stack(both), **definitions(cloud)}


def apart(cloud: str) -> dict[str, str]:
    """The stack with the cluster, which has kept one system, and a stack with the other."""
    return {
        "Pulumi.base.yaml": stack({**CLUSTERS[cloud], "systems": {"bank": VERSION}}),
        "Pulumi.apps.yaml": stack({"cloud": cloud, "systems": {"shop": VERSION}}, OF),
        **definitions(cloud),
    }


def one(cloud: str) -> Rehearsed:
    return rehearsed_of("base", whole(cloud), policies=True)


def two(cloud: str) -> tuple[Rehearsed, Rehearsed]:
    files = apart(cloud)
    return rehearsed_of("base", files, policies=True), rehearsed_of("apps", files, policies=True)


def described(step: Step) -> str:
    """A resource as its stack plans it, but for the name of the file that a source is in."""
    state = {key: step.state.get(key) for key in ("inputs", "protect", "parent", "retainOnDelete", "ignoreChanges")}
    text = json.dumps(state, sort_keys=True)
    for name in ("Pulumi.{}.yaml", "urn:pulumi:{}::", "Stack::slipway-{}"):
        text = text.replace(name.format("apps"), name.format("base"))
    return text


def resources(plan: Plan) -> dict[str, str]:
    """By URN without the stack; providers and the references of the engine are not compared."""
    return {step.urn.split("::", 2)[2]: described(step) for step in plan.steps if not step.type.startswith("pulumi:")}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_union_of_the_plans_is_that_of_one_stack(cloud: str) -> None:
    """The same resources by type and name, with the same inputs, also unknown ones; only the component of the cluster is in
    both, by which its provider of systems has the same URN."""
    alone = resources(one(cloud).plan)
    base, apps = (resources(each.plan) for each in two(cloud))
    assert base.keys() & apps.keys() == {"slipway:cluster:Cluster::main"}
    del apps["slipway:cluster:Cluster::main"]
    assert {**base, **apps} == alone
    assert {urn for urn in apps if "slipway:system:System" not in urn} == set()


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_providers_of_systems_have_the_same_urn(cloud: str) -> None:
    """Pulumi would replace everything otherwise."""
    base, apps = two(cloud)
    for step in apps.plan.steps:
        if step.type.startswith("pulumi:providers:"):
            tail = step.urn.split("::", 2)[2]
            (same,) = [each for each in base.plan.steps if each.urn.split("::", 2)[2] == tail]
            assert step.state["inputs"] == same.state["inputs"]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_policy_pack_judges_both_as_it_judges_one(cloud: str) -> None:
    """What it says of Alertmanager's configuration it says of the component by which the stack of systems has it. Of
    accounts and thresholds that neither names it speaks to each."""

    def said(found: Rehearsed) -> set[tuple[str, str, str]]:
        return {
            (each.policy, each.level, "" if each.policy == "alert-receivers" else each.urn.split("::", 2)[2])
            for each in found.findings
            if each.policy not in ("iam-trust", "image-registries", "data-residence")
        }

    base, apps = two(cloud)
    assert said(base) | said(apps) == said(one(cloud))


@pytest.mark.parametrize("cloud", CLOUDS)
def test_outputs_are_plain_and_hold_no_secret(cloud: str) -> None:
    """And a stack that nobody refers to exports nothing of it."""
    base, _ = two(cloud)
    outputs = base.plan.outputs
    assert outputs[FACTS]["version"] == 1
    assert outputs[FACTS]["clusters"]["main"]["systems"] == ["bank", "shop"]
    assert SECRET not in json.dumps([outputs[FACTS], outputs[ACCESS]])
    assert FACTS not in one(cloud).plan.outputs


def test_calls_between_systems_of_two_stacks_are_open() -> None:
    """The one that is called admits the other, whose definition is in another stack."""
    _, apps = two("local")
    admitted = json.dumps([each.state["inputs"] for each in apps.plan.steps if each.type.endswith(":NetworkPolicy")])
    assert '"kubernetes.io/metadata.name": "bank"' in admitted


RECORDED: Mapping[str, Any] = {
    FACTS: {"version": 1, "clusters": {"main": {"systems": ["bank", "shop"], "facts": {}}}},
    ACCESS: {"main": {}},
}


def with_answer(outputs: Mapping[str, Any]) -> dict[str, str]:
    return {**apart("local"), "rehearsal.yaml": yaml.safe_dump({"stacks": {OF: dict(outputs)}})}


def test_recorded_outputs_stand_in_for_the_foundation() -> None:
    """`pulumi stack output --json` of it, in rehearsal.yaml: nothing else is rehearsed."""
    recorded = rehearsed_of("apps", with_answer(RECORDED)).plan
    assert resources(recorded) == resources(two("local")[1].plan)


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        ({"main": {}}, "organization/slipway/base exports no facts of its clusters: update it first"),
        ({FACTS: {"version": 0, "clusters": {}}}, "exports facts of version 0, and version 1 is needed"),
        (
            {FACTS: {"version": 1, "clusters": {}}},
            "is not ready for shop: update it first, with pulumi up --stack base",
        ),
        (
            {FACTS: {"version": 1, "clusters": {"main": {"systems": ["bank"], "facts": {}}}}},
            "is not ready for shop: update it first, with pulumi up --stack base",
        ),
    ],
)
def test_a_foundation_that_is_not_ready_is_one_clear_error(outputs: Mapping[str, Any], message: str) -> None:
    """Before anything is registered that would need it."""
    failure = rehearsed_of("apps", with_answer(outputs)).rehearsal.failure or ""
    assert message in failure
    assert "Traceback" not in failure


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"slipway:foundation": "organization/other/base"},
            "is of project 'other': copy the file of that stack, Pulumi.base.yaml, to foundations/other/Pulumi.base.yaml",
        ),
        ({"slipway:foundation": "organization/slipway/bas"}, "Pulumi.bas.yaml does not exist; did you mean 'base'?"),
        ({"slipway:foundation": "organization/slipway/apps"}, "is the stack itself"),
        (
            {"slipway:foundation": "base"},
            "is not a stack with its organization and project, for example acme/slipway/prod",
        ),
        ({"slipway:environment": "production"}, "is not that of its foundation, Pulumi.base.yaml: staging"),
        ({"slipway:clusters": {"other": {"cloud": "local"}}}, "is not a cluster of stack 'base'"),
        ({"slipway:clusters": {"main": {"systems": {"shop": VERSION}}}}, "needs 'cloud', as in Pulumi.base.yaml"),
        (
            {"slipway:clusters": {"main": {"cloud": "local", "registry": "elsewhere:5000"}}},
            "is not what Pulumi.base.yaml sets, which has the cluster",
        ),
        (
            {"slipway:clusters": {"main": {"cloud": "local", "systems": {"bank": VERSION}}}},
            "is a system of stack 'base'",
        ),
    ],
)
def test_one_clear_line_for_each_mistake(changed: Mapping[str, Any], message: str) -> None:
    """With the file and the line of the stack of systems."""
    files = apart("local")
    document = yaml.safe_load(files["Pulumi.apps.yaml"])
    document["config"].update(changed)
    with pytest.raises(InvalidSettings) as refused:
        rehearsed_of("apps", {**files, "Pulumi.apps.yaml": yaml.safe_dump(document)})
    said = [str(each) for each in refused.value.problems]
    assert any(message in each for each in said), said
    assert all(each.startswith("Pulumi.apps.yaml:") for each in said), said


def test_systems_of_all_stacks_are_checked_together() -> None:
    """A domain of two systems is found, although each is in a stack of its own."""
    files = apart("local")
    taken = BANK + "domains: {web: shop.example.com}\n"
    with pytest.raises(InvalidSettings, match=r"uses domain shop\.example\.com, which system 'bank' uses too"):
        rehearsed_of("apps", {**files, "systems/bank/system.yaml": taken})


def test_the_page_shows_two_stacks_that_fit(tmp_path: Path) -> None:
    """Both are valid, and the second one is named after the first."""
    (tmp_path / "Pulumi.yaml").symlink_to(ROOT / "Pulumi.yaml")
    (tmp_path / "systems" / "shop").mkdir(parents=True)
    (tmp_path / "systems" / "shop" / "system.yaml").write_text(SHOP, encoding="utf-8")
    page = (ROOT / "docs" / "foundations.md").read_text(encoding="utf-8")
    for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL):
        file = tmp_path / block.split()[1].rstrip(":")
        file.parent.mkdir(exist_ok=True)
        file.write_text(block, encoding="utf-8")
    project = find_project(tmp_path)
    base, shop = load_stack(project, "prod"), load_stack(project, "prod-shop")
    assert (base.shared, list(base.clusters["main"].systems), list(base.clusters["main"].served)) == (
        True,
        [],
        ["shop"],
    )
    assert (shop.base, shop.foundation, list(shop.clusters["main"].systems)) == ("prod", "acme/slipway/prod", ["shop"])
    assert shop.clusters["main"].settings == base.clusters["main"].settings


def test_the_page_shows_a_stack_on_clusters_of_another_project(tmp_path: Path) -> None:
    """It is valid beside a copy of the file of the platform's stack, and has the names of that."""
    page = (ROOT / "docs" / "foundations.md").read_text(encoding="utf-8")
    platform, _, team = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    for name, content in {
        "Pulumi.yaml": "name: shop\nruntime: python\n",
        "Pulumi.prod.yaml": team,
        "foundations/platform/Pulumi.prod.yaml": platform.replace("slipway:", "platform:"),
        "systems/shop/system.yaml": SHOP,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    shop = load_stack(find_project(tmp_path), "prod")
    assert (shop.foundation, list(shop.clusters["main"].systems)) == ("acme/platform/prod", ["shop"])
    assert shop.cluster_name("main") == "platform-prod-main"


HIDDEN: Mapping[str, Any] = {"main": {"address": "https://api.example.test", "certificate": SECRET}}


@pytest.mark.parametrize(("changed", "hidden"), [({"token": SECRET}, False), ({ACCESS: HIDDEN}, True)])
def test_a_secret_among_the_outputs_of_a_foundation_is_not_spread(changed: Mapping[str, Any], hidden: bool) -> None:
    """What another output hides is no reason to hide an address; of a secret certificate only the kubeconfig is one."""
    base, apps = two("aws")
    answer = yaml.safe_dump({"stacks": {OF: {**base.plan.outputs, **changed}}})
    found = rehearsed_of("apps", {**apart("aws"), "rehearsal.yaml": answer}).plan
    assert resources(found) == resources(apps.plan)
    kubeconfigs = [each.inputs["kubeconfig"] for each in found.steps if each.type == "pulumi:providers:kubernetes"]
    assert {each == SECRET for each in kubeconfigs} == {hidden}
