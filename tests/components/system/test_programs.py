"""docs/services.md, docs/scaling.md and docs/flags.md: their examples as one system on each cloud, planned and judged."""

from __future__ import annotations

import copy
import json
import re
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.manifests import external_secrets, namespace
from components.manifests.scope import Scope
from components.manifests.versions import Pins
from components.system.slot.manifests.container_files import Mounted, PodFiles
from slipway.cli.selection import select
from slipway.rehearsal import Finding, Step
from slipway.settings.images import ForeignImage
from tests.forking import forked_workers
from tests.rehearsed import ROOT, Rehearsed
from tests.shared import shared
from tests.unwatched import unwatched

DIGEST = "sha256:8f2c8d6e7a4b3c1d9e0f5a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f809"
CLOUDS = ("aws", "azure", "local")
PAGES = ("services.md", "scaling.md", "flags.md")
POOLS = "nodePools"
WORDS = "umbrella\nboots\n"
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
    """All YAML blocks of the pages, as one definition."""
    text = "".join((ROOT / "docs" / page).read_text(encoding="utf-8") for page in PAGES)
    merged: dict[str, Any] = {}
    for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL):
        for key, values in yaml.safe_load(block).items():
            if key == POOLS:
                continue
            merged.setdefault(key, {}).update(values)
    return merged


def node_pools(cloud: str) -> dict[str, Any]:
    """The cluster's part of docs/scaling.md; the nodes of a cluster of one's own have no sizes."""
    text = (ROOT / "docs" / "scaling.md").read_text(encoding="utf-8")
    (block,) = [each for each in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if each.startswith(POOLS)]
    sizes = ("maximum", "cpu", "memory") if cloud == "local" else ()
    return {
        name: {key: value for key, value in pool.items() if key not in sizes}
        for name, pool in yaml.safe_load(block)[POOLS].items()
    }


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
            (file.parent / "files").mkdir()
            (file.parent / "files" / "words.txt").write_text(WORDS, encoding="utf-8")
            file.write_text(yaml.safe_dump({**definition, **example()}, sort_keys=False), encoding="utf-8")
            clusters[cloud] |= unwatched()
            clusters[cloud]["releases"] = {"prometheus": "https://figures.example.com"}
            clusters[cloud][POOLS] = node_pools(cloud)
            green = {"version": "2.4.0", "versions": {"catalogue": "2.4.1"}}
            clusters[cloud]["systems"] = {cloud: {"blue": {"version": "2.3.0"}, "green": green}}
        config = {"slipway:environment": "staging", "slipway:clusters": clusters}
        (folder / "Pulumi.test.yaml").write_text(yaml.safe_dump({"config": config}), encoding="utf-8")
        selection = select(folder, "test", None)
        with forked_workers():
            return Rehearsed(selection.rehearse(policies=True), selection.stack)


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
    assert container("mailer")["lifecycle"]["preStop"] == {"exec": {"command": ["bin/mailer", "--finish"]}}
    assert pod("local", "mailer-blue")["terminationGracePeriodSeconds"] == 120
    assert "lifecycle" not in container("importer")
    assert container("relay")["lifecycle"] == {"preStop": {"sleep": {"seconds": 10}}}
    assert pod("local", "relay-blue")["terminationGracePeriodSeconds"] == 30
    assert container("orders")["args"] == ["serve", "--grpc"]


def test_a_command_runs_at_the_start() -> None:
    """In the container of the service alone, beside the hook of its end."""
    assert container("mailer")["lifecycle"]["postStart"] == {"exec": {"command": ["bin/mailer", "--load-templates"]}}
    assert "postStart" not in container("relay")["lifecycle"]


def called_by(name: str) -> set[str]:
    """Whom the network policy of a service lets it call, among services."""
    rules = steps()[f"local/NetworkPolicy/{name}-blue"].inputs["spec"]["egress"]
    peers = [
        peer["podSelector"]["matchLabels"] for rule in rules for peer in rule.get("to", ()) if "podSelector" in peer
    ]
    assert all(peer["slipway.dev/slot"] == "blue" for peer in peers if "slipway.dev/slot" in peer)
    return {peer["app.kubernetes.io/name"] for peer in peers if "slipway.dev/slot" in peer}


def callers_of(name: str) -> set[str]:
    rules = steps()[f"local/NetworkPolicy/{name}-blue"].inputs["spec"].get("ingress", ())
    peers = [peer["podSelector"]["matchLabels"] for rule in rules for peer in rule["from"] if "podSelector" in peer]
    return {peer["app.kubernetes.io/name"] for peer in peers}


def test_a_reference_or_calls_are_permissions_and_needs_is_none() -> None:
    """On both sides of a call, also of two services that call each other, and of one that calls itself."""
    assert called_by("stock") == {"prices"}
    assert called_by("prices") == {"stock", "prices"}
    assert called_by("basket") == {"search"}
    assert callers_of("catalogue") == set()
    assert callers_of("stock") == {"prices", "gate"}
    assert callers_of("prices") == {"stock", "prices"}


