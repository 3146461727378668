"""A system as a whole, from literal facts."""

from __future__ import annotations

import json
import re

import yaml

from components.manifests import names
from slipway.rehearsal import SECRET
from slipway.settings.stacks import SystemDeployment
from tests.components.system.conftest import Shop
from tests.rehearsed import ROOT


def test_outputs_name_addresses_and_servers(shop: Shop) -> None:
    """Endpoints and databases by name, what to delegate, what is promised; nothing secret."""
    assert shop.plan.outputs["shop"] == {
        "endpoints": {"web": "https://shop.example.com", "site": "https://www.shop.example.com"},
        "databases": {"shop_db": "server-of-shop_db", "papers": "documents-of-papers"},
        "nameServers": {"shop.example.com": ["ns.shop.example.com"]},
        "recovery": {"rto": "4h", "rpo": "1h"},
    }


def test_only_what_no_edge_serves_fails_over(shop: Shop) -> None:
    """Sites have ways of their own; the domains of services are watched."""
    assert shop.plan.outputs["fail over"] == {"web": "https://shop.example.com/health"}


def test_the_owner_and_the_clusters_contacts_hear_of_the_budget(shop: Shop) -> None:
    """300 dollars a month."""
    assert shop.plan.outputs["budget"] == [300, "shop@example.com", "billing@example.com"]


def test_service_accounts_get_what_their_service_uses(shop: Shop) -> None:
    """api uses a bucket, users none; dumps go to a bucket that is locked as long as backups are promised."""

    def granted(account: str) -> str | None:
        return shop.one("ServiceAccount", account).inputs["metadata"]["annotations"].get("granted")

    assert granted("api") == "UseBucket bucket-of-receipts"
    assert granted("users") is None
    assert granted("backups") == "WriteBackups bucket-of-backups-locked-21"


def test_pods_take_on_the_identity_of_their_service(shop: Shop) -> None:
    """By their labels, and by a way to the agent that hands out credentials."""
    template = shop.one("Deployment", "api-blue").inputs["spec"]["template"]
    assert template["metadata"]["labels"]["identity"] == "literal"
    assert "identity" not in shop.one("Deployment", "users-blue").inputs["spec"]["template"]["metadata"]["labels"]
    egress = shop.one("NetworkPolicy", "api-blue").inputs["spec"]["egress"]
    assert {"ipBlock": {"cidr": "169.254.170.23/32"}} in [rule["to"][0] for rule in egress]


