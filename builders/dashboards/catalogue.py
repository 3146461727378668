"""All dashboards of a system."""

from __future__ import annotations

from builders.dashboards import databases, overview, releases
from settings.stacks import PlacedSystem


def of_system(placed: PlacedSystem) -> dict[str, str]:
    """The text of each by the name of its file."""
    pages = {placed.name: overview.page(placed), f"{placed.name}-releases": releases.page(placed)}
    if databases.managed(placed):
        pages[f"{placed.name}-databases"] = databases.page(placed)
    return {f"{name}.json": page.text for name, page in pages.items()}