def test_needs_is_the_start_order() -> None:
    by_urn = planned().plan.by_urn
    waited = {by_urn[urn].name for urn in steps()["local/Deployment/stock-blue"].dependencies if "Deployment" in urn}
    assert waited == {"local/catalogue-blue"}


def test_further_ports_are_open_to_those_that_call_the_service() -> None:
    """By name in the Service, by number in both network policies."""
    ports = steps()["local/Service/orders-blue"].inputs["spec"]["ports"]
    assert [(each["name"], each["port"], each["targetPort"]) for each in ports] == [
        ("http", 50051, "http"),
        ("admin", 8081, "admin"),
    ]
    (called,) = steps()["local/NetworkPolicy/orders-blue"].inputs["spec"]["ingress"]
    assert [each["port"] for each in called["ports"]] == [50051, 8081]
    calls = steps()["local/NetworkPolicy/relay-blue"].inputs["spec"]["egress"]
    flags = [8013, 8016]
    assert [each["ports"][0]["port"] for each in calls] == [50051, 8081, *flags]


def test_a_service_is_addressed_as_its_clients_need_it() -> None:
    """By host and port for gRPC, by a URL with the port that is named."""
    data = steps()["local/ConfigMap/relay-green"].inputs["data"]
    assert data["ORDERS"] == "orders-green:50051"
    assert data["ORDERS_ADMIN"] == "http://orders-green:8081"


def variables(name: str) -> dict[str, Any]:
    return {each["name"]: each for each in container(name)["env"]}


def test_a_composed_text_has_its_secrets_from_their_secret() -> None:
    """Each is a variable before the text that names it; what is no secret is there already."""
    found = variables("basket")
    assert found["DATABASE_URL"]["value"].startswith(
        "postgresql://$(DATABASE_URL.1):$(DATABASE_URL.3)@$(DATABASE_URL.5)"
    )
    assert found["DATABASE_URL"]["value"].endswith("?sslmode=require&pool_max_conns=4")
    names = re.findall(r"\$\((DATABASE_URL\.\d+)\)", found["DATABASE_URL"]["value"])
    keys = [found[name]["valueFrom"]["secretKeyRef"] for name in names]
    assert [each["key"] for each in keys] == ["user", "password", "host", "port", "name"]
    assert {each["name"] for each in keys} == {"shop-db-app"}
    order = list(found)
    assert max(order.index(name) for name in names) < order.index("DATABASE_URL")
    data = steps()["local/ConfigMap/basket-blue"].inputs["data"]
    assert data["SEARCH_URL"] == "http://search-blue:7700/indexes/shop-blue"
    assert "DATABASE_URL" not in data


def test_a_change_of_a_composed_secret_restarts_the_pods() -> None:
    notes = steps()["local/Deployment/basket-blue"].inputs["metadata"]["annotations"]
    assert notes["secret.reloader.stakater.com/reload"] == "shop-db-app"


def test_a_pod_tells_of_itself() -> None:
    """By its fields and its container's limits, alone and in a text with braces of its own."""
    found = variables("basket")
    assert found["POD_IP"]["valueFrom"] == {"fieldRef": {"fieldPath": "status.podIP"}}
    assert found["GOMEMLIMIT"]["valueFrom"] == {"resourceFieldRef": {"resource": "limits.memory"}}
    (part,) = re.findall(r"\$\((.*?)\)", found["LABEL"]["value"])
    assert found["LABEL"]["value"] == f"basket {{$({part})}}"
    assert found[part]["valueFrom"] == {"fieldRef": {"fieldPath": "metadata.name"}}


def beside(cloud: str, name: str) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in pod(cloud, name)["initContainers"]}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_sidecars_start_before_what_ends_before_the_service(cloud: str) -> None:
    """Kubernetes keeps those running that always restart; the others have the slot's version of the service's image."""
    found = beside(cloud, "ledger-green")
    assert [(name, each.get("restartPolicy")) for name, each in found.items()] == [("proxy", "Always"), ("warm", None)]
    registry = MIRROR if cloud == "aws" else "quay.example.com"
    assert found["proxy"]["image"] == f"{registry}/vendor/proxy:3.2.0@{DIGEST}"
    assert found["warm"]["image"] == pod(cloud, "ledger-green")["containers"][0]["image"]
    assert found["warm"]["image"].endswith("/shop/ledger:2.4.0")


