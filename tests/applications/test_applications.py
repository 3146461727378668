"""Public applications as systems: green on every cloud, allowed to call what they call and nothing else, and refused in each way
in which they could not start."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.applications.planned import (
    APPLICATIONS,
    CALLS,
    CLOUDS,
    definition,
    logins,
    objects,
    planned,
    planned_with,
    policies_of,
    problems,
    workload,
)
from tests.plans.reachability import connections, ends

Definition = dict[str, Any]
PLAIN_SERVERS = ("cache-authentication", "encryption-in-transit")
"""The rules that advise on servers of caches."""


@pytest.mark.parametrize("name", APPLICATIONS)
def test_an_application_is_complete(name: str) -> None:
    """`slipway check` has nothing against it."""
    assert problems(name) == []


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_application_is_green(cloud: str) -> None:
    """Every rule judged the plan, and found nothing but that their servers of Redis have no password and no TLS, as their
    own manifests have none: `needs` says who reaches them."""
    assert planned(cloud).rehearsal.evaluated_by
    found = {(each.policy, each.level, (each.urn or "").rpartition("::")[2]) for each in planned(cloud).findings}
    servers = ("boutique/redis-cart-blue", "n8n/redis-shared")
    assert found == {(rule, "advisory", each) for rule in PLAIN_SERVERS for each in servers}
    for name in APPLICATIONS:
        assert {workload(name, service) for service in definition(name)["services"]} <= set(objects(cloud, name))


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("name", APPLICATIONS)
def test_every_call_is_allowed_and_every_other_refused(name: str, cloud: str) -> None:
    """Among the services of the live slot, by the policies of both ends."""
    served = {workload(name, each).lower().replace("/", " "): each for each in definition(name)["services"]}
    own = [each for each in ends(planned(cloud).plan) if each.namespace == name and each.name in served]
    assert len(own) == len(definition(name)["services"])
    found = {
        (served[caller.partition("/")[2]], served[server.partition("/")[2]], port)
        for caller, server, port in connections(planned(cloud).plan, own)
    }
    wanted = {(caller, server, port) for caller, called in CALLS[name].items() for server, port in called.items()}
    further = {(caller, server) for caller, server, _ in wanted}
    assert wanted <= found
    # At the further ports of a service, too, and of nobody else.
    assert {(caller, server) for caller, server, _ in found} == further


@pytest.mark.parametrize("name", APPLICATIONS)
def test_every_address_leads_to_a_port_where_something_listens(name: str) -> None:
    """Of each variable that has one: a Service of that name, its port, and a container's behind it."""
    found, seen = objects("local", name), 0
    for key, step in found.items():
        if not key.startswith("ConfigMap/") or not key.endswith("-blue"):
            continue
        for value in (step.inputs.get("data") or {}).values():
            for host, port in re.findall(r"(?<![\w.-])([a-z][a-z0-9-]*-(?:blue|shared)):(\d+)", value):
                (target,) = [
                    each["targetPort"]
                    for each in found[f"Service/{host}"].inputs["spec"]["ports"]
                    if each["port"] == int(port)
                ]
                kind = "Deployment" if host.endswith("-blue") else "StatefulSet"
                (container,) = found[f"{kind}/{host}"].inputs["spec"]["template"]["spec"]["containers"]
                assert target in [each["name"] for each in container["ports"]]
                seen += 1
    assert seen == {"boutique": 15, "miniflux": 0, "n8n": 2}[name]


@pytest.mark.parametrize("name", APPLICATIONS)
def test_every_probe_asks_a_port_where_the_program_listens(name: str) -> None:
    """By name or by number; a probe of gRPC has a number."""
    for service, declared in definition(name)["services"].items():
        (container,) = objects("local", name)[workload(name, service)].inputs["spec"]["template"]["spec"]["containers"]
        listening = {each["name"] for each in container["ports"]} | {
            each["containerPort"] for each in container["ports"]
        }
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            asked = container[probe]
            way = declared.get("health", {}).get("by", "http")
            if way == "exec":
                assert asked["exec"]["command"] == declared["health"]["command"]
            else:
                assert asked[{"http": "httpGet", "grpc": "grpc", "tcp": "tcpSocket"}[way]]["port"] in listening


@pytest.mark.parametrize("name", ["miniflux", "n8n"])
def test_a_program_that_makes_its_tables_logs_in_as_the_owner(name: str) -> None:
    """By `schemaBy: services`; without it by a role that may change rows only."""
    assert logins(name, definition(name)) == {"user": f"{name}_owner"}
    by_migrations = copy.deepcopy(definition(name))
    by_migrations["databases"][name] = {}
    assert logins(name, by_migrations) == {"user": f"{name}_app"}


