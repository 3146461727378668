"""Receivers of alerts, in a stack whose two clusters both have all of them, and a system each."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from slipway.rehearsal import Plan
from tests.components.clouds.planned import one
from tests.rehearsed import ROOT, planned_with

EVERYBODY = {"slack": True, "pagerduty": True, "smtp": "smtp.example.com:587", "deadManSwitch": True}
KEYS = {"SLACK_URL", "PAGERDUTY_KEY", "SMTP_PASSWORD", "DEAD_MAN_URL"}
RELEASE = "kubernetes:helm.sh/v3:Release"
SYSTEMS = ("marketplace", "fleet")
"""Of each cluster one, the first with a queue."""


@pytest.fixture(scope="module")
def planned() -> Plan:
    """`staging` with everything switched on."""
    stack: dict[str, Any] = yaml.safe_load((ROOT / "Pulumi.staging.yaml").read_text())
    for cluster in stack["config"]["slipway:clusters"].values():
        cluster["systems"] = {name: each for name, each in cluster["systems"].items() if name in SYSTEMS}
        cluster["monitoring"] = {"alerting": dict(EVERYBODY)}
        cluster["mirrors"] = {"charts": "mirror.example.com/charts", "images": {"docker.io": "mirror.example.com/hub"}}
    return planned_with("loud", stack)


def test_receivers_read_what_their_owner_fills(planned: Plan) -> None:
    """An entry and a Secret a key in each cluster; Alertmanager finds them as files, and starts without those that nobody
    filled yet: one that is missing silences no other receiver."""
    for cluster in ("main", "fleet"):
        secrets = {key: f"monitoring-{cluster}-supplied-{key.lower().replace('_', '-')}" for key in KEYS}
        for key, name in secrets.items():
            found = one(planned, "kubernetes:external-secrets.io/v1:ExternalSecret", f"monitoring-{cluster}/{name}")
            assert found.inputs["metadata"]["namespace"] == "monitoring"
            assert [each["secretKey"] for each in found.inputs["spec"]["data"]] == [key]
        values = one(planned, RELEASE, f"{cluster}/kube-prometheus-stack").inputs["values"]
        spec = values["alertmanager"]["alertmanagerSpec"]
        sources = [source["secret"] for source in spec["volumes"][0]["projected"]["sources"]]
        assert {each["name"] for each in sources} == set(secrets.values())
        assert all(each["optional"] for each in sources)
        assert spec["volumeMounts"][0]["mountPath"] == "/etc/alertmanager/receivers"
        assert spec["configSecret"] == "alertmanager-routes"


def test_everything_comes_from_the_mirrors(planned: Plan) -> None:
    """Charts from one registry, images of Docker Hub from another place."""
    charts = {step.inputs["chart"] for step in planned.steps if step.type == RELEASE}
    assert {chart.rsplit("/", 1)[0] for chart in charts} == {"oci://mirror.example.com/charts"}
    proxy = one(planned, "kubernetes:gateway.envoyproxy.io/v1alpha1:EnvoyProxy", "main/slipway").inputs["spec"]
    image = proxy["provider"]["kubernetes"]["envoyDeployment"]["container"]["image"]
    assert image.startswith("mirror.example.com/hub/envoyproxy/envoy:")


def test_objects_of_systems_wait_for_controllers(planned: Plan) -> None:
    """Their provider depends on every chart of the controllers."""
    waits = {
        planned.by_urn[urn].name for urn in one(planned, "pulumi:providers:kubernetes", "main-systems").dependencies
    }
    for chart in ("envoy-gateway", "cert-manager", "external-dns", "external-secrets", "rabbitmq-cluster-operator"):
        assert f"main/{chart}" in waits
