"""Controllers that the cluster's owner runs: a plan is whole, pleases the pack, and uses what is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from slipway.rehearsal import Plan, Step
from slipway.settings.cluster_services import API_GROUPS, Controllers
from tests.rehearsed import ROOT, Rehearsed, rehearsed_with

NAMES = tuple(Controllers.model_fields)
RELEASE, NAMESPACE = "kubernetes:helm.sh/v3:Release", "kubernetes:core/v1:Namespace"
OWN_CHARTS = {"vector"}
"""What reads the pods' logs is no controller of the cluster's."""
OF_OWNERS = {
    "gateway": "envoy-gateway-system",
    "certificates": "cert-manager",
    "metrics": "monitoring",
}
"""Namespaces that the cluster's owner has, where that controller is `present`: docs/stacks.md lists them."""
SYSTEMS = {"aws": ("marketplace", "kingstons"), "azure": ("fleet",), "local": ("expenses",)}
"""With databases, a queue, sites and alerts of their own, on each cloud."""
IDENTITIES = ("aws:iam/role:Role", "azure-native:managedidentity:UserAssignedIdentity")
LISTED_BY_STACK = {"iam-trust"}
"""Rules that want the accounts of each stack by its name, which is another one here."""


def stack(clouds: str) -> dict[str, Any]:
    """Production's clusters, or the local one, with few systems, and all their controllers run by their owner."""
    file = yaml.safe_load((ROOT / f"Pulumi.{'prod' if clouds == 'public' else 'local'}.yaml").read_text())
    for cluster in file["config"]["slipway:clusters"].values():
        cluster["controllers"] = dict.fromkeys(NAMES, "present")
        # The registry of another stack, in which tags could be moved.
        cluster["releases"]["image"] += f"@sha256:{'0' * 64}"
        cluster["systems"] = {name: cluster["systems"][name] for name in SYSTEMS[cluster["cloud"]]}
    return file


@dataclass(frozen=True)
class Run:
    """What came of it on some clouds."""

    clouds: str
    made: Rehearsed

    @property
    def plan(self) -> Plan:
        return self.made.plan


@pytest.fixture(scope="module", params=["public", "local"])
def run(request: pytest.FixtureRequest) -> Run:
    """No ledger has the stack's name."""
    return Run(request.param, rehearsed_with("controllers", stack(request.param)))


def looked_after(plan: Plan) -> dict[str, list[Step]]:
    """Objects of the kinds of each controller."""
    groups = {group: name for name, of_it in API_GROUPS.items() for group in of_it}
    found: dict[str, list[Step]] = {name: [] for name in API_GROUPS}
    for step in plan.steps:
        group = step.type.removeprefix("kubernetes:").partition("/")[0]
        if step.package == "kubernetes" and group in groups:
            found[groups[group]].append(step)
    return found


def test_the_pack_is_pleased(run: Run) -> None:
    if run.clouds == "public":
        found = {finding.policy for finding in run.made.findings if finding.level == "mandatory"}
        assert found - LISTED_BY_STACK == set()


def test_no_chart_is_installed(run: Run) -> None:
    charts = {step.inputs["name"] for step in run.plan.steps if step.type == RELEASE}
    assert charts == OWN_CHARTS


def test_what_is_present_is_awaited(run: Run) -> None:
    """By one rule, over every kind that a controller looks after."""
    for name, steps in looked_after(run.plan).items():
        assert bool(steps) is (name not in unseen(run)), name
        for step in steps:
            annotations = step.inputs["metadata"]["annotations"]
            skipped = annotations.get("pulumi.com/skipAwait") == "true"
            assert skipped is limits_visitors(step), step.urn
            assert not (skipped and "pulumi.com/waitFor" in annotations), step.urn


def limits_visitors(step: Step) -> bool:
    """Policies of routes that the controller of releases writes, so that they are not there yet."""
    return step.inputs["kind"] in ("BackendTrafficPolicy", "SecurityPolicy") and not step.name.endswith("-pass")


def unseen(run: Run) -> set[str]:
    """Controllers whose kinds these systems do not need there."""
    return {"databases", "mongodb"} if run.clouds == "public" else {"secrets", "queues", "mongodb"}


def test_a_database_whose_operator_is_there_is_awaited(run: Run) -> None:
    clusters = [each for each in looked_after(run.plan)["databases"] if each.inputs["kind"] == "Cluster"]
    awaited = {each.inputs["metadata"]["annotations"].get("pulumi.com/waitFor") for each in clusters}
    assert awaited == ({"condition=Ready"} if run.clouds == "local" else set())


def test_every_object_has_a_namespace(run: Run) -> None:
    """One that the plan makes, or the owner's, where a page says so."""
    spaces = {step.inputs["metadata"]["name"] for step in run.plan.steps if step.type == NAMESPACE}
    used = {step.inputs["metadata"].get("namespace") for step in run.plan.steps if _namespaced(step)}
    assert used - spaces - {None, "default", "kube-system"} == set(OF_OWNERS.values())


def _namespaced(step: Step) -> bool:
    return step.package == "kubernetes" and "metadata" in step.inputs and step.type != RELEASE


def test_nothing_is_made_for_charts_of_others(run: Run) -> None:
    """Logins, routes and receivers of a Grafana and an Alertmanager that are not Slipway's."""
    names = {step.name.rsplit("/", 1)[-1] for step in run.plan.steps}
    assert names.isdisjoint({"grafana", "grafana-login", "alertmanager-routes", "monitoring-main-supplied"})


def test_who_writes_records_has_an_identity(run: Run) -> None:
    """external-dns of the cluster's owner, in each cloud."""
    roles = {step.name for step in run.plan.steps if step.type in IDENTITIES and "external-dns" in step.name}
    assert roles == ({"main-external-dns", "fleet-external-dns"} if run.clouds == "public" else set())


def test_every_namespace_of_owners_is_documented() -> None:
    page = (ROOT / "docs" / "stacks.md").read_text()
    for controller, namespace in OF_OWNERS.items():
        assert f"| `{controller}` | `{namespace}`" in page
