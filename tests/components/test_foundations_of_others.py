"""docs/foundations.md: systems of one project on the clusters of another, which share two files and no repository."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.clouds.exported import ACCESS, FACTS
from components.cluster.monitoring.manifests.alerting import maintenance, routing
from slipway.cli.member import member, text
from slipway.cli.selection import select
from slipway.rehearsal import Plan
from slipway.settings.problems import InvalidSettings
from tests.components.test_foundations import BANK, CLOUDS, CLUSTERS, VERSION, described, shop
from tests.inert import walk
from tests.rehearsed import ROOT, Rehearsed, rehearsed_of

OF = "organization/platform/base"
COPY = "foundations/platform/Pulumi.base.yaml"


def project(name: str) -> str:
    return f"name: {name}\nruntime: python\n"


def stack(name: str, cluster: Mapping[str, Any], foundation: str | None = None, environment: str = "staging") -> str:
    named = {f"{name}:foundation": foundation} if foundation else {}
    config = {f"{name}:environment": environment, **named, f"{name}:clusters": {"main": dict(cluster)}}
    return json.dumps({"config": config})


def systems(cloud: str) -> tuple[str, str]:
    """The definitions of the platform's own system and of the team's. A call to a system of another project is none of one on
    the same cluster: it is not known there."""
    return BANK.replace(", egress: [{system: shop, service: api}]", ""), shop(cloud)


def team(cloud: str, answer: Mapping[str, Any] | None = None) -> dict[str, str]:
    """The team's project: its stack and system, and the copy of the platform's stack file."""
    files = {
        "Pulumi.yaml": project("team"),
        "Pulumi.apps.yaml": stack("team", {"cloud": cloud, "systems": {"shop": VERSION}}, OF),
        COPY: platform_stack(cloud),
        "systems/shop/system.yaml": systems(cloud)[1],
    }
    answers = {} if answer is None else {"rehearsal.yaml": yaml.safe_dump({"stacks": {OF: dict(answer)}})}
    return {**files, **answers}


def platform_stack(cloud: str) -> str:
    return stack("platform", {**CLUSTERS[cloud], "systems": {"bank": VERSION}})


def platform(cloud: str, members: Mapping[str, str]) -> dict[str, str]:
    """The project with the clusters: its stack and system, and the files of others."""
    return {
        "Pulumi.yaml": project("platform"),
        "Pulumi.base.yaml": platform_stack(cloud),
        "systems/bank/system.yaml": systems(cloud)[0],
        **{f"members/{name}.yaml": content for name, content in members.items()},
    }


def written(folder: Path, files: Mapping[str, str]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def member_file(folder: Path, files: Mapping[str, str], name: str = "apps") -> str:
    """What the team gives to the platform: the output of `slipway member`."""
    folder.mkdir(exist_ok=True)
    for room in ("components", "slipway", "__main__.py"):
        if not (folder / room).exists():
            (folder / room).symlink_to(ROOT / room)
    return text(select(written(folder, files), name, None), OF)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    shutil.rmtree(tmp_path)


def both(cloud: str, folder: Path) -> tuple[Rehearsed, Rehearsed]:
    base = rehearsed_of("base", platform(cloud, {"team.apps": member_file(folder, team(cloud))}), policies=True)
    return base, rehearsed_of("apps", team(cloud, base.plan.outputs), policies=True)


def one(cloud: str) -> Rehearsed:
    """Both systems in one stack of the platform."""
    cluster = {**CLUSTERS[cloud], "systems": {"bank": VERSION, "shop": VERSION}}
    own, theirs = systems(cloud)
    files = {"Pulumi.yaml": project("platform"), "Pulumi.base.yaml": stack("platform", cluster)}
    return rehearsed_of(
        "base", {**files, "systems/bank/system.yaml": own, "systems/shop/system.yaml": theirs}, policies=True
    )


def resources(found: Rehearsed) -> dict[str, str]:
    """By type and name, but for the file that a source is in."""
    steps = [step for step in found.plan.steps if not step.type.startswith("pulumi:")]
    return {step.urn.split("::", 2)[2]: _same(described(step)) for step in steps}


def _same(text: str) -> str:
    for there, here in ((f"{COPY}:", "Pulumi.base.yaml:"), ("::team::", "::platform::"), ("team:clusters", "clusters")):
        text = text.replace(there, here)
    return (
        text.replace("Stack::team-apps", "Stack::platform-base")
        .replace("Stack::team-base", "Stack::platform-base")
        .replace("platform:clusters", "clusters")
    )


@pytest.mark.parametrize("cloud", CLOUDS)
def test_two_projects_plan_together_what_one_stack_does(cloud: str, folder: Path) -> None:
    """All of it, with the same inputs, and nothing twice but the component of the cluster, by which its provider is found."""
    base, apps = map(resources, both(cloud, folder))
    assert base.keys() & apps.keys() == {"slipway:cluster:Cluster::main"}
    del apps["slipway:cluster:Cluster::main"]
    assert {**base, **apps} == resources(one(cloud))
    assert {urn for urn in apps if "slipway:system:System" not in urn} == set()


@pytest.mark.parametrize("cloud", CLOUDS)
def test_policies_judge_both_projects_as_one_stack(cloud: str, folder: Path) -> None:
    """Each by the pack of its project; of accounts and thresholds that neither names they speak to each."""

    def said(found: Rehearsed) -> set[tuple[str, str, str]]:
        left_out = ("iam-trust", "image-registries", "data-residence", "alert-receivers")
        return {
            (each.policy, each.level, each.urn.split("::", 2)[2])
            for each in found.findings
            if each.policy not in left_out
        }

    base, apps = both(cloud, folder)
    assert base.rehearsal.findings is not None
    assert said(base) | said(apps) == said(one(cloud))


def warnings(found: Rehearsed) -> list[str]:
    return [each.message for each in found.rehearsal.diagnostics if "was last updated with" in each.message]


def test_a_foundation_that_knows_other_files_is_a_warning(folder: Path) -> None:
    """Nothing is held up by it: of what is shared, and of the copy; what is the team's own says nothing."""
    base, apps = both("local", folder)
    assert warnings(apps) == []
    files = team("local", base.plan.outputs)
    definition = yaml.safe_load(files["systems/shop/system.yaml"])
    definition["services"]["api"].setdefault("environment", {})["COLOUR"] = "red"
    same = rehearsed_of("apps", {**files, "systems/shop/system.yaml": yaml.safe_dump(definition)})
    assert warnings(same) == []
    definition["services"]["api"]["image"] = "shop/other"
    changed = rehearsed_of(
        "apps",
        {
            **files,
            "systems/shop/system.yaml": yaml.safe_dump(definition),
            COPY: stack("platform", {**CLUSTERS["local"], "protect": False}),
        },
    )
    definitions, settings = warnings(changed)
    assert "with other definitions of shop" in definitions
    assert "give its project what `slipway member` writes" in definitions
    assert "with other settings of cluster main; copy its stack file again to foundations/" in settings


