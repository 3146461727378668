"""The images that a cluster runs."""

from __future__ import annotations

from slipway.settings.stacks import StackCluster


def repositories(cluster: StackCluster) -> list[str]:
    """Returns the image repositories of all services and sites on the cluster, without duplicates and sorted."""
    systems = [system.definition for system in cluster.systems.values()]
    services = [service.image for system in systems for service in system.services.values()]
    return sorted({*services, *(site.artefact for system in systems for site in system.sites.values())})
