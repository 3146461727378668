"""The images that a cluster runs."""

from __future__ import annotations

from slipway.settings.stacks import StackCluster


def released_repositories(cluster: StackCluster) -> list[str]:
    """Returns the repositories that the controller of releases looks up; none without that controller."""
    return cluster.repositories if cluster.settings.controllers.releases == "installed" else []


def of_controller(cluster: StackCluster, registry: str) -> list[str]:
    """Returns the repository of the controller of releases if its image is in the cluster's own registry. It is there
    before the controller is, so that its image can be pushed."""
    image = cluster.settings.releases.image or ""
    if not image.startswith(f"{registry}/"):
        return []
    return [image.removeprefix(f"{registry}/").partition("@")[0].rpartition(":")[0]]
