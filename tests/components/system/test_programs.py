"""docs/services.md: its examples as one system on each cloud, planned and judged."""

from __future__ import annotations

import copy
import re
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.manifests import external_secrets
from components.manifests.versions import Pins
from slipway.cli.selection import select
from slipway.rehearsal import Finding, Step
from slipway.settings.images import ForeignImage
from tests.rehearsed import ROOT, Rehearsed
from tests.shared import shared

DIGEST = "sha256:8f2c8d6e7a4b3c1d9e0f5a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f809"
CLOUDS = ("aws", "azure", "local")
MIRROR = "mirror.example.com/quay"
STACK: dict[str, Any] = {
    "aws": {
        "cloud": "aws",
        "region": "us-east-1",
        "account": "111122223333",
        "network": {"cidr": "10.20.0.0/16"},
        "kubernetes": {"authorizedNetworks": ["203.0.113.0/24"]},
        "deployers": ["arn:aws:iam::111122223333:role/deployer"],
        "mirrors": {"images": {"quay.example.com": MIRROR}},
    },
    "azure": {
        "cloud": "azure",
        "region": "eastus2",
        "subscription": "00000000-0000-4000-8000-000000000004",
        "tenant": "00000000-0000-4000-8000-000000000002",
        "deployers": ["00000000-0000-4000-8000-000000000005"],
        "network": {"cidr": "10.21.0.0/16"},
        "kubernetes": {"authorizedNetworks": ["203.0.113.0/24"]},
    },
    "local": {"cloud": "local"},
}


def example() -> dict[str, Any]:
    """All YAML blocks of the page, as one definition."""
    text = (ROOT / "docs" / "services.md").read_text(encoding="utf-8")
    merged: dict[str, Any] = {}
    for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL):
        for key, values in yaml.safe_load(block).items():
            merged.setdefault(key, {}).update(values)
    return merged


@shared
def planned() -> Rehearsed:
    """The example on each cloud, in a stack of staging whose systems are called like their cloud."""
    clusters = copy.deepcopy(STACK)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for room in ("components", "slipway", "__main__.py", "Pulumi.yaml", "policies"):
            (folder / room).symlink_to(ROOT / room)
        for cloud in CLOUDS:
            definition = {"title": "Shop", "owner": {"team": "shop"}, "domains": {"web": f"{cloud}.example.com"}}
            file = folder / "systems" / cloud / "system.yaml"
            file.parent.mkdir(parents=True)
            file.write_text(yaml.safe_dump({**definition, **example()}, sort_keys=False), encoding="utf-8")
            clusters[cloud]["controllers"] = {"logs": "absent", "metrics": "absent"}
            green = {"version": "2.4.0", "versions": {"catalogue": "2.4.1"}}
            clusters[cloud]["systems"] = {cloud: {"blue": {"version": "2.3.0"}, "green": green}}
        config = {"slipway:environment": "staging", "slipway:clusters": clusters}
        (folder / "Pulumi.test.yaml").write_text(yaml.safe_dump({"config": config}), encoding="utf-8")
        selection = select(folder, "test", None)
        return Rehearsed(selection.rehearse(judged=True), selection.stack)


@cache
def steps() -> dict[str, Step]:
    """The objects of the systems: `aws/Deployment/search-blue`."""
    found = [(step, step.name.partition("/")) for step in planned().plan.steps]
    return {f"{cloud}/{step.type.rsplit(':', 1)[1]}/{name}": step for step, (cloud, _, name) in found if name}


def pod(cloud: str, name: str) -> dict[str, Any]:
    return steps()[f"{cloud}/Deployment/{name}"].inputs["spec"]["template"]["spec"]


def about(kind: str) -> list[Finding]:
    return [each for each in planned().findings if kind in (each.urn or "")]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_images_of_others_are_pinned_and_pulled_with_their_login(cloud: str) -> None:
    """The same in both slots, through the cluster's mirror of the registry."""
    registry = MIRROR if cloud == "aws" else "quay.example.com"
    for slot in ("blue", "green"):
        wanted = pod(cloud, f"search-{slot}")
        assert wanted["containers"][0]["image"] == f"{registry}/vendor/search:2.11.3@{DIGEST}"
        assert wanted["imagePullSecrets"] == [{"name": f"{cloud}-supplied-vendor-login"}]
    assert "imagePullSecrets" not in pod(cloud, "catalogue-blue")


def test_a_login_is_in_the_form_that_nodes_read() -> None:
    """On clouds from the store's entry; on a cluster of one's own without a login until its owner adds it."""
    for cloud in ("aws", "azure"):
        spec = steps()[f"{cloud}/ExternalSecret/{cloud}-supplied-vendor-login"].inputs["spec"]
        assert spec["target"]["template"] == {"type": external_secrets.PULLS}
        assert [each["secretKey"] for each in spec["data"]] == [".dockerconfigjson"]
    own = steps()["local/Secret/local-supplied-vendor-login"]
    assert own.inputs["type"] == external_secrets.PULLS
    assert set(own.state["ignoreChanges"]) == {"data", "stringData"}


