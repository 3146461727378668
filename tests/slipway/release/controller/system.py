"""A small system of the tests: a Release with one route in its four states, and what a gateway says of it."""

from __future__ import annotations

from typing import Any

from slipway.release.controller.release import Release
from slipway.release.objects import (
    Analysis,
    Queries,
    ReleaseSpec,
    RouteStates,
    SecretKey,
    SlotQueries,
    Step,
    Target,
)
from slipway.release.status import Status
from tests.slipway.release.controller.server import Cluster, Document

NAMESPACE, NAME, ID, HOST = "shop", "shop", "0123456789ab", "shop.example.com"
ACCEPTED = ("Accepted", "ResolvedRefs")
QUERIES = SlotQueries(requests="requests", errors="errors", p95="p95")


def route() -> RouteStates:
    """As the program declares one; `split` has a rule for visitors with a cookie too."""
    head = {"parentRefs": [{"name": "shop", "sectionName": "web"}], "hostnames": [HOST]}
    every = [{"path": {"type": "PathPrefix", "value": "/"}}]

    def backend(slot: str, weight: int) -> Document:
        return {"name": f"api-{slot}", "port": 80, "weight": weight}

    def whole(slot: str) -> Document:
        return {**head, "rules": [{"name": "all", "matches": every, "backendRefs": [backend(slot, 1)]}]}

    page = {"type": "ExtensionRef", "extensionRef": {"group": "x", "kind": "HTTPRouteFilter", "name": "page"}}
    sticky = {"name": "blue-any", "matches": every, "backendRefs": [backend("blue", 1)]}
    shared = {"name": "by-weight-any", "matches": every, "backendRefs": [backend("blue", 50), backend("green", 50)]}
    return RouteStates(
        name="api",
        labels={"app.kubernetes.io/part-of": "shop"},
        blue=whole("blue"),
        green=whole("green"),
        split={**head, "rules": [sticky, shared]},
        closed={**head, "rules": [{"name": "maintenance", "matches": every, "filters": [page]}]},
    )


def connections() -> RouteStates:
    """As the program declares one that leads TCP connections."""
    head = {"parentRefs": [{"name": "shop", "sectionName": "web"}]}

    def weighed(blue: int, green: int) -> Document:
        shares = (("blue", blue), ("green", green))
        backends = [{"name": f"mq-{slot}", "port": 1883, "weight": weight} for slot, weight in shares]
        return {**head, "rules": [{"name": "by-weight", "backendRefs": backends}]}

    return RouteStates(
        kind="TCPRoute",
        name="mq.tcp-1884",
        labels={"app.kubernetes.io/part-of": "shop"},
        blue=weighed(100, 0),
        green=weighed(0, 100),
        split=weighed(50, 50),
        closed=weighed(0, 0),
    )


def spec(**changed: Any) -> ReleaseSpec:
    values: dict[str, Any] = {
        "id": ID,
        "system": "shop",
        "stack": "test",
        "target": Target(slot="green", version="2.0.0"),
        "owner": "shop",
        "steps": [Step(weight=10, hold_seconds=1)],
        "analysis": Analysis(error_percent=1, p95_seconds=0.5),
        "queries": Queries(slots={"blue": QUERIES, "green": QUERIES}),
        "bypass": SecretKey(secret="shop-pass", key="token"),
        "deployments": {"blue": ["api-blue"], "green": ["api-green"]},
        "routes": [route()],
    }
    return ReleaseSpec(**{**values, **changed})


OPEN = Status(id=ID, phase="Promoted", active="blue", weights={"blue": 100, "green": 0}, closed=False, live="blue")
CLOSED = OPEN.model_copy(update={"closed": True})
SPLIT = OPEN.model_copy(update={"phase": "Stepping", "weights": {"blue": 90, "green": 10}})


def put(cluster: Cluster, wanted: ReleaseSpec, status: Status | None = None, **metadata: Any) -> Release:
    """Create or change the Release and return it as the controller reads it."""
    body: dict[str, Any] = {"apiVersion": "slipway.dev/v1", "kind": "Release", "spec": wanted.to_json()}
    if status is not None:
        body["status"] = status.to_json()
    return Release(cluster.put("releases", NAMESPACE, NAME, metadata=metadata, **body))


def read(cluster: Cluster) -> Release:
    return Release(cluster.get("releases", NAMESPACE, NAME))


def accept(cluster: Cluster, *, programmed: bool = True) -> None:
    """A gateway that accepts every route as soon as it is written, with the defaults that an API server fills in."""

    def accepted(written: Document) -> None:
        generation = written["metadata"]["generation"]
        for parent in written["spec"]["parentRefs"]:
            parent.setdefault("group", "gateway.networking.k8s.io")
        for rule in written["spec"]["rules"]:
            for backend in rule.get("backendRefs", ()):
                backend.setdefault("kind", "Service")
        conditions = [{"type": each, "status": "True", "observedGeneration": generation} for each in ACCEPTED]
        parent = {"name": "shop", "sectionName": "web"}
        written["status"] = {"parents": [{"parentRef": parent, "conditions": conditions}]}

    cluster.on_route = accepted
    states = [("Accepted", True), ("Programmed", programmed)]
    conditions = [{"type": name, "status": str(holds), "observedGeneration": 1} for name, holds in states]
    cluster.put("gateways", NAMESPACE, "shop", spec={}, status={"conditions": conditions})


def deployment(cluster: Cluster, name: str, *, available: int = 2, replicas: int = 2) -> None:
    status = {
        "observedGeneration": 1,
        "replicas": replicas,
        "updatedReplicas": replicas,
        "availableReplicas": available,
    }
    cluster.put(
        "deployments",
        NAMESPACE,
        name,
        spec={"replicas": replicas, "selector": {"matchLabels": {"app": name}}},
        status=status,
    )


def job(cluster: Cluster, name: str, ends: str | None = None, **labels: str) -> None:
    conditions = [{"type": ends, "status": "True", "message": "it is over"}] if ends else []
    cluster.put(
        "jobs",
        NAMESPACE,
        name,
        metadata={"labels": labels},
        spec={"template": {"metadata": {"labels": {}}, "spec": {"containers": [{"name": "migrate", "env": []}]}}},
        status={"conditions": conditions},
    )
