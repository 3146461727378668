"""Which images a cluster runs."""

from __future__ import annotations

from settings.stacks import PlacedCluster


def repositories(cluster: PlacedCluster) -> list[str]:
    """Image repositories of every service and site on the cluster, each once, sorted."""
    systems = [system.definition for system in cluster.systems.values()]
    services = [service.image for system in systems for service in system.services.values()]
    return sorted({*services, *(site.artefact for system in systems for site in system.sites.values())})