def test_a_service_has_a_version_of_its_own() -> None:
    """In the slot that names it, and nowhere else."""
    tags = {slot: pod("local", f"catalogue-{slot}")["containers"][0]["image"] for slot in ("blue", "green")}
    assert tags == {
        "blue": "localhost:5000/shop/catalogue:2.3.0",
        "green": "localhost:5000/shop/catalogue:2.4.1",
    }


def container(name: str) -> dict[str, Any]:
    return pod("local", f"{name}-blue")["containers"][0]


def test_programs_are_asked_as_they_can_answer() -> None:
    """By gRPC, by a command, by a connection, or not at all, with declared times over the usual ones."""
    usual = {"periodSeconds": 5, "timeoutSeconds": 3, "failureThreshold": 3}
    assert container("catalogue")["readinessProbe"] == {"httpGet": {"path": "/health", "port": "http"}, **usual}
    asked = {"grpc": {"port": 50051}}
    assert {key: each for key, each in container("orders").items() if key.endswith("Probe")} == {
        "startupProbe": {**asked, "periodSeconds": 5, "timeoutSeconds": 3, "failureThreshold": 12},
        "readinessProbe": {**asked, "periodSeconds": 2, "timeoutSeconds": 3, "failureThreshold": 2},
        "livenessProbe": {
            **asked,
            "initialDelaySeconds": 10,
            "periodSeconds": 10,
            "timeoutSeconds": 5,
            "failureThreshold": 6,
        },
    }
    assert container("relay")["readinessProbe"] == {"tcpSocket": {"port": "http"}, **usual}
    assert container("mailer")["readinessProbe"] == {"exec": {"command": ["bin/mailer", "--healthy"]}, **usual}
    assert not [key for key in container("importer") if key.endswith("Probe")]
    notes = steps()["local/Deployment/importer-blue"].inputs["metadata"]["annotations"]
    assert notes["slipway.dev/unprobed"] == "It ends when it cannot import"


def test_a_worker_has_no_address() -> None:
    """No Service in any slot, no PORT, no container port, and nobody may call it."""
    for name in ("mailer", "importer"):
        assert not [key for key in steps() if "/Service/" in key and name in key]
        assert "PORT" not in (steps()[f"local/ConfigMap/{name}-blue"].inputs.get("data") or {})
        assert not container(name).get("ports")
        assert not steps()[f"local/NetworkPolicy/{name}-blue"].inputs["spec"].get("ingress")


def test_a_program_ends_as_declared() -> None:
    """A worker has its seconds alone; what has a port is given time until gateways have noticed."""
    assert container("mailer")["lifecycle"] == {"preStop": {"exec": {"command": ["bin/mailer", "--finish"]}}}
    assert pod("local", "mailer-blue")["terminationGracePeriodSeconds"] == 120
    assert "lifecycle" not in container("importer")
    assert container("relay")["lifecycle"] == {"preStop": {"sleep": {"seconds": 10}}}
    assert pod("local", "relay-blue")["terminationGracePeriodSeconds"] == 30
    assert container("orders")["args"] == ["serve", "--grpc"]


def test_further_ports_are_open_to_those_that_need_the_service() -> None:
    """By name in the Service, by number in both network policies."""
    ports = steps()["local/Service/orders-blue"].inputs["spec"]["ports"]
    assert [(each["name"], each["port"], each["targetPort"]) for each in ports] == [
        ("http", 50051, "http"),
        ("admin", 8081, "admin"),
    ]
    (called,) = steps()["local/NetworkPolicy/orders-blue"].inputs["spec"]["ingress"]
    assert [each["port"] for each in called["ports"]] == [50051, 8081]
    calls = steps()["local/NetworkPolicy/relay-blue"].inputs["spec"]["egress"]
    assert [each["ports"][0]["port"] for each in calls] == [50051, 8081]


def test_a_service_is_addressed_as_its_clients_need_it() -> None:
    """By host and port for gRPC, by a URL with the port that is named."""
    data = steps()["local/ConfigMap/relay-green"].inputs["data"]
    assert data["ORDERS"] == "orders-green:50051"
    assert data["ORDERS_ADMIN"] == "http://orders-green:8081"


def test_the_pack_has_nothing_against_the_example() -> None:
    """On the clouds, but that these clusters have no logs; a developer's registry promises nothing about own tags."""
    said = [each for each in about("Deployment") if "::local/" not in (each.urn or "")]
    assert {each.policy for each in said} == {"service-logs"}


def test_mirrors_that_repack_images_are_asked_for_tags() -> None:
    image = ForeignImage(repository="docker.io/valkey/valkey", tag="8.1.4", digest=DIGEST)
    assert Pins(digests=False).foreign(image) == "docker.io/valkey/valkey:8.1.4"