def test_a_sidecar_is_asked_by_itself() -> None:
    """Its start is part of what a pod's may take."""
    assert steps()["local/Deployment/ledger-blue"].inputs["spec"]["progressDeadlineSeconds"] == 120 + 120 + 300
    found = beside("local", "ledger-blue")
    assert found["proxy"]["readinessProbe"]["tcpSocket"] == {"port": 9000}
    assert {"startupProbe", "livenessProbe"} < found["proxy"].keys()
    assert not [key for key in found["warm"] if key.endswith("Probe")]


def test_containers_of_a_pod_have_the_same_rights_and_folders_and_their_own_variables() -> None:
    """Nothing of the service's is in their environment; a user of their own is one of the container."""
    found, own = beside("local", "ledger-blue"), container("ledger")
    assert found["proxy"]["securityContext"] == {**own["securityContext"], "runAsUser": 10002, "runAsGroup": 10002}
    assert found["warm"]["securityContext"] == own["securityContext"]
    folders = [each for each in found["proxy"]["volumeMounts"] if each["name"] != "files"]
    assert found["warm"]["volumeMounts"] == folders == own["volumeMounts"]
    assert [each["name"] for each in found["warm"]["env"]] == ["DATABASE_URL"]
    assert not found["proxy"].get("env")
    assert not any(each.get("envFrom") for each in found.values())


def test_what_a_container_beside_refers_to_counts_for_the_pod() -> None:
    """Network, order, and the restart after a change of a secret."""
    steps_of = steps()
    created = steps_of["local/Deployment/ledger-blue"]
    by_urn = planned().plan.by_urn
    assert "local/shop-db-roles" in {by_urn[urn].name for urn in created.dependencies}
    assert created.inputs["metadata"]["annotations"]["secret.reloader.stakater.com/reload"] == "shop-db-app"
    calls = steps_of["local/NetworkPolicy/ledger-blue"].inputs["spec"]["egress"]
    assert 5432 in {port["port"] for rule in calls for port in rule["ports"]}


def test_the_quota_has_room_for_every_container() -> None:
    """Two slots at their maximum with surge pods: 6 and 2 pods of a tenth of a core and of 50m beside it."""
    definition = planned().stack.clusters["local"].systems["local"].definition
    without = definition.model_copy(
        update={
            "services": {
                name: each.model_copy(update={"init": {}, "sidecars": {}}) for name, each in definition.services.items()
            }
        }
    )
    scope = Scope("local", "local")
    both = [namespace.quota(scope, definition=each).spec.hard for each in (definition, without)]  # type: ignore[union-attr]
    millicores = [int(each["requests.cpu"].removesuffix("m")) for each in both]  # type: ignore[index]
    assert millicores[0] - millicores[1] == 2 * (6 + 2) * (100 + 50)
    assert both[0]["pods"] == both[1]["pods"]  # type: ignore[index]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_files_are_in_a_config_map_and_secrets_in_their_secret(cloud: str) -> None:
    """Each at its path with its mode, read-only; no secret is in the ConfigMap."""
    found = pod(cloud, "gate-blue")
    volumes = {each["name"]: each for each in found["volumes"]}
    mounts = {each["mountPath"]: each for each in found["containers"][0]["volumeMounts"]}
    data = steps()[f"{cloud}/ConfigMap/gate-blue-files"].inputs["data"]
    shared = {each["path"]: each["mode"] for each in volumes["files"]["configMap"]["items"]}
    modes, contents = {}, {}
    for path in ("/etc/gate/gate.toml", "/etc/gate/words.txt", "/etc/gate/start.sh"):
        mount = mounts[path]
        assert (mount["name"], mount["readOnly"]) == ("files", True)
        modes[path], contents[path] = shared[mount["subPath"]], data[mount["subPath"]]
    assert list(modes.values()) == [0o444, 0o444, 0o555]
    assert contents["/etc/gate/words.txt"] == WORDS
    assert contents["/etc/gate/gate.toml"] == "[listen]\nport = 8443\n"
    upstream = data[mounts["/etc/gate/upstream.conf"]["subPath"]]
    assert upstream == "upstream stock-blue:3000  # 2.3.0\n"
    assert len(data) == 4
    key = volumes[mounts["/etc/gate/tls/key.pem"]["name"]]["secret"]
    assert key["secretName"] == f"{cloud}-supplied-gate-key"
    assert [(each["key"], each["mode"]) for each in key["items"]] == [("GATE_KEY", 0o440)]
    assert volumes["files"]["configMap"]["name"] == "gate-blue-files"


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("slot", ["blue", "green"])
def test_each_slot_has_files_of_its_own(cloud: str, slot: str) -> None:
    """Their pods refer to the ConfigMap of their slot, and to the same Secret."""
    volumes = {each["name"]: each for each in pod(cloud, f"gate-{slot}")["volumes"]}
    assert volumes["files"]["configMap"]["name"] == f"gate-{slot}-files"
    assert f"{cloud}/ConfigMap/gate-{slot}-files" in steps()
    secrets = {each["secret"]["secretName"] for each in volumes.values() if "secret" in each}
    assert secrets == {f"{cloud}-generated", f"{cloud}-supplied-gate-key"}