def test_outputs_that_nobody_gave_are_one_clear_error() -> None:
    """With the line that asks for them, and what to add: the program of another project cannot be rehearsed."""
    with pytest.raises(InvalidSettings) as refused:
        rehearsed_of("apps", team("local"))
    (problem,) = refused.value.problems
    assert str(problem).startswith("Pulumi.apps.yaml:1: ")
    assert "add them to rehearsal.yaml, below `stacks: {organization/platform/base: …}`" in str(problem)


def test_a_foundation_without_the_member_file_is_one_clear_error() -> None:
    """With what to do, by people of two projects."""
    answer = {FACTS: {"version": 1, "clusters": {"main": {"systems": ["bank"], "facts": {}}}}, ACCESS: {"main": {}}}
    failure = rehearsed_of("apps", team("local", answer)).rehearsal.failure or ""
    assert "organization/platform/base is not ready for shop: give its project what `slipway member` writes" in failure
    assert "Traceback" not in failure


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"team:foundation": "organization/other/base"}, "is of project 'other': copy the file of that stack"),
        ({"team:environment": "production"}, f"is not that of its foundation, {COPY}: staging"),
        ({"team:namePrefix": "team"}, f"is that of the foundation, {COPY}: remove it"),
        ({"team:clusters": {"other": {"cloud": "local"}}}, "is not a cluster of stack 'platform/base'"),
        ({"team:clusters": {"main": {"systems": {"shop": VERSION}}}}, f"needs 'cloud', as in {COPY}"),
    ],
)
def test_mistakes_of_the_team_are_refused(tmp_path: Path, changed: Mapping[str, Any], message: str) -> None:
    """Each with the line of its own stack file."""
    files = team("local")
    document = yaml.safe_load(files["Pulumi.apps.yaml"])
    document["config"].update(changed)
    with pytest.raises(InvalidSettings) as refused:
        member_file(tmp_path, {**files, "Pulumi.apps.yaml": yaml.safe_dump(document)})
    said = [str(each) for each in refused.value.problems]
    assert any(message in each and each.startswith("Pulumi.apps.yaml:") for each in said), said


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("main:", "elsewhere:", "members/team.apps.yaml:7: clusters.elsewhere: is not a cluster of stack 'base'"),
        ("environment: staging", "environment: production", "of stack 'team/apps' is not that of its foundation"),
        (
            "platform/base\nenvironment",
            "platform/bse\nenvironment",
            "is not a stack of this project; did you mean 'base'?",
        ),
        (
            "platform/base\nenvironment",
            "other/base\nenvironment",
            "is of project 'other', and this one is called 'platform'",
        ),
        ("    shop:", "    bank:", "is a system of stack 'base' already"),
        ("    shop:", "    logging:", "is reserved"),
        ("artefact: shop/site", "artifact: shop/site", "is not a known key"),
        ("shop.example.com", "bank.example.com", "which system 'bank' uses too"),
    ],
)
def test_mistakes_of_a_member_file_are_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    """In the project of the foundation, with the line of the member's file; its systems are checked with all others."""
    content = member_file(tmp_path / "team", team("local"))
    assert old in content
    files = platform("local", {"team.apps": content.replace(old, new)})
    files["systems/bank/system.yaml"] += "domains: {web: bank.example.com}\n"
    with pytest.raises(InvalidSettings) as refused:
        rehearsed_of("base", files)
    said = [str(each) for each in refused.value.problems]
    assert any(message in each and each.startswith("members/team.apps.yaml:") for each in said), said