def put(*path: str, value: Any) -> Callable[[Definition], None]:
    """An edit that sets a value."""

    def edit(found: Definition) -> None:
        *above, last = path
        for key in above:
            found = found[key]
        found[last] = value

    return edit


def gone(*path: str) -> Callable[[Definition], None]:
    """An edit that takes an entry away."""

    def edit(found: Definition) -> None:
        *above, last = path
        for key in above:
            found = found[key]
        del found[last]

    return edit


ADDRESS = ("services", "cartservice", "environment", "REDIS_ADDR")
CATALOGUE = ("services", "frontend", "environment", "PRODUCT_CATALOG_SERVICE_ADDR")
QUEUE = ("services", "worker", "environment", "QUEUE_BULL_REDIS_URL")
REFUSED = [
    # Probes that a program cannot answer.
    ("boutique", gone("services", "productcatalogservice", "health"), "is called by its address, as clients of gRPC and TCP do"),
    ("boutique", put("services", "paymentservice", "health", value={"by": "none", "reason": "x"}), "is for programs without a port"),
    ("n8n", put("services", "redis", "health", value={"by": "exec"}), "runs a command, but names none"),
    ("n8n", gone("services", "worker", "port"), "has no port that could be asked"),
    # A cache, a database or a service that is not there.
    ("boutique", gone("services", "redis-cart"), "is not one of the system's services"),
    ("n8n", gone("databases", "n8n"), "is not one of the system's databases"),
    ("miniflux", put("schedules", "refresh", "service", value="minifux"), "is not one of the system's services; did you mean 'miniflux'?"),
    # Variables that point nowhere: a name of Compose or of another manifest, a port that nobody has.
    ("boutique", put(*ADDRESS, value="redis-cart:6379"), "has the address of service 'redis-cart' as text, which nothing answers"),
    ("boutique", put(*CATALOGUE, value="http://productcatalogservice:3550/x"), "has the address of service 'productcatalogservice'"),
    ("n8n", put(*QUEUE, value="redis://redis/0"), "has the address of service 'redis' as text"),
    ("n8n", gone("services", "n8n", "ports"), "is not one of the 'ports' of service 'n8n'; it has none"),
    ("boutique", gone("services", "paymentservice", "port"), "is a service without a port, which has no address"),
    # Who waits for whom.
    ("n8n", put("services", "redis", "needs", value=["worker"]), "is a cycle"),
    # Secrets that nobody issues, or that are in plain text.
    ("n8n", gone("secrets", "N8N_ENCRYPTION_KEY"), "is not one of the system's secrets"),
    ("miniflux", put("services", "miniflux", "environment", "ADMIN_PASSWORD", value="changeme1"), "looks like a secret in plain text"),
    # Images that change, sizes that no node grants, programs as root.
    ("boutique", put("services", "redis-cart", "image", value={"repository": "docker.io/library/redis"}), "has neither 'tag' nor 'digest'"),
    ("boutique", put("services", "redis-cart", "image", value="redis:alpine"), "names a registry, a tag or a digest"),
    ("boutique", put("services", "adservice", "resources", "memory", value="400Mi"), "is above the limit, 300Mi"),
    ("n8n", put("services", "redis", "user", value=0), "0 is not a user id other than root's"),
    # Schedules that would serve, or never run.
    ("miniflux", gone("schedules", "refresh", "command"), "without them it would start the service 'miniflux' itself"),
    ("miniflux", put("schedules", "clean-up", "schedule", value="20 25 * * *"), "is not a schedule of five fields"),
    # A login that a pooler does not know, and routes to nowhere.
    ("miniflux", put("databases", "miniflux", value={"schemaBy": "services", "pooling": True}), "lets services log in as the owner"),
    ("n8n", gone("domains", "web"), "is not one of the system's domains"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "edit", "rule"), REFUSED, ids=[f"{name}: {rule}" for name, _, rule in REFUSED])
def test_what_could_never_start_is_refused(name: str, edit: Callable[[Definition], None], rule: str) -> None:
    """By `slipway check`, with the line."""
    changed = copy.deepcopy(definition(name))
    edit(changed)
    found = problems(name, changed)
    assert any(rule in each for each in found), found
    assert all(re.match(rf"systems/{name}/system\.yaml:\d+: ", each) for each in found)


def test_an_image_that_may_change_is_found_by_the_pack() -> None:
    """A tag of others names another image tomorrow."""
    changed = copy.deepcopy(definition("n8n"))
    changed["services"]["redis"]["image"] = {"repository": "docker.io/library/redis", "tag": "7-alpine"}
    assert "image-pins" in policies_of(planned_with("n8n", changed), "n8n/redis-shared")
