"""The architecture of a stack as a graph: calls between services, locations of data, the traffic split, and the
changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from slipway.rehearsal.difference import Changed, Difference
from slipway.reports.applied import system_of
from slipway.settings import caches
from slipway.settings.calls import calls
from slipway.settings.references import FromBucket, FromCache, FromCloudQueue, FromDatabase, FromQueue, FromTopic
from slipway.settings.services import SHARED, Service
from slipway.settings.stacks import DeployedSystem, Stack

RANK = ("same", "moved", "import", "create", "update", "replace", "delete")
"""Operations, the most important last."""
VISITORS = "visitors"
SLOTS = ("blue", "green")


@dataclass(frozen=True)
class Node:
    """A node; `parent` is the system that it belongs to, or the cluster of a system."""

    id: str
    label: str
    kind: str
    parent: str = ""
    change: str = "same"


@dataclass(frozen=True)
class Edge:
    """An edge; `label` describes the traffic."""

    source: str
    target: str
    label: str = ""


@dataclass(frozen=True)
class Graph:
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def to_json(self) -> dict[str, list[dict[str, str]]]:
        return {"nodes": [asdict(each) for each in self.nodes], "edges": [asdict(each) for each in self.edges]}


def graph(stack: Stack, difference: Difference) -> Graph:
    nodes: list[Node] = []
    edges: list[Edge] = []
    for name, cluster in stack.clusters.items():
        nodes.append(Node(f"cluster {name}", name, "cluster"))
        for deployed in cluster.systems.values():
            part = _System(deployed, difference)
            nodes.append(Node(part.id, deployed.name, "system", f"cluster {name}"))
            nodes += part.nodes()
            edges += part.edges()
    known = {node.id for node in nodes}
    return Graph(tuple(nodes), tuple(dict.fromkeys(each for each in edges if {each.source, each.target} <= known)))


class _System:
    """One system of the stack."""

    def __init__(self, deployed: DeployedSystem, difference: Difference) -> None:
        self._deployed, self._definition = deployed, deployed.definition
        self.id = f"system {deployed.name}"
        self._slots = [f"{name}-{slot}" for name in self._definition.services for slot in (*SLOTS, SHARED)]
        self._touched = [each for each in difference.touched if system_of(each.urn, {deployed.name})]

    def nodes(self) -> Iterator[Node]:
        definition = self._definition
        if definition.domains:
            yield Node(self._id(VISITORS, ""), VISITORS, VISITORS, self.id)
        for name in definition.services:
            yield self._node("service", name, *(f"{name}-{slot}" for slot in (*SLOTS, SHARED)))
        for kind, names in (
            ("site", definition.sites),
            ("database", definition.databases),
            ("bucket", definition.buckets),
        ):
            for name in names:
                yield self._node(kind, name, name)
        for name, cache in definition.caches.items():
            yield self._node("cache", name, *caches.servers(name, cache, SLOTS))
        for kind, names in (("queue", definition.queues), ("topic", definition.topics)):
            for name in names:
                yield self._node(kind, name, name)
        if definition.queue is not None:
            yield self._node("broker", "queue", "queue", f"{self._deployed.name}-queue", "broker")
        yield from self._deleted_stores()

    def _deleted_stores(self) -> Iterator[Node]:
        """Yield deleted resources with data, which are in no definition any more."""
        for each in self._touched:
            part = each.name.partition("/")[2]
            if each.op == "delete" and each.loses_data and part not in self._definition.databases:
                yield Node(self._id("gone", each.name), part, "gone", self.id, "delete")

    def edges(self) -> Iterator[Edge]:
        for name, service in self._definition.services.items():
            for kind, target in self._called(name, service):
                yield Edge(self._id("service", name), self._id(kind, target))
            if service.is_routed:
                yield Edge(self._id(VISITORS, ""), self._id("service", name), self._weights())
        for name in self._definition.sites:
            yield Edge(self._id(VISITORS, ""), self._id("site", name), self._weights())

    def _called(self, name: str, service: Service) -> Iterator[tuple[str, str]]:
        """Yield kind and name of what a service calls."""
        yield from (("service", called) for called in calls(self._definition)[name])
        for value in self._definition.uses(service):
            if isinstance(value, FromDatabase):
                yield "database", value.database
            elif isinstance(value, FromBucket):
                yield "bucket", value.bucket
            elif isinstance(value, FromCache):
                yield "cache", value.cache
            elif isinstance(value, FromCloudQueue):
                yield "queue", value.queue
            elif isinstance(value, FromTopic):
                yield "topic", value.topic
            elif isinstance(value, FromQueue):
                yield "broker", "queue"

    def _weights(self) -> str:
        deployment = self._deployment_weights()
        return ", ".join(f"{slot} {weight} %" for slot, weight in deployment.items() if weight)

    def _deployment_weights(self) -> Mapping[str, int]:
        deployment = self._deployed.deployment
        return {slot: deployment.weight(slot) for slot in SLOTS if deployment.slot(slot).version}

    def _node(self, kind: str, name: str, *parts: str) -> Node:
        found = [each.op for each in self._touched if self._is_of(each, kind, parts)]
        return Node(self._id(kind, name), name, kind, self.id, max(found, key=RANK.index, default="same"))

    def _is_of(self, each: Changed, kind: str, parts: tuple[str, ...]) -> bool:
        """Return whether a resource belongs to a node, by its name: `orders-roles` to the database `orders`, but
        `orders-api-blue` to the service `orders-api`."""
        part = each.name.partition("/")[2]
        if kind != "service" and any(_begins(part, slot) for slot in self._slots):
            return False
        return any(_begins(part, name) for name in parts)

    def _id(self, kind: str, name: str) -> str:
        """Return an id with the kind, since a service and its database may have the same name."""
        return f"{self._deployed.name}/{kind} {name}".rstrip()


def _begins(part: str, name: str) -> bool:
    return part == name or part.startswith(f"{name}-")