def test_a_platform_may_have_no_system_of_its_own(tmp_path: Path) -> None:
    """Only those of others."""
    files = platform("local", {"team.apps": member_file(tmp_path, team("local"))})
    files["Pulumi.base.yaml"] = stack("platform", CLUSTERS["local"])
    del files["systems/bank/system.yaml"]
    assert rehearsed_of("base", files).plan.outputs[FACTS]["clusters"]["main"]["systems"] == ["shop"]


def test_a_stack_with_its_own_clusters_needs_no_file(tmp_path: Path) -> None:
    written(tmp_path, platform("local", {}))
    with pytest.raises(
        InvalidSettings, match="is on its own clusters: only a foundation of another project needs that file"
    ):
        member(tmp_path, "base", None)


def test_all_that_a_cluster_depends_on_is_in_the_file(tmp_path: Path) -> None:
    """Of systems with every key that there is, on clusters of each kind: what is created for the clusters is the same."""
    documents = walk.documents()
    config = documents["Pulumi.test.yaml"]["config"]
    clusters = {name: dict(each) for name, each in config["slipway:clusters"].items()}
    theirs = {name: {"cloud": each["cloud"], "systems": each.pop("systems", {})} for name, each in clusters.items()}
    bare = json.dumps({"config": {**config, "slipway:clusters": clusters}})
    own = {"slipway:foundation": "organization/slipway/test", "slipway:clusters": theirs}
    stack_of_team = {
        key: value
        for key, value in {**config, **own}.items()
        if key not in ("slipway:namePrefix", "slipway:extensions")
    }
    others = walk.other_files()
    files = {**{name: json.dumps(each) for name, each in documents.items()}, **others}
    team_files = files | {
        "Pulumi.yaml": project("team"),
        "Pulumi.test.yaml": json.dumps(
            {"config": {key.replace("slipway:", "team:"): each for key, each in stack_of_team.items()}}
        ),
        "foundations/slipway/Pulumi.test.yaml": bare,
    }
    written_file = member_file(tmp_path, team_files, "test").replace(
        "foundation: organization/platform/base", "foundation: organization/slipway/test"
    )
    with_member = {"Pulumi.test.yaml": bare, "members/team.yaml": written_file, **others}
    whole, platform_alone = (rehearsed_of("test", each) for each in (files, with_member))

    def of_clusters(found: Rehearsed) -> dict[str, str]:
        return {
            urn: text
            for urn, text in resources(found).items()
            if "slipway:system:System" not in urn and "slipway:extensions:System" not in urn
        }

    expected, planned = of_clusters(whole), of_clusters(platform_alone)
    assert planned.keys() == expected.keys()
    assert {urn for urn in expected if planned[urn] != expected[urn]} == set()


def rules_of(plan: Plan, name: str) -> dict[str, str]:
    """The alerts of a PrometheusRule, each with its expression."""
    (rule,) = [step for step in plan.steps if step.type.endswith(":PrometheusRule") and step.name.startswith(name)]
    every = [rule for group in rule.inputs["spec"]["groups"] for rule in group["rules"]]
    return {rule["alert"]: rule["expr"] for rule in every if "alert" in rule}


def test_maintenance_needs_nothing_of_the_platform(folder: Path) -> None:
    """The team's stack closes its system and keeps the alerts of it from being sent; the platform's Alertmanager, which knows of
    no maintenance, does as the alert says."""
    closed = {"shop": {**VERSION, "maintenance": True}}
    files = {**team("local"), "Pulumi.apps.yaml": stack("team", {"cloud": "local", "systems": closed}, OF)}
    (folder / "open").mkdir()
    (folder / "closed").mkdir()
    member = member_file(folder / "closed", files)
    assert member == member_file(folder / "open", team("local"))
    base = rehearsed_of("base", platform("local", {"team.apps": member}))
    answer = yaml.safe_dump({"stacks": {OF: dict(base.plan.outputs)}})
    theirs = rehearsed_of("apps", {**files, "rehearsal.yaml": answer}).plan
    assert rules_of(theirs, "shop")[maintenance.NAME] == "vector(1)"
    assert maintenance.NAME not in rules_of(
        rehearsed_of("apps", {**team("local"), "rehearsal.yaml": answer}).plan, "shop"
    )
    routes = yaml.safe_load(routing.of_cluster(base.stack.clusters["main"]))
    assert maintenance.inhibition() in routes["inhibit_rules"]
    assert 'system = "shop"' in [matcher for route in routes["route"]["routes"] for matcher in route["matchers"]]