def test_a_container_has_its_own_files_alone() -> None:
    """Not those of the service beside it, in the same ConfigMap."""
    found = pod("local", "ledger-blue")
    paths = {
        each["name"]: {mount["mountPath"] for mount in each["volumeMounts"]}
        for each in (*found["initContainers"], *found["containers"])
    }
    scratch = {"/tmp", "/var/cache/ledger"}
    assert paths == {"proxy": {*scratch, "/etc/proxy/proxy.yaml"}, "warm": scratch, "ledger": scratch}
    (text,) = steps()["local/ConfigMap/ledger-blue-files"].inputs["data"].values()
    assert text == "timeout: 5s\n"


def test_services_without_files_have_no_further_objects() -> None:
    assert "local/ConfigMap/orders-blue-files" not in steps()
    notes = steps()["local/Deployment/orders-blue"].inputs["spec"]["template"]["metadata"]["annotations"]
    assert set(notes) == {"slipway.dev/config"}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_no_secret_is_in_a_config_map(cloud: str) -> None:
    """Neither one that is generated nor one that is supplied: only Secrets have their keys, and pods refer to those."""
    found = [step for key, step in steps().items() if key.startswith(f"{cloud}/ConfigMap/gate-")]
    assert len(found) == 4
    for step in found:
        assert "GATE_KEY" not in str(step.inputs)
        assert "GATE_COOKIES" not in str(step.inputs)
    volumes = {each["name"]: each for each in pod(cloud, "gate-blue")["volumes"]}
    mounts = {each["mountPath"]: each for each in pod(cloud, "gate-blue")["containers"][0]["volumeMounts"]}
    generated = volumes[mounts["/run/secrets/cookies"]["name"]]["secret"]
    assert [(each["key"], each["mode"]) for each in generated["items"]] == [("GATE_COOKIES", 0o444)]


def test_a_change_of_a_file_restarts_the_pods() -> None:
    """By a checksum of what is in the ConfigMap, and by Reloader for a secret; the Deployment waits for the ConfigMap."""
    created, by_urn = steps()["local/Deployment/gate-blue"], planned().plan.by_urn
    notes = created.inputs["metadata"]["annotations"]
    assert notes["secret.reloader.stakater.com/reload"] == "local-generated,local-supplied-gate-key"
    assert "slipway.dev/files" in created.inputs["spec"]["template"]["metadata"]["annotations"]
    assert "local/gate-blue-files" in {by_urn[urn].name for urn in created.dependencies}
    one, other = (PodFiles("x", [Mounted("a", "/b", 0o444, "k", content=text)]) for text in ("1", "2"))
    assert one.checksum != other.checksum


def test_writable_folders_have_their_size() -> None:
    """That of the service for each of them, or the usual one."""
    sizes = [each["emptyDir"]["sizeLimit"] for each in pod("local", "gate-blue")["volumes"] if "emptyDir" in each]
    assert sizes == ["2Gi", "2Gi"]
    assert [each["emptyDir"]["sizeLimit"] for each in pod("local", "orders-blue")["volumes"]] == ["256Mi"]


def test_the_pack_has_nothing_against_the_example() -> None:
    """On the clouds; a developer's registry promises nothing about own tags."""
    said = [each for each in about("Deployment") if "::local/" not in (each.urn or "")]
    assert said == []


def test_mirrors_that_repack_images_are_asked_for_tags() -> None:
    image = ForeignImage(repository="docker.io/valkey/valkey", tag="8.1.4", digest=DIGEST)
    assert Pins(digests=False).foreign(image) == "docker.io/valkey/valkey:8.1.4"


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_flag_that_depends_on_the_version_is_in_the_slot_that_has_it(cloud: str) -> None:
    """Each slot asks its own server, which the pods' network policies let it call; the pack finds nothing wrong with it."""
    served = steps()[f"{cloud}/ConfigMap/flagd"].inputs["data"]
    moved = {name: json.loads(text)["flags"]["new-insights-dashboard"] for name, text in served.items()}
    assert {name: "targeting" in flag for name, flag in moved.items()} == {"blue.json": False, "green.json": True}
    server = pod(cloud, "flagd")
    assert [each["name"] for each in server["containers"]] == ["flagd", "flagd-green"]
    for slot, port in (("blue", "8013"), ("green", "8023")):
        assert steps()[f"{cloud}/ConfigMap/basket-{slot}"].inputs["data"]["FLAGD_PORT"] == port
        egress = steps()[f"{cloud}/NetworkPolicy/basket-{slot}"].inputs["spec"]["egress"]
        assert int(port) in [each["port"] for rule in egress for each in rule.get("ports", ())]
    assert {each.policy for each in about("flagd")} <= {"service-logs"}
