"""All dashboards of a system."""

from __future__ import annotations

from components.cluster.monitoring.manifests.dashboards import database_dashboard, overview, release_dashboard
from slipway.settings.stacks import DeployedSystem


def of_system(deployed: DeployedSystem) -> dict[str, str]:
    """Returns the text of each dashboard by file name."""
    pages = {deployed.name: overview.page(deployed), f"{deployed.name}-releases": release_dashboard.page(deployed)}
    if database_dashboard.managed(deployed):
        pages[f"{deployed.name}-databases"] = database_dashboard.page(deployed)
    return {f"{name}.json": page.text for name, page in pages.items()}


def folder(title: str) -> str:
    """Returns the system's folder in Grafana, without slashes: it is a directory on disk first, which a slash would
    leave."""
    return title.replace("/", "-")[:60].strip(". ") or "system"
