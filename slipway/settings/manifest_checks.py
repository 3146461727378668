"""What a stack lets the manifests of its systems be: known kinds in the system's own namespace, and what it allows."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from slipway.settings.cluster_services import API_GROUPS, Controllers
from slipway.settings.finding import Finding, Found
from slipway.settings.hosts import covers
from slipway.settings.kinds import KINDS
from slipway.settings.manifests import Manifest
from slipway.settings.pointers import Path
from slipway.settings.problems import Problem
from slipway.settings.stacks import DeployedSystem, StackCluster

ROUTES = ("GRPCRoute", "HTTPRoute", "TLSRoute")


def problems(cluster: StackCluster, reserved: Collection[str]) -> Iterator[Problem]:
    """Yield every object that the stack does not allow, at its own line; `reserved` are the namespaces of the cluster's
    own services."""
    for system in cluster.systems.values():
        key = f"clusters.{cluster.name}.systems.{system.name}.manifests"
        for each in system.manifests:
            yield from _kind(system, each, key)
            yield from _looked_after(system, each, key, cluster.settings.controllers)
            if each.namespace is not None and system.is_namespaced(each):
                yield from _namespace(system, each, reserved, key)
            if each.kind in ROUTES and each.api_version.startswith("gateway.networking.k8s.io/"):
                yield from _hostnames(system, each)


def findings(path: Path, cluster: StackCluster, reserved: Collection[str]) -> Found:
    """Yield every right of manifests that contradicts what is known, at its entry in the stack."""
    for name, system in cluster.systems.items():
        rights = system.deployment.manifests
        for index, allowed in enumerate(rights.kinds):
            scope = KINDS.get((allowed.api_version, allowed.kind))
            if scope is not None and scope != allowed.scope:
                rule = f"has the wrong scope: objects of {allowed.kind} are {_are(scope)}"
                yield Finding((*path, "systems", name, "manifests", "kinds", index), rule)
        for index, namespace in enumerate(rights.namespaces):
            owner = _owner(system, namespace, reserved)
            if owner is not None:
                yield Finding(
                    (*path, "systems", name, "manifests", "namespaces", index), f"is {owner}: nobody else writes there"
                )


def _kind(system: DeployedSystem, manifest: Manifest, key: str) -> Iterator[Problem]:
    scope, allowed = KINDS.get(manifest.identity), system.allowed_kind(manifest)
    if allowed is None and scope is None:
        rule = f"is a kind that no chart of Slipway installs: {_allow(manifest, 'namespace', key)}"
        yield manifest.problem(("kind",), rule)
    elif allowed is None and scope == "cluster":
        rule = f"is a kind of the whole cluster: {_allow(manifest, 'cluster', key)}"
        yield manifest.problem(("kind",), rule)
    elif manifest.namespace is not None and not system.is_namespaced(manifest):
        yield manifest.problem(
            ("metadata", "namespace"), f"is set, but a {manifest.kind} is in no namespace: remove it"
        )


def _looked_after(system: DeployedSystem, manifest: Manifest, key: str, controllers: Controllers) -> Iterator[Problem]:
    """Check that the controller of a known kind is there, unless the stack says that the cluster knows the kind."""
    group = manifest.api_version.rpartition("/")[0]
    for name, groups in API_GROUPS.items():
        if group in groups and getattr(controllers, name) == "absent" and system.allowed_kind(manifest) is None:
            scope = KINDS.get(manifest.identity, "namespace")
            rule = f"is a kind of 'controllers.{name}', which is absent: set that to present, or {_allow(manifest, scope, key)}"
            yield manifest.problem(("kind",), rule)


def _allow(manifest: Manifest, scope: str, key: str) -> str:
    entry = f"{{apiVersion: {manifest.api_version}, kind: {manifest.kind}, scope: {scope}}}"
    return f"the stack may allow it by {key}.kinds, for example [{entry}]"


def _namespace(system: DeployedSystem, manifest: Manifest, reserved: Collection[str], key: str) -> Iterator[Problem]:
    namespace = manifest.namespace or ""
    place = ("metadata", "namespace")
    if namespace == system.namespace:
        return
    owner = _owner(system, namespace, reserved)
    if owner is not None:
        yield manifest.problem(place, f"is {owner}: remove it, for the system's own")
    elif namespace not in system.deployment.manifests.namespaces:
        yield manifest.problem(
            place, f"is not the system's own: remove it, or let the stack allow it by {key}.namespaces"
        )


def _owner(system: DeployedSystem, namespace: str, reserved: Collection[str]) -> str | None:
    """Return whose namespace it is; None if it is nobody's that the stack knows."""
    if namespace in reserved:
        return "a namespace of the cluster's own services"
    other = next((each.name for each in system.neighbours.values() if each.namespace == namespace), None)
    return None if other is None else f"the namespace of system '{other}'"


def _hostnames(system: DeployedSystem, manifest: Manifest) -> Iterator[Problem]:
    """Check that a route takes no other system's visitors."""
    spec = manifest.body.get("spec")
    names = spec.get("hostnames") if isinstance(spec, dict) else None
    own = set(system.definition.domains.values())
    if not isinstance(names, list) or not names:
        yield manifest.problem(
            ("spec", "hostnames"), "needs hostnames: without them the route takes every system's visitors"
        )
        return
    for index, name in enumerate(names):
        if not any(covers(host, str(name)) for host in own):
            yield manifest.problem(
                ("spec", "hostnames", index), "is not one of the system's domains: add it to 'domains'"
            )


def _are(scope: str) -> str:
    return "in a namespace" if scope == "namespace" else "the whole cluster's"
