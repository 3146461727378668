"""Controllers that the cluster's owner runs: a plan is whole, pleases the pack, and uses what is there."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from slipway.rehearsal import Plan, Step
from slipway.settings.cluster_services import API_GROUPS, NAMESPACES, Controllers
from tests.rehearsed import ROOT, Rehearsed, rehearsed_with

NAMES = tuple(Controllers.model_fields)
RELEASE, NAMESPACE = "kubernetes:helm.sh/v3:Release", "kubernetes:core/v1:Namespace"
OWN_CHARTS = {"vector"}
"""What reads the pods' logs is no controller of the cluster's."""
OF_OWNERS: dict[str, dict[str, Any]] = {
    "gateway": {"namespace": "entrance", "pods": {"app.kubernetes.io/component": "proxy"}},
    "certificates": {"namespace": "certificates", "account": "signer"},
    "dns": {"namespace": "records"},
    "metrics": {
        "namespace": "observability",
        "pods": {"app.kubernetes.io/name": "prometheus"},
        "labels": {"release": "owned"},
        "prober": "prober.observability.svc:9115",
    },
    "databases": {"namespace": "operators"},
    "scaling": {"namespace": "scalers"},
}
"""Where the cluster's owner runs what is `present`, none of it where Slipway would install it."""
SYSTEMS = {"aws": ("marketplace", "kingstons"), "azure": ("fleet",), "local": ("expenses",)}
"""With databases, a queue, sites and alerts of their own, on each cloud."""
POD_IDENTITY = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
FEDERATED = "azure-native:managedidentity:FederatedIdentityCredential"
IDENTITIES = ("aws:iam/role:Role", "azure-native:managedidentity:UserAssignedIdentity")
LISTED_BY_STACK = {"data-residence", "iam-trust", "image-registries"}
"""Rules that want the accounts of each stack by its name, which is another one here."""


def stack(clouds: str) -> dict[str, Any]:
    """Production's clusters, or the local one, with few systems, and all their controllers run by their owner."""
    file = yaml.safe_load((ROOT / f"Pulumi.{'prod' if clouds == 'public' else 'local'}.yaml").read_text())
    for cluster in file["config"]["slipway:clusters"].values():
        cluster["controllers"] = dict.fromkeys(NAMES, "present")
        cluster["present"] = copy.deepcopy(OF_OWNERS)
        # The registry of another stack, in which tags could be moved.
        cluster["releases"]["image"] += f"@sha256:{'0' * 64}"
        cluster["systems"] = {name: cluster["systems"][name] for name in SYSTEMS[cluster["cloud"]]}
        _take_away_without_effect(cluster)
    return file


def _take_away_without_effect(cluster: dict[str, Any]) -> None:
    """Take away what is refused beside controllers of others, and on a cluster of one's own."""
    cluster.get("monitoring", {}).pop("alerting", None)
    for key in ("hold", "registry"):
        cluster["releases"].pop(key, None)
    if cluster["cloud"] == "local":
        del cluster["controllers"]["dns"], cluster["controllers"]["secrets"]
        del cluster["present"]["dns"], cluster["present"]["certificates"]["account"]


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
    return {"scaling", "mongodb", *({"databases"} if run.clouds == "public" else {"secrets", "queues"})}


def test_a_database_whose_operator_is_there_is_awaited(run: Run) -> None:
    clusters = [each for each in looked_after(run.plan)["databases"] if each.inputs["kind"] == "Cluster"]
    awaited = {each.inputs["metadata"]["annotations"].get("pulumi.com/waitFor") for each in clusters}
    assert awaited == ({"condition=Ready"} if run.clouds == "local" else set())


def test_every_object_has_a_namespace(run: Run) -> None:
    """One that the plan makes, or the owner's, where a page says so."""
    spaces = {step.inputs["metadata"]["name"] for step in run.plan.steps if step.type == NAMESPACE}
    used = {step.inputs["metadata"].get("namespace") for step in run.plan.steps if _namespaced(step)}
    assert used - spaces - {None, "default", "kube-system"} == {
        OF_OWNERS[name]["namespace"] for name in ("gateway", "certificates", "metrics")
    }


