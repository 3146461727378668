"""How many pods a Deployment has: by an autoscaler, fixed on purpose, or by the controller of releases."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from adapters.cluster_objects import Match, Shortlist, refers, same_text
from framework import Property, Resource

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
SCALED_OBJECT = "kubernetes:keda.sh/v1alpha1:ScaledObject"
AUTOSCALERS = (
    "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
    "kubernetes:autoscaling/v1:HorizontalPodAutoscaler",
    SCALED_OBJECT,
)
COMPONENT = "app.kubernetes.io/component"
SUPPORT = "support"
"""A workload without visitors, such as an exporter: its number of pods is fixed."""
SINGLETON = "slipway.dev/singleton"
"""Annotation of a workload with exactly one pod; its text is the reason."""
FIXED = "slipway.dev/fixed-replicas"
"""Annotation of a Deployment whose number of pods is fixed on purpose: `true`."""
LIVE_ONLY = "slipway.dev/live-only"
"""Annotation of a Deployment that the controller of releases scales, or of a ScaledObject that it pauses: `true`."""
PAUSED = "autoscaling.keda.sh/paused-replicas"
"""Annotation by which KEDA scales to so many pods and to no others."""


def supports(deployment: Resource) -> bool:
    return deployment["metadata"]["labels"][COMPONENT].text == SUPPORT


def is_singleton(deployment: Resource) -> bool:
    return bool((deployment["metadata"]["annotations"][SINGLETON].text or "").strip())


def is_fixed(deployment: Resource) -> bool:
    return deployment["metadata"]["annotations"][FIXED].text == "true"


def is_live_only(deployment: Resource) -> bool:
    return deployment["metadata"]["annotations"][LIVE_ONLY].text == "true"


def is_paused(autoscaler: Resource) -> bool:
    """Return whether it belongs to what runs in the live slot alone, so that it may be paused with no pod."""
    return autoscaler.type == SCALED_OBJECT and is_live_only(autoscaler)


def is_unscaled(deployment: Resource) -> bool:
    """Return whether no autoscaler may scale it: its number is fixed, or the controller of releases sets it."""
    return is_fixed(deployment) or is_live_only(deployment)


def is_scaled(deployment: Resource) -> bool:
    return not supports(deployment) and not is_singleton(deployment)


def bounds_of(autoscaler: Resource) -> tuple[Property, Property]:
    """Return minimum and maximum pods, with the kind's defaults."""
    names, usual = ("minReplicas", "maxReplicas"), (1, None)
    if autoscaler.type == SCALED_OBJECT:
        names, usual = ("minReplicaCount", "maxReplicaCount"), (0, 100)
    found = [autoscaler["spec"][name] for name in names]
    low, high = (
        Property(default, each.path) if each.missing and default is not None else each
        for each, default in zip(found, usual, strict=True)
    )
    return low, high


Finder = Callable[[Resource], dict[Resource, Match]]
"""Returns the autoscalers that may be a Deployment's."""


def finder(resources: Sequence[Resource]) -> Finder:
    """Return a function that finds the autoscalers of a Deployment among `resources`."""
    autoscalers = [each for each in resources if each.type in AUTOSCALERS]
    shortlist = Shortlist(autoscalers, [_known(each["spec"]["scaleTargetRef"]["name"]) or () for each in autoscalers])

    def find(deployment: Resource) -> dict[Resource, Match]:
        return {each: _scales(each, deployment) for each in shortlist.sharing(_known(deployment["metadata"]["name"]))}

    return find


def _known(name: Property) -> list[str] | None:
    return None if name.text is None else [name.text]


def _scales(autoscaler: Resource, deployment: Resource) -> Match:
    target = autoscaler["spec"]["scaleTargetRef"]
    if target.unknown:
        return refers(autoscaler, target, deployment)
    kind = same_text(target["kind"], Property("Deployment"), "Deployment" if autoscaler.type == SCALED_OBJECT else "")
    return min(kind, refers(autoscaler, target["name"], deployment))
