"""What of a plan goes to one cluster: its objects, what each of them needs, and what is left out."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from live.cluster.kinds import Kind
from live.failure import CloudFailure
from rehearsal import Plan, Step

PREFIX, CHARTS = "kubernetes:", "kubernetes:helm.sh/"
DEFAULT_NAMESPACE = "default"
APPLIED = ("create", "import")


class Unplaced(CloudFailure):
    """An object goes to a cluster that the stack does not have."""


@dataclass(frozen=True)
class Object:
    """One object of the plan. `needs` are URNs of objects that come before it; timeouts are seconds by operation."""

    urn: str
    kind: Kind
    name: str
    body: Mapping[str, Any]
    namespace: str = DEFAULT_NAMESPACE
    """Where it goes if its kind is one of things in namespaces."""
    needs: frozenset[str] = frozenset()
    timeouts: Mapping[str, float] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    protected: bool = False
    patch: bool = False
    """Whether it only changes an object that belongs to somebody else."""

    @property
    def title(self) -> str:
        stated = self.body.get("metadata", {}).get("namespace")
        return f"{self.kind.name} {stated}/{self.name}" if stated else f"{self.kind.name} {self.name}"

    @property
    def annotations(self) -> Mapping[str, str]:
        return self.body.get("metadata", {}).get("annotations") or {}


@dataclass(frozen=True)
class Parts:
    """The objects of one cluster in the plan's order, and the charts, which only Helm could apply."""

    objects: tuple[Object, ...]
    charts: tuple[str, ...]


def parts(plan: Plan, cluster: str, clusters: Collection[str]) -> Parts:
    """What of the plan goes to `cluster`, one of the stack's `clusters`. Raises Unplaced."""
    members = [step for step in _members(plan) if cluster_of(_provider(step), clusters) == cluster]
    chosen = {step.urn for step in members if not step.type.startswith(CHARTS)}
    charts = tuple(step.name for step in members if step.urn not in chosen)
    return Parts(tuple(_object(plan, step, chosen) for step in members if step.urn in chosen), charts)


def cluster_of(provider: str, clusters: Collection[str]) -> str:
    """Whose a Kubernetes provider is: it has its cluster's name, or that and an addition. Raises Unplaced."""
    found = [name for name in clusters if provider == name or provider.startswith(f"{name}-")]
    if not found:
        raise Unplaced(f"the Kubernetes provider {provider} has the name of no cluster ({', '.join(sorted(clusters))})")
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
        name=metadata.get("name") or _made_name(step),
        body=body,
        namespace=metadata.get("namespace") or fallback,
        needs=frozenset(_needs(plan, step, chosen)),
        timeouts=step.state.get("customTimeouts", {}),
        ignored=tuple(step.state.get("ignoreChanges", ())),
        protected=bool(step.state.get("protect")),
        patch=patch,
    )


def _made_name(step: Step) -> str:
    """Pulumi appends random letters to the name of an object that has none; here they are the same in every run."""
    stem = step.name.rpartition("/")[2].lower()
    return f"{stem}-{hashlib.sha256(step.urn.encode()).hexdigest()[:8]}"


def _needs(plan: Plan, step: Step, chosen: set[str]) -> set[str]:
    """The objects that come before a step, directly or by way of resources that no cluster holds."""
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
    """What a step names. A component that is depended on means everything below it."""
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
