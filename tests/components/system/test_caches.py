"""docs/caches.md: its example as a system on each cloud, planned and judged."""

from __future__ import annotations

import copy
import hashlib
import re
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.clouds.aws import cache as on_aws
from components.clouds.azure import cache as on_azure
from components.clouds.local.manifests import cache as pod
from slipway.cli.selection import select
from slipway.rehearsal import Finding, Step
from slipway.settings.caches import LARGEST, Cache
from tests.components.system.test_programs import CLOUDS, STACK
from tests.forking import forked_workers
from tests.rehearsed import ROOT, Rehearsed
from tests.shared import shared
from tests.unwatched import unwatched

SLOTS = ("blue", "green")


def example() -> dict[str, Any]:
    (block,) = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "caches.md").read_text(encoding="utf-8"), re.DOTALL)
    return yaml.safe_load(block)


@shared
def planned() -> Rehearsed:
    """The example on each cloud, in a stack of production whose systems are called like their cloud."""
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
            clusters[cloud] |= unwatched()
            if cloud == "local":  # where caches have exporters
                del clusters[cloud]["controllers"]["metrics"], clusters[cloud]["monitoring"]
            clusters[cloud]["systems"] = {
                cloud: {
                    "blue": {"version": "2.3.0"},
                    "green": {"version": "2.4.0"},
                    "caches": {"pages": {"highAvailability": False}},
                }
            }
        config = {"slipway:environment": "production", "slipway:clusters": clusters}
        (folder / "Pulumi.test.yaml").write_text(yaml.safe_dump({"config": config}), encoding="utf-8")
        selection = select(folder, "test", None)
        with forked_workers():
            return Rehearsed(selection.rehearse(policies=True), selection.stack)


@cache
def steps() -> dict[str, Step]:
    """The resources of the systems: `aws/Deployment/shop-blue`."""
    found = [(step, step.name.partition("/")) for step in planned().plan.steps]
    return {f"{cloud}/{re.split('[:/]', step.type)[-1]}/{name}": step for step, (cloud, _, name) in found if name}


def policy(cloud: str, name: str) -> dict[str, Any]:
    return steps()[f"{cloud}/NetworkPolicy/{name}"].inputs["spec"]


def findings(rule: str) -> list[Finding]:
    return [each for each in planned().findings if each.policy == rule]


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("slot", SLOTS)
def test_a_reference_is_a_key_of_the_servers_secret(cloud: str, slot: str) -> None:
    """Shared by the slots, or of the slot; nothing of it is in a ConfigMap."""
    (container,) = steps()[f"{cloud}/Deployment/shop-{slot}"].inputs["spec"]["template"]["spec"]["containers"]
    found = {each["name"]: each["valueFrom"]["secretKeyRef"] for each in container["env"] if "valueFrom" in each}
    own = f"pages-{slot}-cache-login"
    assert found == {
        "SESSIONS_URL": {"name": "sessions-cache-login", "key": "url"},
        "PAGES_ADDRESS.0": {"name": own, "key": "host"},
        "PAGES_ADDRESS.2": {"name": own, "key": "port"},
        "PAGES_PASSWORD": {"name": own, "key": "password"},
    }
    composed = {each["name"]: each["value"] for each in container["env"] if "value" in each}
    assert composed == {"PAGES_ADDRESS": "$(PAGES_ADDRESS.0):$(PAGES_ADDRESS.2)"}
    assert steps()[f"{cloud}/ConfigMap/shop-{slot}"].inputs["data"] == {"PORT": "3000"}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_pod_waits_for_its_caches(cloud: str) -> None:
    """For both, and for the one of its slot alone."""
    by_urn = planned().plan.by_urn
    awaited = {by_urn[urn].name for urn in steps()[f"{cloud}/Deployment/shop-blue"].dependencies}
    assert any("sessions-cache" in name for name in awaited)
    assert any("pages-blue-cache" in name for name in awaited)
    assert not any("pages-green-cache" in name for name in awaited)
    others = {by_urn[urn].name for urn in steps()[f"{cloud}/Deployment/stock-blue"].dependencies}
    assert not any("cache" in name for name in others)


@pytest.mark.parametrize(("cloud", "port"), [("aws", 6379), ("azure", 10000), ("local", 6379)])
def test_only_services_that_refer_to_a_cache_may_connect(cloud: str, port: int) -> None:
    """By the rules for calls on every cloud."""
    opened = [each["ports"][0]["port"] for each in policy(cloud, "shop-blue")["egress"]]
    assert opened.count(port) == 2
    assert "egress" not in policy(cloud, "stock-blue") or not policy(cloud, "stock-blue")["egress"]


