"""docs/extensions.md: a stack's own module on each cloud, planned and judged, and what a broken one says."""

from __future__ import annotations

import copy
import re
import tempfile
from functools import cache
from pathlib import Path

import pytest
import yaml

from slipway.cli.selection import select
from slipway.rehearsal import Rehearsal, Step
from slipway.reports import ledger
from slipway.settings.problems import InvalidSettings
from tests.components.system.test_programs import CLOUDS, STACK
from tests.forking import forked_workers
from tests.rehearsed import ROOT, Rehearsed
from tests.shared import shared
from tests.unwatched import unwatched

SHOP = {
    "title": "Shop",
    "owner": {"team": "shop"},
    "services": {
        "shop": {"image": "shop/shop", "port": 3000, "environment": {"DATABASE_URL": {"database": "shop_db"}}}
    },
    "databases": {"shop_db": {"size": "small"}},
}
CANARY = "ghp_" + "a1B2" * 9
KEPT = """\
import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes


def extend_system(facts, opts):
    if facts.name == "local":
        kubernetes.core.v1.PersistentVolumeClaim(
            "papers",
            metadata={"namespace": facts.namespace, "name": "papers"},
            spec={"accessModes": ["ReadWriteOnce"]},
            opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(protect=facts.cluster.protect)),
        )
    if facts.cluster.cloud == "aws":
        aws.ec2.SecurityGroup(
            "open", ingress=[{"protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlocks": ["0.0.0.0/0"]}], opts=opts
        )
"""


def module() -> str:
    """The module that the page has."""
    (block,) = re.findall(
        r"```python\n(.*?)```", (ROOT / "docs" / "extensions.md").read_text(encoding="utf-8"), re.DOTALL
    )
    return block


def project(folder: Path, text: str | None, name: str = "extensions.py", clouds: tuple[str, ...] = CLOUDS) -> Path:
    """A stack of production with a system on each cloud, called like it."""
    clusters = {cloud: copy.deepcopy(STACK[cloud]) for cloud in clouds}
    for room in ("components", "slipway", "__main__.py", "Pulumi.yaml", "policies"):
        (folder / room).symlink_to(ROOT / room)
    for cloud in clouds:
        home = folder / "systems" / cloud
        home.mkdir(parents=True)
        (home / "system.yaml").write_text(yaml.safe_dump(copy.deepcopy(SHOP), sort_keys=False), encoding="utf-8")
        clusters[cloud] |= {"controllers": {"metrics": "absent"}, "monitoring": unwatched()["monitoring"]}
        clusters[cloud]["systems"] = {cloud: {"blue": {"version": "2.3.0"}}}
    if text is not None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    config = {"slipway:environment": "production", "slipway:clusters": clusters, "slipway:extensions": name}
    (folder / "Pulumi.test.yaml").write_text(yaml.safe_dump({"config": config}), encoding="utf-8")
    return folder


def _rehearsed(text: str) -> Rehearsed:
    with tempfile.TemporaryDirectory() as made:
        selection = select(project(Path(made), text), "test", None)
        with forked_workers():
            return Rehearsed(selection.rehearse(policies=True), selection.stack)


@shared
def planned() -> Rehearsed:
    return _rehearsed(module())


@shared
def kept() -> Rehearsed:
    return _rehearsed(KEPT)


@cache
def steps() -> dict[str, Step]:
    """What the module makes, by name: `aws/about`."""
    return {
        step.name: step for step in planned().plan.steps if step.state["custom"] and "slipway:extensions:" in step.urn
    }


def test_what_a_module_makes_is_in_the_plan() -> None:
    """For each cluster and each system."""
    assert set(steps()) == {*(f"{cloud}/about" for cloud in CLOUDS), "aws/reporting", "azure/reporting"}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_it_gets_facts_and_the_clusters_providers(cloud: str) -> None:
    step = steps()[f"{cloud}/about"]
    assert step.inputs["metadata"]["namespace"] == cloud
    assert step.inputs["metadata"]["labels"]["app.kubernetes.io/part-of"] == cloud
    assert step.inputs["data"]["shop_db"]
    assert f"::{cloud}" in step.provider
    assert "slipway:system:System$slipway:extensions:System$" in step.urn


