"""docs/instances.md: three instances of one system on two clusters of each cloud, planned and judged."""

from __future__ import annotations

import copy
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.cluster.monitoring.manifests.alerting.system_alerts import prometheus_rule
from slipway.cli.selection import select
from slipway.rehearsal import Step
from slipway.settings.stacks import DeployedSystem
from tests.components.system.test_programs import STACK
from tests.forking import forked_workers
from tests.plans.reachability import connections, ends
from tests.rehearsed import ROOT, Rehearsed
from tests.shared import shared
from tests.unwatched import unwatched

EUROPE, AMERICA = ("shop-acme", "shop-globex"), "shop-initech"
OTHER = {"cidr": "10.99.0.0/16"}


def blocks() -> list[dict[str, Any]]:
    found = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "instances.md").read_text("utf-8"), re.DOTALL)
    return [yaml.safe_load(each) for each in found]


@shared
def planned(cloud: str) -> Rehearsed:
    """The page's definition, which stands in no stack by its own name."""
    definition, europe, america = blocks()
    first, second = copy.deepcopy(STACK[cloud]) | unwatched(), copy.deepcopy(STACK[cloud]) | unwatched()
    if "network" in second:
        second["network"] = OTHER
    if cloud == "aws":  # both clusters are in one region of one account
        second["imagePrefix"] = "america"
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for room in ("components", "slipway", "__main__.py", "Pulumi.yaml", "policies"):
            (folder / room).symlink_to(ROOT / room)
        (folder / "systems" / "shop").mkdir(parents=True)
        (folder / "systems" / "shop" / "system.yaml").write_text(yaml.safe_dump(definition, sort_keys=False))
        clusters = {"europe": {**first, "systems": europe}, "america": {**second, "systems": america}}
        config = {"slipway:environment": "staging", "slipway:clusters": clusters}
        (folder / "Pulumi.test.yaml").write_text(yaml.safe_dump({"config": config}))
        selection = select(folder, "test", None)
        with forked_workers():
            return Rehearsed(selection.rehearse(policies=True), selection.stack)


def of(cloud: str, instance: str) -> list[Step]:
    return [step for step in planned(cloud).plan.steps if re.search(rf"\b{instance}\b", step.name)]


def common(name: str, instance: str) -> str:
    """Return the name of a resource as that of every instance: without its domain, or the account in its own name."""
    own = name.replace(instance, "shop").replace(instance.partition("-")[2], "web")
    return re.sub(r"backups-test\w+", "backups", own)


@pytest.mark.parametrize("cloud", ["aws", "azure", "local"])
def test_instances_have_the_same_and_share_nothing(cloud: str) -> None:
    """Resource by resource, each under its own name."""
    made = [{(step.type, common(step.name, name)) for step in of(cloud, name)} for name in (*EUROPE, AMERICA)]
    assert len(made[0]) > 20
    assert made[0] == made[1] == made[2]
    assert not [step for step in planned(cloud).plan.steps if step.name.split("/")[0] == "shop"]
    first, second = (of(cloud, name) for name in EUROPE)
    assert {step.urn for step in first}.isdisjoint(step.urn for step in second)


@pytest.mark.parametrize("cloud", ["aws", "azure", "local"])
def test_instances_are_kept_apart(cloud: str) -> None:
    """No pod of one may call another's."""
    pods = [end for end in ends(planned(cloud).plan) if end.namespace in EUROPE]
    assert {end.namespace for end in pods} == set(EUROPE)
    assert all(any(end.ports for end in pods if end.namespace == name) for name in EUROPE)
    assert [
        each for each in connections(planned(cloud).plan, pods) if _namespace(each.caller) != _namespace(each.server)
    ] == []


def _namespace(end: str) -> str:
    return end.split("/", maxsplit=1)[0]


@pytest.mark.parametrize("cloud", ["aws", "azure", "local"])
def test_the_pack_finds_nothing_in_instances(cloud: str) -> None:
    """A developer's registry promises nothing about own tags."""
    expected = {"image-pins"} if cloud == "local" else set[str]()
    ours = [each for each in planned(cloud).findings if any(name in (each.urn or "") for name in (*EUROPE, AMERICA))]
    assert [(each.policy, each.urn) for each in ours if each.policy not in expected] == []


def test_each_has_its_version_and_domain() -> None:
    """And alerts under its name, which link to the page of the definition."""
    systems = planned("local").stack.clusters["europe"].systems
    assert {name: each.deployment.blue.version for name, each in systems.items()} == {
        "shop-acme": "2.4.0",
        "shop-globex": "2.3.0",
    }
    assert {each.definition.domains["web"] for each in systems.values()} == {"acme.example.com", "globex.example.com"}
    alerts = list(alerts_of(systems["shop-acme"]))
    assert {each["labels"]["system"] for each in alerts} == {"shop-acme"}
    assert {each["annotations"]["runbook_url"].partition("#")[0] for each in alerts} == {
        "https://x.example.com/shop.md"
    }


def alerts_of(deployed: DeployedSystem) -> list[dict[str, Any]]:
    groups = prometheus_rule(deployed, "https://x.example.com")["groups"]
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]
