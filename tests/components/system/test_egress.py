"""docs/egress.md: its two systems on each cloud, planned and judged, and who reaches whom by their network policies."""

from __future__ import annotations

import copy
import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from slipway.cli.selection import select
from slipway.reports import machine, openings, text
from slipway.settings.load import load_stack
from slipway.settings.problems import InvalidSettings
from slipway.settings.project import find_project
from tests.components.system.test_programs import STACK
from tests.forking import forked_workers
from tests.plans.reachability import INTERNET, Connection, End, connections, ends
from tests.rehearsed import ROOT, Rehearsed
from tests.shared import shared
from tests.unwatched import unwatched

SYSTEMS = ("shop", "billing")
ERP = End("erp", address="10.30.5.4", ports=frozenset({5432, 22}))
NEIGHBOUR = End("neighbour of erp", address="10.30.5.5", ports=frozenset({5432}))
OUTSIDE = End("internet", address=INTERNET, ports=frozenset({443, 587, 5432}))
STOCK = End("stock", "legacy", {"app": "stock"}, frozenset({8080, 9090}))
OTHER = End("other", "legacy", {"app": "other"}, frozenset({8080}))
OPENED = [
    "shop/api on local: 10.30.5.4/32 port 5432 (erp.corp.example.com)",
    "shop/api on local: app=stock of namespace legacy, port 8080",
    "shop/api on local: service ledger of system billing, port http",
    "shop/api on local: service ledger of system billing, port admin",
]


def definitions() -> dict[str, dict[str, Any]]:
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "egress.md").read_text("utf-8"), re.DOTALL)
    return dict(zip(SYSTEMS, map(yaml.safe_load, blocks), strict=True))


def project(folder: Path, systems: Mapping[str, Any], cloud: str = "local") -> None:
    for room in ("components", "slipway", "__main__.py", "Pulumi.yaml", "policies"):
        (folder / room).symlink_to(ROOT / room)
    for name, definition in systems.items():
        (folder / "systems" / name).mkdir(parents=True)
        (folder / "systems" / name / "system.yaml").write_text(json.dumps(definition), "utf-8")
    cluster = copy.deepcopy(STACK[cloud])
    cluster |= unwatched()
    cluster["systems"] = {name: {"blue": {"version": "1.0.0"}} for name in systems}
    config = {"slipway:environment": "staging", "slipway:clusters": {cloud: cluster}}
    (folder / "Pulumi.test.yaml").write_text(json.dumps({"config": config}), "utf-8")


@shared
def planned(cloud: str) -> Rehearsed:
    with tempfile.TemporaryDirectory() as made:
        project(Path(made), definitions(), cloud)
        selection = select(Path(made), "test", None)
        with forked_workers():
            return Rehearsed(selection.rehearse(policies=True), selection.stack)


@pytest.mark.parametrize("cloud", ["aws", "azure", "local"])
def test_calls_go_where_they_are_declared_and_nowhere_else(cloud: str) -> None:
    """Of both systems, an existing database and its neighbour, another namespace and the internet."""
    pods = [end for end in ends(planned(cloud).plan) if end.namespace in SYSTEMS]
    found = connections(planned(cloud).plan, [*pods, ERP, NEIGHBOUR, STOCK, OTHER, OUTSIDE])
    api, ledger = "shop/deployment api-blue", "billing/deployment ledger-blue"
    assert {each for each in found if each.caller.split("/")[0] in SYSTEMS} == {
        Connection(api, "internet", 443),
        Connection(api, "internet", 587),
        Connection(api, "erp", 5432),
        Connection(api, "legacy/stock", 8080),
        Connection(api, ledger, 8080),
        Connection(api, ledger, 8081),
    }
    assert [each for each in planned(cloud).findings if each.policy in ("egress-networks", "namespace-isolation")] == []


def test_the_preview_says_what_is_opened() -> None:
    """Beyond the internet, system by system."""
    stack = planned("local").stack
    assert list(openings.lines(stack)) == OPENED
    console = Console(width=200, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    text.outside(console, stack)
    assert console.export_text().splitlines()[:2] == ["Opened to services:", f"  {OPENED[0]}"]
    assert json.loads(machine.as_json(stack, planned("local").rehearsal, []))["openedToServices"] == OPENED


def changed(**ledger: Any) -> dict[str, dict[str, Any]]:
    systems = definitions()
    systems["billing"]["services"]["ledger"] |= ledger
    return systems


def calling(entry: dict[str, Any]) -> dict[str, dict[str, Any]]:
    systems = definitions()
    systems["shop"]["services"]["api"]["egress"] = [entry]
    return systems


REFUSED = {
    "no consent": (
        changed(callers=[]),
        "has services.api.egress[4] without the other side's consent: add it to services.ledger.callers of 'billing', "
        "for example {system: shop}",
    ),
    "consent to another service": (
        changed(callers=[{"system": "shop", "service": "worker"}]),
        "without the other side's",
    ),
    "another system's consent": (changed(callers=[{"system": "store"}]), "without the other side's consent"),
    "no such system": (
        calling({"system": "biling", "service": "ledger"}),
        "to 'biling', which is not on this cluster; did you mean 'billing'?",
    ),
    "no such service": (calling({"system": "billing", "service": "ledgr"}), "which is no service of 'billing'"),
    "no such port": (
        calling({"system": "billing", "service": "ledger", "port": "debug"}),
        "to a port that 'ledger' of 'billing' has not",
    ),
    "its own system": (
        calling({"system": "shop", "service": "worker"}),
        "to its own system: name the service in 'needs'",
    ),
    "a system's namespace": (
        calling({"namespace": "billing", "port": 8080}),
        "to the namespace of system 'billing': use {system: billing, service: …}",
    ),
    "its own namespace": (calling({"namespace": "shop", "port": 80}), "to its own namespace"),
    "a reserved namespace": (calling({"namespace": "kube-system", "port": 80}), "reserved for cluster services"),
    "nothing": (calling({"port": 80}), "names nothing that is called: use one of network, namespace, system, host"),
    "a network without a port": (calling({"network": "10.30.5.4/32"}), "port"),
    "a network that is none": (
        calling({"network": "10.30.5.4/8", "port": 5432}),
        "is not an IPv4 network in CIDR form",
    ),
}


@pytest.mark.parametrize(("systems", "rule"), REFUSED.values(), ids=REFUSED)
def test_a_call_that_cannot_work_is_refused(tmp_path: Path, systems: dict[str, Any], rule: str) -> None:
    """With its place, before anything is planned."""
    project(tmp_path, systems)
    with pytest.raises(InvalidSettings) as refused:
        load_stack(find_project(tmp_path), "test")
    assert any(rule in str(problem) for problem in refused.value.problems), refused.value.problems


def test_a_system_without_the_one_that_it_calls_is_refused(tmp_path: Path) -> None:
    project(tmp_path, {"shop": definitions()["shop"]})
    with pytest.raises(InvalidSettings, match="which is not on this cluster"):
        load_stack(find_project(tmp_path), "test")
