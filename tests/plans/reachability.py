"""Who can reach whom, computed from the network policies of a plan: a connection needs the leave of both ends."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from slipway.rehearsal import Plan

INTERNET = "1.1.1.1"


@dataclass(frozen=True)
class End:
    """A kind of pod, or an address outside the cluster."""

    name: str
    namespace: str = ""
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    ports: frozenset[int] = frozenset()
    """Where its containers listen."""
    address: str | None = None

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


class Connection(NamedTuple):
    caller: str
    server: str
    port: int


def ends(plan: Plan) -> list[End]:
    """Every workload of the plan, by its pods' labels."""
    found: list[End] = []
    for step in plan.steps:
        template = step.inputs.get("spec", {}).get("template") if step.package == "kubernetes" else None
        if template and "metadata" in step.inputs and "containers" in template.get("spec", {}):
            metadata = step.inputs["metadata"]
            containers = template["spec"]["containers"]
            listened = {port["containerPort"] for each in containers for port in each.get("ports", [])}
            name = step.type.rsplit(":", 1)[1].lower() + " " + metadata["name"]
            labels = template["metadata"].get("labels", {})
            found.append(End(name, metadata.get("namespace", ""), labels, frozenset(listened)))
    return found


def connections(plan: Plan, among: Iterable[End]) -> set[Connection]:
    """Every pair that the policies let through, at the ports that the server listens on."""
    policies = [
        step.inputs for step in plan.steps if step.type.endswith(":NetworkPolicy") and step.package == "kubernetes"
    ]
    everybody = list(among)
    return {
        Connection(str(caller), str(server), port)
        for caller in everybody
        for server in everybody
        if caller != server
        for port in server.ports
        if _lets(policies, caller, server, port, "egress") and _lets(policies, server, caller, port, "ingress")
    }


def _lets(policies: list[Any], end: End, other: End, port: int, direction: str) -> bool:
    """An end that no policy selects is open; one that some select is open to what one of them names."""
    kind = direction.capitalize()
    selecting = [
        policy
        for policy in policies
        if policy["metadata"]["namespace"] == end.namespace
        and kind in policy["spec"]["policyTypes"]
        and _matches(policy["spec"].get("podSelector", {}), end.labels)
    ]
    if not selecting:
        return True
    peers = "from" if direction == "ingress" else "to"
    rules = [(policy, rule) for policy in selecting for rule in policy["spec"].get(direction, [])]
    return any(
        _names_port(rule, port) and _names(rule.get(peers), other, policy["metadata"]["namespace"])
        for policy, rule in rules
    )


def _names_port(rule: Mapping[str, Any], port: int) -> bool:
    """Ports are written as numbers throughout."""
    return "ports" not in rule or any(
        each["port"] == port and each.get("protocol", "TCP") == "TCP" for each in rule["ports"]
    )


def _names(peers: list[Any] | None, other: End, namespace: str) -> bool:
    return not peers or any(_is(peer, other, namespace) for peer in peers)


def _is(peer: Mapping[str, Any], other: End, namespace: str) -> bool:
    if "ipBlock" in peer:
        return other.address is not None and _within(peer["ipBlock"], other.address)
    if other.address is not None:
        return False
    if "namespaceSelector" in peer:
        home = {"kubernetes.io/metadata.name": other.namespace}
        return _matches(peer["namespaceSelector"], home) and _matches(peer.get("podSelector", {}), other.labels)
    return other.namespace == namespace and _matches(peer.get("podSelector", {}), other.labels)


def _within(block: Mapping[str, Any], address: str) -> bool:
    at = ipaddress.ip_address(address)
    return at in ipaddress.ip_network(block["cidr"]) and not any(
        at in ipaddress.ip_network(hole) for hole in block.get("except", [])
    )


def _matches(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    expressions = selector.get("matchExpressions", ())
    assert {each["operator"] for each in expressions} <= {"In"}, "no policy of ours selects by others"
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items()) and all(
        labels.get(each["key"]) in each["values"] for each in expressions
    )
