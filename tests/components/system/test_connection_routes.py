"""Routes of connections: the second system of docs/routes.md on each cloud, planned and judged."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest

from components.system.routes.manifests.connection_routes import PUBLISHED_HOST
from slipway.cli.selection import select
from slipway.ops.kubernetes import weights
from slipway.rehearsal import Step
from slipway.release.controller.desired_routes import CLOSED, Position, split_of
from slipway.release.controller.desired_routes import spec as spec_at
from slipway.release.objects import RouteStates
from slipway.scanners.charts.crd_validation import problems
from tests.components.system.test_routes import CLOUDS, KINDS, RELEASED, page, project
from tests.forking import forked_workers
from tests.rehearsed import Rehearsed
from tests.shared import shared

ROUTES = {
    "vault-vault.tls-443": ("vault", 8443),
    "broker-devices.tls-8883": ("broker", 8883),
    "broker.tcp-1884": ("broker", 1883),
}
"""The service and its port to which each leads."""
PASSTHROUGH = {"protocol": "TLS", "tls": {"mode": "Passthrough"}}
SAME = {"allowedRoutes": {"namespaces": {"from": "Same"}}}


@shared
def planned() -> Rehearsed:
    return rehearsed(page("Telemetry"))


@shared
def without_requests() -> Rehearsed:
    """The same system without the console, which alone answers requests of HTTP."""
    text = page("Telemetry")
    text = re.sub(r"  console:\n(    .*\n)+", "", text.replace("{console: console.example.com, ", "{"))
    assert "console" not in text
    return rehearsed(text)


def rehearsed(text: str) -> Rehearsed:
    with tempfile.TemporaryDirectory() as made:
        project(Path(made), text)
        selection = select(Path(made), "test", None)
        with forked_workers():
            return Rehearsed(selection.rehearse(policies=True), selection.stack)


def of(system: str, kind: str) -> dict[str, Step]:
    return {
        step.name.partition("/")[2]: step
        for step in planned().plan.steps
        if step.type.endswith(f":{kind}") and step.name.startswith(f"{system}/")
    }


def listeners(system: str) -> dict[str, dict[str, Any]]:
    (gateway,) = (
        step
        for step in planned().plan.steps
        if step.type == "kubernetes:gateway.networking.k8s.io/v1:Gateway" and step.inputs["metadata"]["name"] == system
    )
    return {each["name"]: each for each in gateway.inputs["spec"]["listeners"]}


def release() -> Step:
    (found,) = (step for step in planned().plan.steps if step.type == "kubernetes:slipway.dev/v1:Release")
    return found


def states() -> dict[str, RouteStates]:
    found = [RouteStates.model_validate(each) for each in release().inputs["spec"]["routes"]]
    return {each.name: each for each in found}


def schemas() -> dict[str, Any]:
    return {each["kind"]: each["schema"] for each in map(json.loads, KINDS.read_text("utf-8").splitlines())}


@pytest.mark.parametrize("system", [*CLOUDS, RELEASED])
def test_each_port_has_a_listener_of_its_protocol(system: str) -> None:
    """A domain whose connections the service decrypts has none at which the gateway would do it."""
    found = listeners(system)
    host = f"{system}.example.com"
    assert found["vault.tls-443"] == {
        "name": "vault.tls-443", "port": 443, "hostname": f"vault.{host}", **PASSTHROUGH, **SAME
    }  # fmt: skip
    assert found["devices.tls-8883"] == {
        "name": "devices.tls-8883", "port": 8883, "hostname": f"devices.{host}", **PASSTHROUGH, **SAME
    }  # fmt: skip
    assert found["tcp.1884"] == {"name": "tcp.1884", "port": 1884, "protocol": "TCP", **SAME}
    assert found.keys() - {"vault.tls-443", "devices.tls-8883", "tcp.1884"} == {"console", "console-http"}


@pytest.mark.parametrize("system", CLOUDS)
def test_connections_are_split_by_the_weights_of_slots(system: str) -> None:
    found = {**of(system, "TLSRoute"), **of(system, "TCPRoute")}
    assert found.keys() == ROUTES.keys()
    for name, step in found.items():
        (service, port), spec = ROUTES[name], step.inputs["spec"]
        assert spec["rules"] == [
            {
                "name": "by-weight",
                "backendRefs": [
                    {"name": f"{service}-blue", "port": port, "weight": 60},
                    {"name": f"{service}-green", "port": port, "weight": 40},
                ],
            }
        ]
        assert spec["parentRefs"][0]["sectionName"] in listeners(system)
        assert problems(schemas()[step.inputs["kind"]], step.inputs) == []


def test_the_record_of_a_route_without_a_host_is_made_of_its_annotation() -> None:
    (tcp,) = of("aws", "TCPRoute").values()
    assert tcp.inputs["metadata"]["annotations"][PUBLISHED_HOST] == "devices.aws.example.com"
    (tls, *_) = (step for name, step in of("aws", "TLSRoute").items() if name.startswith("broker"))
    assert tls.inputs["spec"]["hostnames"] == ["devices.aws.example.com"]
    assert PUBLISHED_HOST not in tls.inputs["metadata"]["annotations"]
    sources = [
        step.inputs["values"]["sources"]
        for step in planned().plan.steps
        if step.type == "kubernetes:helm.sh/v3:Release" and "sources" in step.inputs.get("values", {})
    ]
    assert sources
    assert all(each == ["gateway-httproute", "gateway-tcproute", "gateway-tlsroute"] for each in sources)


@pytest.mark.parametrize(
    ("at", "shares"),
    [
        (Position(False, (100, 0)), [100, 0]),
        (Position(False, (0, 100)), [0, 100]),
        (Position(False, (70, 30)), [70, 30]),
        (CLOSED, [0, 0]),
    ],
)
def test_the_controller_moves_them_with_all_routes(at: Position, shares: list[int]) -> None:
    """Closed, no backend has a weight, and Envoy Gateway leaves backends of weight 0 out."""
    found = {name: each for name, each in states().items() if each.kind != "HTTPRoute"}
    assert {name: each.kind for name, each in found.items()} == {
        name: "TLSRoute" if "tls" in name else "TCPRoute" for name in ROUTES
    }
    for name, each in found.items():
        spec = spec_at(each, at)
        assert [backend["weight"] for backend in spec["rules"][0]["backendRefs"]] == shares, name
        assert split_of(spec) == (None if at.closed else at)
        assert problems(schemas()[each.kind]["properties"]["spec"], spec) == []
        live = {"metadata": {"name": name}, "spec": spec}
        assert weights._is_entry(live)
        assert weights._weights(live) == (None if at.closed else at.by_slot)


def test_each_service_lets_the_gateway_in_at_the_ports_that_routes_lead_to() -> None:
    for service, ports in (("broker", {1883, 8883}), ("vault", {8443})):
        policy = next(
            step
            for name, step in of("local", "NetworkPolicy").items()
            if step.inputs["spec"]["podSelector"]["matchLabels"].get("app.kubernetes.io/name") == service
        )
        admitted = {
            port["port"]
            for rule in policy.inputs["spec"]["ingress"]
            if "envoy-gateway-system" in json.dumps(rule["from"])
            for port in rule["ports"]
        }
        assert admitted == ports, service


@pytest.mark.parametrize("system", [*CLOUDS, RELEASED])
def test_only_the_networks_of_a_route_may_connect(system: str) -> None:
    """The policy is for the listener, so that it holds whichever slot has the connections, and in maintenance."""
    (policy,) = (step for name, step in of(system, "SecurityPolicy").items() if name == "broker.tcp-1884")
    assert policy.inputs["spec"] == {
        "targetRefs": [
            {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": system, "sectionName": "tcp.1884"}
        ],
        "authorization": {
            "defaultAction": "Deny",
            "rules": [{"name": "allowed", "action": "Allow", "principal": {"clientCIDRs": ["203.0.113.0/24"]}}],
        },
    }
    (after,) = (release(),) if system == RELEASED else of(system, "TCPRoute").values()
    assert policy.urn in after.dependencies


def test_ports_that_are_open_to_the_internet_are_findings_and_443_and_those_with_networks_are_none() -> None:
    """The rule is advisory for no cluster of this stack, which is of staging."""
    found = [each for each in planned().findings if "open-ingress" in each.policy]
    assert len(found) == len([*CLOUDS, RELEASED])
    assert {each.urn.rpartition("::")[2].partition("/")[0] for each in found} == {*CLOUDS, RELEASED}
    assert all("is open to the whole internet beyond the gateway's ports" in each.message for each in found)
    assert not [each for each in planned().findings if "splits traffic" in each.message]


def test_a_system_of_connections_alone_has_no_token_of_smoke_tests() -> None:
    """No request could show it, so the Secret would be one that nothing uses, and the policy pack would refuse the system."""
    assert _tokens(planned()) == {*CLOUDS, RELEASED}
    assert _tokens(without_requests()) == set()
    assert not [each.message for each in without_requests().findings if each.policy == "unused-secret"]


def _tokens(found: Rehearsed) -> set[str]:
    return {each.name.partition("/")[0] for each in found.plan.steps if each.name.endswith("/smoke-test-pass")}
