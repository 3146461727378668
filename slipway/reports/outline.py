"""Groups a plan by clusters, systems and their parts, with the number of resources of each type."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from slipway.rehearsal import Plan, Step
from slipway.settings.services import SHARED
from slipway.settings.stacks import DeployedSystem, Stack, StackCluster

SYSTEM_TYPE = "slipway:system:System"
SLOT_TYPE = "slipway:system:Slot"
PROVIDER_TYPE = "pulumi:providers:"
STACK_TYPE = "pulumi:pulumi:Stack"
NAMED = ("bucket", "database")
OF_CLUSTERS = {"Foundation": "foundation", "Cluster": "cluster services"}
"""The parts of a cluster besides systems: the last word of the component's type, and the title."""


@dataclass(frozen=True)
class Part:
    """A component of a system or of a cluster's foundation, with its resources."""

    title: str
    note: str
    resources: tuple[Step, ...]

    @property
    def counts(self) -> Mapping[str, int]:
        return counts(self.resources)


@dataclass(frozen=True)
class Group:
    """A system, or the foundation of a cluster."""

    title: str
    note: str
    parts: tuple[Part, ...]

    @property
    def resources(self) -> int:
        return sum(len(part.resources) for part in self.parts)


@dataclass(frozen=True)
class Outline:
    """The groups of each cluster, notes on its location, and the providers, which belong to no cluster."""

    clusters: Mapping[str, tuple[Group, ...]]
    notes: Mapping[str, str]
    providers: tuple[Step, ...] = ()


def outline(plan: Plan, stack: Stack) -> Outline:
    roots = [step for step in plan.steps if step.parent == _stack_urn(plan) or not step.parent]
    components = {(step.type, step.name): step for step in roots}
    clusters: dict[str, tuple[Group, ...]] = {}
    for name, cluster in stack.clusters.items():
        clusters[name] = tuple(_groups(plan, cluster, components))
    notes = {name: _place(cluster) for name, cluster in stack.clusters.items()}
    if not stack.clusters:
        clusters, notes = {plan.project: tuple(_plain_groups(plan, roots))}, {plan.project: ""}
    providers = tuple(step for step in roots if step.type.startswith(PROVIDER_TYPE))
    return Outline(clusters, notes, providers)


def is_resource(step: Step) -> bool:
    """Return whether a step is more than a component that only groups its children."""
    return bool(step.state.get("custom"))


def counts(steps: tuple[Step, ...]) -> Mapping[str, int]:
    """Return the number of resources by the last word of their type, the most frequent first."""
    return dict(sorted(Counter(kind(step) for step in steps).items(), key=lambda item: (-item[1], item[0])))


def kind(step: Step) -> str:
    """Return `kubernetes:apps/v1:Deployment` as `Deployment`."""
    return step.type.rsplit(":", 1)[-1]


def _stack_urn(plan: Plan) -> str:
    return next((step.urn for step in plan.steps if step.type == STACK_TYPE), "")


def _groups(plan: Plan, cluster: StackCluster, components: Mapping[tuple[str, str], Step]) -> Iterator[Group]:
    for end, title in OF_CLUSTERS.items():
        for (type_, name), step in components.items():
            if type_.endswith(f":{end}") and name == cluster.name:
                yield Group(title, "", tuple(_parts(plan, step)))
    for name, system in cluster.systems.items():
        step = components.get((SYSTEM_TYPE, name))
        if step is not None:
            yield Group(name, system.definition.title, tuple(_parts(plan, step, system)))


def _plain_groups(plan: Plan, roots: Sequence[Step]) -> Iterator[Group]:
    """Yield the groups of a stack without clusters: resources outside components by package, then each component."""
    by_package: dict[str, list[Step]] = {}
    for step in roots:
        if is_resource(step) and not step.type.startswith(PROVIDER_TYPE):
            by_package.setdefault(step.type.partition(":")[0], []).extend((step, *_below(plan, step)))
    if by_package:
        parts = [Part(package, "", tuple(found)) for package, found in sorted(by_package.items())]
        yield Group("(own resources)", "", tuple(parts))
    for step in roots:
        if not is_resource(step) and step.type != STACK_TYPE:
            yield Group(step.name, step.type, tuple(_parts(plan, step)))


def _parts(plan: Plan, root: Step, system: DeployedSystem | None = None) -> Iterator[Part]:
    own = tuple(child for child in plan.children_of(root.urn) if is_resource(child))
    if own:
        yield Part("(own resources)", "", own + tuple(each for child in own for each in _below(plan, child)))
    for child in plan.children_of(root.urn):
        if not is_resource(child):
            resources = tuple(_below(plan, child))
            if resources:
                yield Part(_title(child), _note(child, system), resources)


def _below(plan: Plan, step: Step) -> Iterator[Step]:
    for child in plan.children_of(step.urn):
        if is_resource(child):
            yield child
        yield from _below(plan, child)


def _title(component: Step) -> str:
    word = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind(component)).lower()
    name = component.name.rsplit("/", 1)[-1]
    if component.type == SLOT_TYPE:
        return name.rsplit("-", 1)[-1]
    return f"{word} {name}" if word in NAMED else word


def _note(component: Step, system: DeployedSystem | None) -> str:
    if system is None or component.type != SLOT_TYPE:
        return ""
    slot = component.name.rsplit("-", 1)[-1]
    version = system.deployment.slot(slot).version
    if slot == SHARED:
        return f"{version}, for both slots" if version else "no version: addresses only"
    return f"{version}, {system.deployment.weight(slot)} %" if version else "no version: addresses only"


def _place(cluster: StackCluster) -> str:
    region = (
        getattr(cluster.settings, "region", None) or getattr(cluster.settings, "context", None) or "current context"
    )
    return f"{cluster.settings.cloud}, {region}"
