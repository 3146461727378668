"""The images of a system's services, complete with registry and tag or digest."""

from __future__ import annotations

from collections.abc import Iterable

from pulumi_kubernetes import core

from components.manifests.versions import Pins
from slipway.settings.images import ForeignImage, Image
from slipway.settings.stacks import DeployedSystem
from slipway.settings.store_names import supplied_secret


def of_service(deployed: DeployedSystem, service: str, slot: str, *, registry: str, pins: Pins) -> str:
    """Returns the image of `service` in a slot that has a version."""
    return reference(
        deployed.definition.services[service].image,
        registry=registry,
        version=deployed.deployment.slot(slot).version_of(service),
        pins=pins,
    )


def reference(image: Image, *, registry: str, version: str | None, pins: Pins) -> str:
    """Returns an image as pods name it: the cluster's own at `version`, one of others as it is declared."""
    return pins.foreign(image) if isinstance(image, ForeignImage) else f"{registry}/{image}:{version}"


def pull_secrets(system: str, images: Iterable[Image]) -> list[core.v1.LocalObjectReferenceArgs]:
    """Returns the Secrets with which nodes pull `images`, without duplicates."""
    named = dict.fromkeys(each.pull_secret for each in images if isinstance(each, ForeignImage) and each.pull_secret)
    return [core.v1.LocalObjectReferenceArgs(name=supplied_secret(system, each)) for each in named]
