"""The manifests of a plan for one cluster: its objects, their dependencies, and the charts that are left out."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from slipway.ops.cluster.api_kinds import Kind
from slipway.ops.failure import CloudFailure
from slipway.rehearsal import Plan, Step

PREFIX, CHARTS = "kubernetes:", "kubernetes:helm.sh/"
DEFAULT_NAMESPACE = "default"
APPLIED = ("create", "import")


class Unplaced(CloudFailure):
    """The stack does not have the cluster of an object."""


@dataclass(frozen=True)
class Object:
    """One object of the plan. `needs` are the URNs of objects that come first; timeouts are seconds by operation."""

    urn: str
    kind: Kind
    name: str
    body: Mapping[str, Any]
    namespace: str = DEFAULT_NAMESPACE
    """The namespace, if the kind is namespaced."""
    needs: frozenset[str] = frozenset()
    timeouts: Mapping[str, float] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    protected: bool = False
    patch: bool = False
    """True if it only changes an object with another owner."""

    @property
    def title(self) -> str:
        stated = self.body.get("metadata", {}).get("namespace")
        return f"{self.kind.name} {stated}/{self.name}" if stated else f"{self.kind.name} {self.name}"

    @property
    def annotations(self) -> Mapping[str, str]:
        return self.body.get("metadata", {}).get("annotations") or {}


@dataclass(frozen=True)
class Manifests:
    """The objects of one cluster in the plan's order, and the charts, which only Helm can apply."""

    objects: tuple[Object, ...]
    charts: tuple[str, ...]


def manifests(plan: Plan, cluster: str, clusters: Collection[str]) -> Manifests:
    """Return the manifests of the plan for `cluster`, one of the stack's `clusters`. Raises Unplaced."""
    members = [step for step in _members(plan) if cluster_of(_provider(step), clusters) == cluster]
    chosen = {step.urn for step in members if not step.type.startswith(CHARTS)}
    charts = tuple(step.name for step in members if step.urn not in chosen)
    return Manifests(tuple(_object(plan, step, chosen) for step in members if step.urn in chosen), charts)


def cluster_of(provider: str, clusters: Collection[str]) -> str:
    """Return the cluster of a Kubernetes provider, whose name is the cluster's, with or without a suffix. Raises
    Unplaced."""
    found = [name for name in clusters if provider == name or provider.startswith(f"{name}-")]
    if not found:
        raise Unplaced(
            f"the Kubernetes provider {provider} does not have the name of a cluster ({', '.join(sorted(clusters))})"
        )
    return max(found, key=len)


def _members(plan: Plan) -> Iterator[Step]:
    for step in plan.steps:
        if step.type.startswith(PREFIX) and step.state.get("custom") and step.op in APPLIED:
            yield step


def _provider(step: Step) -> str:
    return step.provider.rpartition("::")[0].rpartition("::")[2]


def _object(plan: Plan, step: Step, chosen: set[str]) -> Object:
    body, metadata = step.inputs, step.inputs.get("metadata") or {}
    provider = plan.by_urn.get(step.provider.rpartition("::")[0])
    fallback = provider.inputs.get("namespace", DEFAULT_NAMESPACE) if provider else DEFAULT_NAMESPACE
    patch = step.type.endswith("Patch") and not body["kind"].endswith("Patch")
    return Object(
        urn=step.urn,
        kind=Kind(body["apiVersion"], body["kind"]),
        name=metadata.get("name") or _generated_name(step),
        body=body,
        namespace=metadata.get("namespace") or fallback,
        needs=frozenset(_needs(plan, step, chosen)),
        timeouts=step.state.get("customTimeouts", {}),
        ignored=tuple(step.state.get("ignoreChanges", ())),
        protected=bool(step.state.get("protect")),
        patch=patch,
    )


def _generated_name(step: Step) -> str:
    """Return a name for an object without one. Pulumi appends random letters; here they are the same in every run."""
    stem = step.name.rpartition("/")[2].lower()
    return f"{stem}-{hashlib.sha256(step.urn.encode()).hexdigest()[:8]}"


def _needs(plan: Plan, step: Step, chosen: set[str]) -> set[str]:
    """Return the objects that a step depends on, directly or through resources that are not in the cluster."""
    found: set[str] = set()
    seen, queue = {step.urn}, list(_before(plan, step))
    while queue:
        urn = queue.pop()
        if urn in seen:
            continue
        seen.add(urn)
        if urn in chosen:
            found.add(urn)
        elif (other := plan.by_urn.get(urn)) is not None:
            queue.extend(_before(plan, other))
    return found


def _before(plan: Plan, step: Step) -> Iterator[str]:
    """Yield the dependencies of a step. A dependency on a component means everything below it."""
    named: list[str] = [*step.dependencies, step.provider.rpartition("::")[0]]
    for urns in step.state.get("propertyDependencies", {}).values():
        named.extend(urns)
    for urn in named:
        yield from _with_children(plan, urn)
    yield step.parent


def _with_children(plan: Plan, urn: str) -> Sequence[str]:
    step = plan.by_urn.get(urn)
    if step is None or step.state.get("custom"):
        return (urn,)
    return [below for child in plan.children_of(urn) for below in _with_children(plan, child.urn)]
