"""What services may call outside the internet and their own system, and their rights on resources of others, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slipway.settings.clouds import CLOUDS
from slipway.settings.clouds.grants.granted_kinds import Kind, kind_of
from slipway.settings.egress import Egress, ToNamespace, ToNetwork, ToSystem
from slipway.settings.grants import Grant
from slipway.settings.stacks import Stack


def lines(stack: Stack) -> Iterator[str]:
    """Yield a line for each private network, namespace and other system that a stack opens to a service."""
    for cluster in stack.clusters.values():
        for system in cluster.systems.values():
            for name, service in system.definition.services.items():
                for each in service.egress:
                    if not isinstance(each, Egress):
                        yield f"{system.name}/{name} on {cluster.name}: {called(each)}"


def granted(stack: Stack) -> Iterator[str]:
    """Yield a line for each resource of others on which a stack gives a service rights, or would if it had identities."""
    for cluster in stack.clusters.values():
        kinds = CLOUDS[cluster.settings.cloud].grantable
        for system in cluster.systems.values():
            for name, service in system.definition.services.items():
                for key, grant in service.grants.items():
                    yield f"{system.name}/{name} on {cluster.name}: {right(key, grant, kinds)}"


def right(name: str, grant: Grant, kinds: Sequence[Kind] = ()) -> str:
    """Return what a grant gives: `send, receive on queue arn:…:orders`."""
    may = ", ".join(grant.may)
    if grant.resource is None:
        return f"{may} on {name}: not given here"
    kind = kind_of(kinds, grant.resource)
    owner = f" of account {grant.account}" if grant.account else ""
    return f"{may} on {kind.name if kind else name} {grant.resource}{owner}"


def called(egress: Egress | ToNetwork | ToNamespace | ToSystem) -> str:
    """Return what an entry opens: `10.30.5.4/32 port 5432 (db.example.com)`."""
    if isinstance(egress, ToNetwork):
        return f"{egress.network} port {egress.port}" + (f" ({egress.host})" if egress.host else "")
    if isinstance(egress, ToNamespace):
        pods = ", ".join(f"{name}={value}" for name, value in egress.pods.items()) or "all pods"
        return f"{pods} of namespace {egress.namespace}, port {egress.port}"
    if isinstance(egress, ToSystem):
        return f"service {egress.service} of system {egress.system}, port {egress.port or 'http'}"
    return egress.host