def test_a_namespace_of_others_is_patched_and_never_made(shop: Shop) -> None:
    """docs/adopt.md: its example. Everything in the namespace waits for its labels."""
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "adopt.md").read_text("utf-8"), re.DOTALL)
    (example,) = (yaml.safe_load(each) for each in blocks if each.startswith("# a namespace that"))
    assert SystemDeployment.model_validate(example["systems"]["shop"]).existing_namespace
    found = [step for step in shop.plan.steps if "core/v1:Namespace" in step.type]
    assert [(step.type, step.inputs["metadata"]["name"]) for step in found] == [
        ("kubernetes:core/v1:NamespacePatch", "shop")
    ]
    assert found[0].inputs["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert "pulumi.com/patchForce" not in found[0].inputs["metadata"]["annotations"]
    assert found[0].inputs["kind"] == "Namespace"
    assert found[0].urn in shop.plan.by_urn[shop.one("NetworkPolicy", "default-deny").urn].dependencies


def test_a_site_is_served_from_its_artefact(shop: Shop) -> None:
    """The pods of a slot copy the version's files before they serve, and are reached from the gateway only."""
    pod = shop.one("Deployment", "shop-site-blue").inputs["spec"]["template"]["spec"]
    assert pod["initContainers"][0]["image"] == "registry.example.com/shop/site:1.0.0"
    assert pod["initContainers"][0]["command"] == ["cp", "-R", "/site/.", "/artefact"]
    policy = shop.one("NetworkPolicy", "shop-site-blue").inputs["spec"]
    assert policy["egress"] == []
    assert "ConfigMap shop/shop-site-nginx" in shop.waits_for(shop.one("Deployment", "shop-site-blue"))


def test_every_object_uses_the_clusters_provider(shop: Shop) -> None:
    """None falls back to a default provider, which would be another cluster."""
    found = [step for step in shop.plan.steps if step.package == "kubernetes" and step.state["custom"]]
    assert len(found) > 20
    assert [step.urn for step in found if "::literal::" not in step.provider] == []


def test_every_object_says_where_it_comes_from(shop: Shop) -> None:
    """The source pointer of a service, a database or the system."""
    sources = {
        step.inputs["metadata"]["annotations"]["slipway.dev/source"]
        for step in shop.plan.steps
        if step.package == "kubernetes" and step.state["custom"]
    }
    of = "systems/shop/system.yaml:"
    services = {f"{of}services.{name}" for name in ("web", "api", "users", "clock")}
    kept = {f"{of}databases.shop_db", f"{of}databases.papers", f"{of}databases", f"{of}queue", f"{of}secrets"}
    kept |= {f"{of}{key}" for key in ("checks", "domains", "flags")}
    assert sources == {of, f"{of}sites.shop-site", *kept, *services}


def test_the_namespace_is_closed(shop: Shop) -> None:
    """Pods must be restricted, nothing is let in, and only DNS out."""
    namespace = next(step for step in shop.plan.steps if step.type == "kubernetes:core/v1:NamespacePatch")
    labels = namespace.inputs["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    policy = shop.one("NetworkPolicy", "default-deny").inputs["spec"]
    assert policy["podSelector"] == {"matchLabels": {}} or policy["podSelector"] == {}
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert policy.get("ingress", []) == []
    assert policy["egress"][0]["ports"] == [{"port": 53, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}]


def test_logins_are_secret_in_the_plan(shop: Shop) -> None:
    """URL and password of every role are masked; what is no secret stays readable."""
    for role in ("app", "owner", "backup"):
        login = shop.one("Secret", f"shop-db-{role}").inputs["stringData"]
        assert login == SECRET or (login["url"], login["password"]) == (SECRET, SECRET)


def test_the_supplied_secret_is_an_empty_entry(shop: Shop) -> None:
    """Its owner fills it, and an update leaves what the owner wrote."""
    supplied = shop.one("Secret", "shop-supplied-payments-key")
    assert "stringData" not in supplied.inputs
    assert supplied.inputs["metadata"]["annotations"]["slipway.dev/supplied-keys"] == "PAYMENTS_KEY"
    assert supplied.state["ignoreChanges"] == ["data", "stringData"]


def test_api_may_call_what_it_needs_and_nothing_else(shop: Shop) -> None:
    """users, the databases' networks, one through its pooler, the broker, its identity, and one port of the internet."""
    egress = shop.one("NetworkPolicy", "api-blue").inputs["spec"]["egress"]
    targets = [(rule["to"][0], rule["ports"][0]["port"]) for rule in egress]
    users = {"app.kubernetes.io/name": "users", "slipway.dev/slot": "blue"}
    internet = targets.pop()
    assert targets == [
        ({"podSelector": {"matchLabels": users}}, 5000),
        ({"ipBlock": {"cidr": "10.9.0.0/24"}}, 6432),
        ({"ipBlock": {"cidr": "10.9.1.0/24"}}, 27017),
        ({"podSelector": {"matchLabels": {"app.kubernetes.io/name": "shop-queue"}}}, 5671),
        ({"ipBlock": {"cidr": "169.254.170.23/32"}}, 80),
        ({"podSelector": {"matchLabels": {"app.kubernetes.io/name": "flagd"}}}, 8013),
        ({"podSelector": {"matchLabels": {"app.kubernetes.io/name": "flagd"}}}, 8016),
    ]
    assert internet[0]["ipBlock"]["cidr"] == "0.0.0.0/0"
    assert "10.0.0.0/8" in internet[0]["ipBlock"]["except"]
    assert internet[1] == 443


def test_only_routed_services_are_open_to_the_gateway(shop: Shop) -> None:
    """web has a route and is open to the gateway's namespace; users only to api."""
    web = shop.one("NetworkPolicy", "web-blue").inputs["spec"]["ingress"][0]
    gateway = {"kubernetes.io/metadata.name": "envoy-gateway-system"}
    assert web["from"] == [{"namespaceSelector": {"matchLabels": gateway}}]
    users = shop.one("NetworkPolicy", "users-blue").inputs["spec"]["ingress"][0]
    api = [{"app.kubernetes.io/name": "api", "slipway.dev/slot": each} for each in ("blue", "blue-run")]
    assert users["from"] == [{"podSelector": {"matchLabels": each}} for each in api]


def test_the_gateways_objects_are_awaited_of_their_own_generation(shop: Shop) -> None:
    """`pulumi up` ends when their controller has accepted what is there now, not what was there before."""
    found = {
        step.type.rpartition(":")[2]: step.inputs["metadata"]["annotations"][names.WAIT_FOR]
        for step in shop.plan.steps
        if step.type.split(":")[1].startswith(("gateway.networking.k8s.io", "gateway.envoyproxy.io"))
        and not step.type.endswith(":HTTPRouteFilter")
    }
    assert found.keys() == {*("Gateway", "HTTPRoute", "BackendTrafficPolicy", "ClientTrafficPolicy", "SecurityPolicy")}
    assert json.loads(found.pop("Gateway")) == ["condition=Accepted", "condition=Programmed"]
    assert all("@.observedGeneration == $.metadata.generation" in each for each in found.values())