@pytest.mark.parametrize("cloud", ["aws", "azure"])
def test_it_gets_tags_and_the_clouds_own_provider(cloud: str) -> None:
    step = steps()[f"{cloud}/reporting"]
    assert "extensions.py:1" in step.inputs["tags"].values()
    provider = planned().plan.by_urn[step.provider.rpartition("::")[0]]
    used = {
        each.provider
        for each in planned().plan.steps
        if each.type in ("aws:eks/cluster:Cluster", "azure-native:containerservice:ManagedCluster")
    }
    assert provider.name
    assert step.provider in used


def test_the_rules_find_nothing_in_the_example() -> None:
    found = [f"{each.policy} {each.urn}" for each in planned().findings if "slipway:extensions:" in str(each.urn)]
    assert found == []


def test_the_rules_judge_a_module() -> None:
    """A port that the whole internet reaches is refused, whoever opens it; a module that adds nothing elsewhere is not."""
    found = {each.policy for each in kept().findings if "slipway:extensions:" in str(each.urn)}
    assert "open-ingress" in found
    assert "visible-children" not in {each.policy for each in kept().findings}


def test_what_it_protects_is_in_the_ledger() -> None:
    (claim,) = [urn for urn in ledger.protected(kept().plan) if urn.endswith("::papers")]
    assert "slipway:extensions:System$" in claim


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import nowhere_at_all\n", "extensions.py:1: raises ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("\n\ndef extend_system(facts, opts)\n", "extensions.py:3: raises SyntaxError: expected ':'"),
        ("words = 1\n", "extensions.py:1: has neither a function extend_cluster(facts, opts) nor extend_system(facts, opts)"),
        ("extend_system = 3\n", "extensions.py:1: has neither a function"),
        ("def extend_system(facts):\n    pass\n", "extensions.py:1: raises TypeError: extend_system() takes 1 positional argument but 2"),
        ("def extend_system(facts, opts):\n    facts.name = 'a'\n", "extensions.py:2: raises FrozenInstanceError: cannot assign"),
        ("def extend_cluster(facts, opts):\n    x = 1\n    raise ValueError('no')\n", "extensions.py:3: raises ValueError: no"),
        (f"def extend_cluster(facts, opts):\n    raise ValueError('{CANARY}')\n", "extensions.py:2: raises ValueError"),
    ],
)  # fmt: skip
def test_a_broken_module_says_where(tmp_path: Path, text: str, said: str) -> None:
    """In one line, which has no secret."""
    with forked_workers():
        rehearsal: Rehearsal = select(project(tmp_path, text, clouds=("local",)), "test", None).rehearse(policies=False)
    assert rehearsal.failure is not None
    errors = [each.message for each in rehearsal.diagnostics if each.severity == "error"]
    assert len(errors) == 1
    assert errors[0].startswith(said)
    assert CANARY not in errors[0]


def test_a_module_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings) as caught:
        select(project(tmp_path, None, clouds=("local",)), "test", None)
    assert re.fullmatch(
        r"Pulumi\.test\.yaml:\d+: extensions: extensions\.py is not a file of the project's folder: write it .*",
        str(caught.value),
    )


@pytest.mark.parametrize("name", ["../a.py", "/a.py", "a.txt"])
def test_a_module_is_a_file_of_the_project(tmp_path: Path, name: str) -> None:
    folder = project(tmp_path, None, clouds=("local",))
    text = (folder / "Pulumi.test.yaml").read_text(encoding="utf-8").replace("extensions.py", name)
    (folder / "Pulumi.test.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidSettings, match="is not a Python file below the project's folder"):
        select(folder, "test", None)
