"""Objects that another resource contains, and that a controller creates from it: rules judge them like plain ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from framework.reading import Property
from framework.resources import Resource

RELEASE = "kubernetes:slipway.dev/v1:Release"
ROUTES, HTTP_ROUTE = "kubernetes:gateway.networking.k8s.io/v1:", "HTTPRoute"
"""Beginning of the types of routes, and the kind of those that name none."""
JOB = "kubernetes:batch/v1:Job"
SLOTS = ("blue", "green")
SPLIT, CLOSED = "split", "closed"


def of_one(resource: Resource) -> Iterator[Resource]:
    """Return the objects in a resource in each of their states, for rules on one resource."""
    if resource.type == RELEASE:
        yield from _routes(resource, (*SLOTS, *_splits(resource), CLOSED))
        yield from _jobs(resource)


def of_stack(resource: Resource) -> Iterator[Resource]:
    """Return the objects in a resource as they will be together, for rules on the stack: visitors have the target, or
    are split on their way to it."""
    if resource.type == RELEASE:
        target = resource["spec"]["target"]["slot"].text
        yield from _routes(resource, (*([target] if target in SLOTS else SLOTS), *_splits(resource), CLOSED))
        yield from _jobs(resource)


def _splits(release: Resource) -> tuple[str, ...]:
    """Return the split state if visitors are ever split: in steps, between two slots with a version."""
    steps, deployed = release["spec"]["steps"], release["spec"]["deployments"]
    certain = not steps.unknown and not deployed.unknown
    return () if certain and (not steps.listing or len(deployed.keys) < len(SLOTS)) else (SPLIT,)


def _routes(release: Resource, states: tuple[str, ...]) -> Iterator[Resource]:
    routes = release["spec"]["routes"]
    for route in [routes] if routes.unknown else routes.elements():
        type_ = f"{ROUTES}{route['kind'].text or HTTP_ROUTE}"
        for state in states:
            if route[state].present:
                yield _embedded(release, type_, route["name"], route[state], route)


def _jobs(release: Resource) -> Iterator[Resource]:
    jobs = release["spec"]["jobs"]
    for each in [jobs] if jobs.unknown else jobs.elements():
        yield _embedded(release, JOB, each["name"], each["job"], release["metadata"])


def _embedded(release: Resource, type_: str, name: Property, spec: Property, described: Property) -> Resource:
    metadata = release["metadata"]
    properties: dict[str, Any] = {
        "metadata": {
            "name": name.value if name.text else None,
            "namespace": metadata["namespace"].value,
            "labels": described["labels"].value if described["labels"].mapping else None,
            "annotations": metadata["annotations"].value if metadata["annotations"].mapping else None,
        },
        "spec": spec.value,
    }
    return replace(release, type=type_, name=f"{release.name}: {name.text or '?'}", properties=Property(properties))
