"""The controller of releases in a plan: two pods with few rights, there before the first system."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from components.cluster.monitoring.manifests.alerting import controller_alerts as alerts
from components.manifests.controller_rights import FILE
from slipway.rehearsal import Plan, Step
from slipway.release.controller import metrics
from slipway.release.controller.settings import from_environment
from tests.components.system.release.stack import IMAGE, SYSTEMS, released

CORE, RBAC = "kubernetes:core/v1", "kubernetes:rbac.authorization.k8s.io/v1"
NAMESPACE = "slipway-releases"


def one(plan: Plan, type_: str, name: str = "main/releases-controller") -> Step:
    (found,) = [step for step in plan.steps if (step.type, step.name) == (type_, name)]
    return found


@pytest.fixture(scope="module")
def plan() -> Plan:
    return released()


def template(plan: Plan) -> dict[str, Any]:
    return one(plan, "kubernetes:apps/v1:Deployment").inputs["spec"]["template"]


def test_it_is_there_before_the_first_system(plan: Plan) -> None:
    """The provider of the systems' objects waits for kinds, policies and pods."""
    release = next(step for step in plan.steps if step.type.endswith(":Release") and "slipway.dev" in step.type)
    provider = plan.by_urn[release.provider.rpartition("::")[0]]
    waited = {plan.by_urn[urn].name for urn in provider.dependencies}
    assert {"main/releases-controller", "main/releases", "main/approvals", "main/approvals.slipway.dev"} <= waited


def test_two_spread_pods_and_one_may_be_evicted(plan: Plan) -> None:
    deployment = one(plan, "kubernetes:apps/v1:Deployment").inputs["spec"]
    assert deployment["replicas"] == 2
    assert {each["topologyKey"] for each in template(plan)["spec"]["topologySpreadConstraints"]} == {
        "topology.kubernetes.io/zone",
        "kubernetes.io/hostname",
    }
    assert one(plan, "kubernetes:policy/v1:PodDisruptionBudget").inputs["spec"]["maxUnavailable"] == 1


def test_its_container_can_write_nothing_but_a_scratch_folder(plan: Plan) -> None:
    (container,) = template(plan)["spec"]["containers"]
    assert container["image"] == IMAGE
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert {each["mountPath"] for each in container["volumeMounts"] if not each.get("readOnly")} == {"/tmp"}
    assert {"requests", "limits"} == container["resources"].keys()
    assert all(container[f"{kind}Probe"] for kind in ("startup", "readiness", "liveness"))


def test_its_environment_is_one_that_its_own_code_takes(plan: Plan) -> None:
    (container,) = template(plan)["spec"]["containers"]
    environment = {each["name"]: each.get("value", "from the pod") for each in container["env"]}
    settings = from_environment(environment)
    assert settings.prometheus == "http://prometheus-operated.monitoring.svc:9090"
    assert str(settings.addresses) in {each["mountPath"] for each in container["volumeMounts"]}
    assert settings.port == container["ports"][0]["containerPort"]


def test_messages_have_the_names_of_files_that_its_own_code_reads(plan: Plan) -> None:
    (addresses,) = [each for each in template(plan)["spec"]["volumes"] if each["name"] == "addresses"]
    files = {each["secret"]["items"][0]["path"] for each in addresses["projected"]["sources"]}
    assert {"email", "chat"} <= files <= {"email", "chat", "pager", "status-page"}
    assert all(each["secret"]["optional"] for each in addresses["projected"]["sources"])


def test_it_has_the_rights_that_its_own_code_lists_and_no_others(plan: Plan) -> None:
    """Over the whole cluster it finds Releases; a Secret it reads by name alone."""
    listed = yaml.safe_load(FILE.read_text())
    roles = {
        "cluster": one(plan, f"{RBAC}:ClusterRole"),
        "own": one(plan, f"{RBAC}:Role"),
        **{f"system {name}": one(plan, f"{RBAC}:Role", f"{name}/release-controller") for name in SYSTEMS},
    }
    for place, role in roles.items():
        wanted = listed[place.partition(" ")[0]]
        found = [(each["apiGroups"], each["resources"], each["verbs"]) for each in role.inputs["rules"]]
        assert found == [([each["group"]], each["resources"], each["verbs"]) for each in wanted]
        for rule in role.inputs["rules"]:
            assert "secrets" not in rule["resources"] or rule["resourceNames"]
    assert [each["resources"] for each in roles["cluster"].inputs["rules"]] == [["releases"]]


def test_only_prometheus_calls_it(plan: Plan) -> None:
    """And it calls the API server, Prometheus, the proxies, and the internet for messages and images."""
    policy = one(plan, "kubernetes:networking.k8s.io/v1:NetworkPolicy").inputs["spec"]
    (ingress,) = policy["ingress"]
    assert ingress["from"] == [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}]
    ports = {port["port"] for rule in policy["egress"] for port in rule["ports"]}
    assert ports == {443, 6443, 9090, 10080, 10443, 465, 587}


def test_the_gateway_has_a_name_that_stays(plan: Plan) -> None:
    service = one(plan, f"{CORE}:Service", "main/slipway-gateway").inputs
    assert service["metadata"]["namespace"] == "envoy-gateway-system"
    assert {each["port"]: each["targetPort"] for each in service["spec"]["ports"]} == {80: 10080, 443: 10443}
    for system in SYSTEMS:
        (release,) = [
            step for step in plan.steps if (step.type, step.name) == ("kubernetes:slipway.dev/v1:Release", system)
        ]
        assert release.inputs["spec"]["gateway"] == "slipway-gateway.envoy-gateway-system.svc:443"


def test_alerts_read_metrics_that_it_has() -> None:
    """With their labels' names as its own code registers them."""
    families = {each.name for each in metrics.Metrics().registry.collect()}
    read = {word for rule in alerts.alerts() for word in re.findall(r"slipway_release_\w+", rule.expr)}
    named = {each.removesuffix("_total") for each in read}
    assert len(named) >= 4
    assert named <= families


def test_people_steer_and_approve_but_change_no_spec(plan: Plan) -> None:
    """Operators patch Releases; the right on `releases/spec`, which the admission policy asks for, nobody has."""
    for role in (step for step in plan.steps if step.type == f"{RBAC}:Role"):
        for rule in role.inputs["rules"]:
            assert "releases/spec" not in rule["resources"]
            assert "*" not in rule["resources"]
    approvers = one(plan, f"{RBAC}:Role", "fleet/approvers").inputs["rules"]
    assert {(tuple(each["resources"]), tuple(each["verbs"])) for each in approvers} == {
        (("releases", "approvals"), ("get", "list", "watch")),
        (("approvals",), ("create",)),
    }
