"""A system as a whole, from literal facts."""

from __future__ import annotations

from rehearsal import SECRET
from tests.components.system.conftest import Shop


def test_outputs_name_addresses_and_servers(shop: Shop) -> None:
    """Endpoints and databases by name; nothing secret."""
    expected = {"endpoints": {"web": "https://shop.example.com"}, "databases": {"shop_db": "server-of-shop_db"}}
    assert shop.plan.outputs["shop"] == expected


def test_every_object_uses_the_clusters_provider(shop: Shop) -> None:
    """None falls back to a default provider, which would be another cluster."""
    for step in shop.plan.steps:
        if step.package == "kubernetes" and step.state["custom"]:
            assert "::literal::" in step.provider, step.urn


def test_every_object_says_where_it_comes_from(shop: Shop) -> None:
    """The source pointer of a service, a database or the system."""
    sources = {
        step.inputs["metadata"]["annotations"]["slipway.dev/source"]
        for step in shop.plan.steps
        if step.package == "kubernetes" and step.state["custom"]
    }
    of = "systems/shop/system.yaml:"
    services = {f"{of}services.{name}" for name in ("web", "api", "users")}
    assert sources == {of, f"{of}databases.shop_db", f"{of}queue", f"{of}secrets", *services}


def test_the_namespace_is_closed(shop: Shop) -> None:
    """Pods must be restricted, nothing is let in, and only DNS out."""
    namespace = next(step for step in shop.plan.steps if step.type == "kubernetes:core/v1:Namespace")
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
    supplied = shop.one("Secret", "supplied")
    assert "stringData" not in supplied.inputs
    assert supplied.inputs["metadata"]["annotations"]["slipway.dev/supplied-keys"] == "PAYMENTS_KEY"
    assert supplied.state["ignoreChanges"] == ["data", "stringData"]


def test_api_may_call_what_it_needs_and_nothing_else(shop: Shop) -> None:
    """users, the database's network through the pooler, the broker, and one port of the internet."""
    egress = shop.one("NetworkPolicy", "api-blue").inputs["spec"]["egress"]
    targets = [(rule["to"][0], rule["ports"][0]["port"]) for rule in egress]
    users = {"app.kubernetes.io/name": "users", "slipway.dev/slot": "blue"}
    internet = targets.pop()
    assert targets == [
        ({"podSelector": {"matchLabels": users}}, 5000),
        ({"ipBlock": {"cidr": "10.9.0.0/24"}}, 6432),
        ({"podSelector": {"matchLabels": {"app.kubernetes.io/name": "shop-queue"}}}, 5672),
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
    api = {"app.kubernetes.io/name": "api", "slipway.dev/slot": "blue"}
    assert users["from"] == [{"podSelector": {"matchLabels": api}}]