def _namespaced(step: Step) -> bool:
    return step.package == "kubernetes" and "metadata" in step.inputs and step.type != RELEASE


def test_nothing_is_made_for_charts_of_others(run: Run) -> None:
    """Logins, routes and receivers of a Grafana and an Alertmanager that are not Slipway's."""
    names = {step.name.rsplit("/", 1)[-1] for step in run.plan.steps}
    assert names.isdisjoint({"grafana", "grafana-login", "alertmanager-routes", "monitoring-main-supplied"})


def test_who_writes_records_has_an_identity(run: Run) -> None:
    """external-dns and cert-manager of the cluster's owner, in each cloud, by namespace and service account."""
    roles = {step.name for step in run.plan.steps if step.type in IDENTITIES and "external-dns" in step.name}
    assert roles == ({"main-external-dns", "fleet-external-dns"} if run.clouds == "public" else set())
    bound = {(each.inputs["namespace"], each.inputs["serviceAccount"]) for each in _of_type(run, POD_IDENTITY)}
    subjects = {each.inputs["subject"] for each in _of_type(run, FEDERATED)}
    if run.clouds == "public":
        assert bound >= {("records", "external-dns"), ("certificates", "signer")}
        assert subjects >= {f"system:serviceaccount:{each}" for each in ("records:external-dns", "certificates:signer")}


def test_nothing_refers_to_where_slipway_would_install_them(run: Run) -> None:
    homes = "|".join(NAMESPACES.values())
    referred = re.compile(
        rf'"(namespace|kubernetes.io/metadata.name)": "({homes})"|\.({homes})\.svc|metadata.name=({homes})\b'
    )
    texts = {step.urn: json.dumps(step.inputs, default=str) for step in run.plan.steps}
    assert [urn for urn, text in texts.items() if referred.search(text)] == []


def test_prometheus_selects_every_monitor_probe_and_rule(run: Run) -> None:
    """Also those of charts that Slipway installs."""
    chosen = OF_OWNERS["metrics"]["labels"].items()
    monitors = looked_after(run.plan)["metrics"]
    assert {each.inputs["kind"] for each in monitors} >= {"PodMonitor", "Probe", "PrometheusRule"}
    assert [each.urn for each in monitors if not each.inputs["metadata"]["labels"].items() >= chosen] == []
    (vector,) = {json.dumps(each.inputs["values"]["podMonitor"]["additionalLabels"]) for each in _of_type(run, RELEASE)}
    assert json.loads(vector).items() >= chosen
    probers = {each.inputs["spec"]["prober"]["url"] for each in monitors if each.inputs["kind"] == "Probe"}
    assert probers == {OF_OWNERS["metrics"]["prober"]}


def test_policies_let_in_the_owners_pods_alone(run: Run) -> None:
    """By namespace and by labels, where the stack has them."""
    let_in = {json.dumps(peer, sort_keys=True) for peer in _peers(run) if "namespaceSelector" in peer}
    for name in ("gateway", "metrics"):
        home = OF_OWNERS[name]
        place = {"matchLabels": {"kubernetes.io/metadata.name": home["namespace"]}}
        whole = {"namespaceSelector": place, "podSelector": {"matchLabels": home["pods"]}}
        assert json.dumps(whole, sort_keys=True) in let_in
        assert json.dumps({"namespaceSelector": place}, sort_keys=True) not in let_in


def _peers(run: Run) -> Iterator[dict[str, Any]]:
    for step in _of_type(run, "kubernetes:networking.k8s.io/v1:NetworkPolicy"):
        for rule in step.inputs["spec"].get("ingress", ()):
            yield from rule.get("from", ())


def _of_type(run: Run, kind: str) -> list[Step]:
    return [step for step in run.plan.steps if step.type == kind]