def test_a_pod_with_a_cache_admits_its_callers_alone() -> None:
    """Of both slots if it is shared, of one slot if not, and Prometheus; it calls nobody."""
    names = {"app.kubernetes.io/name": "shop"}
    for server, slots in (("sessions-cache", SLOTS), ("pages-green-cache", ("green",))):
        spec = policy("local", server)
        allowed, scraped = spec["ingress"]
        assert [each["podSelector"]["matchLabels"] for each in allowed["from"]] == [
            {**names, "slipway.dev/slot": pods} for slot in slots for pods in (slot, f"{slot}-run")
        ]
        assert [each["port"] for each in allowed["ports"]] == [6379]
        assert [each["port"] for each in scraped["ports"]] == [9121]
        assert scraped["from"][0]["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "monitoring"}
        assert not spec.get("egress")


def test_a_pod_serves_tls_alone_and_writes_nothing() -> None:
    """With the declared memory and eviction, a certificate of the cluster, and users from a Secret."""
    spec = steps()["local/StatefulSet/sessions-cache"].inputs["spec"]
    template = spec["template"]["spec"]
    container, exporter = template["containers"]
    given = dict(zip(container["args"][::2], container["args"][1::2], strict=True))
    assert {key: given[f"--{key}"] for key in ("port", "tls-port", "save", "appendonly", "maxmemory")} == {
        "port": "0",
        "tls-port": "6379",
        "save": "",
        "appendonly": "no",
        "maxmemory": "1024mb",
    }
    assert given["--maxmemory-policy"] == "volatile-ttl"
    assert container["resources"]["limits"]["memory"] == "1536Mi"
    assert "volumeClaimTemplates" not in spec
    (socket,) = [each for each in exporter["volumeMounts"] if each["mountPath"] == "/run/valkey"]
    assert socket in container["volumeMounts"]
    assert given["--unixsocket"] == "/run/valkey/valkey.sock"
    assert exporter["args"][0] == "--redis.addr=unix:///run/valkey/valkey.sock"
    secrets = [each["secret"]["secretName"] for each in template["volumes"] if "secret" in each]
    assert secrets == ["sessions-cache-tls", "sessions-cache-users"]
    names = steps()["local/Certificate/sessions-cache-tls"].inputs["spec"]["dnsNames"]
    assert "sessions-cache.local.svc" in names
    mounts = steps()["local/Deployment/shop-green"].inputs["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]
    assert {each["mountPath"] for each in mounts} >= {"/etc/slipway/caches/sessions", "/etc/slipway/caches/pages"}


def test_the_file_of_users_has_no_password() -> None:
    """Its digest alone, and no right to administer."""
    digest = hashlib.sha256(b"opensesame").hexdigest()
    assert pod.users("opensesame") == f"user default on #{digest} ~* &* +@all -@admin\n"


def test_the_exporter_is_a_user_without_data() -> None:
    """It may ask for figures, and reads no key, no configuration and no log."""
    users = pod.users("opensesame", "other").splitlines()
    digest = hashlib.sha256(b"other").hexdigest()
    assert users[1] == f"user exporter on #{digest} resetkeys resetchannels -@all +info +ping +client|setname"


def test_prometheus_watches_the_pods() -> None:
    """By the exporter of each, with alerts on what it says."""
    selected = {
        name: step.inputs["spec"]["selector"]["matchLabels"]["app.kubernetes.io/name"]
        for name, step in steps().items()
        if name.startswith("local/PodMonitor/") and name.endswith("-cache")
    }
    servers = ("sessions-cache", "pages-blue-cache", "pages-green-cache")
    assert selected == {f"local/PodMonitor/{server}": server for server in servers}
    groups = steps()["local/PrometheusRule/local"].inputs["spec"]["groups"]
    (alerts,) = [each["rules"] for each in groups if each["name"] == "local-caches"]
    assert {each["alert"] for each in alerts} == {"CacheDown", "CacheEvictions", "CacheBusy"}


def test_clouds_copy_a_cache_to_another_zone_unless_told_otherwise() -> None:
    """Two nodes with failover, or one."""
    group = steps()["aws/ReplicationGroup/sessions-cache"].inputs
    assert (group["numCacheClusters"], group["multiAzEnabled"], group["automaticFailoverEnabled"]) == (2, True, True)
    alone = steps()["aws/ReplicationGroup/pages-blue-cache"].inputs
    assert (alone["numCacheClusters"], alone["multiAzEnabled"], alone["automaticFailoverEnabled"]) == (1, False, False)
    assert steps()["azure/RedisEnterprise/sessions-cache"].inputs["highAvailability"] == "Enabled"
    assert steps()["azure/RedisEnterprise/pages-blue-cache"].inputs["highAvailability"] == "Disabled"


def test_a_cache_without_a_standby_is_advised_against_in_production() -> None:
    """Where it has none: as declared on clouds, in any case where it is a pod."""
    found = {(each.urn or "").rpartition("::")[2] for each in findings("cache-standby")}
    own = {f"pages-{slot}-cache" for slot in SLOTS}
    wanted = {f"{cloud}/{name}" for cloud in ("aws", "azure") for name in own}
    assert found == wanted | {f"local/{name}" for name in (*own, "sessions-cache")}
    assert {each.level for each in findings("cache-standby")} == {"advisory"}


@pytest.mark.parametrize("rule", ["cache-authentication", "encryption-in-transit", "encryption-at-rest", "known-types"])
def test_the_pack_has_nothing_else_against_them(rule: str) -> None:
    assert [each for each in findings(rule) if "cache" in (each.urn or "")] == []


@pytest.mark.parametrize("memory", [64, 512, 1024, 4096, LARGEST])
def test_a_cloud_takes_the_next_larger_size(memory: int) -> None:
    """One exists for every memory that a cache may have, and the one before it is too small."""
    for sizes, chosen in ((on_aws.NODES, on_aws.node(memory)), (on_azure.SIZES, on_azure.sku(memory))):
        usable = {name: mebibytes for mebibytes, name in sizes}
        assert usable[chosen] >= memory
        assert all(mebibytes < memory for mebibytes, name in sizes if mebibytes < usable[chosen])


def test_every_eviction_has_a_name_on_azure() -> None:
    policies = Cache.model_json_schema()["properties"]["eviction"]["enum"]
    assert set(on_azure.EVICTION) == set(policies)
