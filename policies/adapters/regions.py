"""Names of regions in any notation."""


def plain(region: str) -> str:
    """Return `eastus2` for `East US 2`."""
    return region.replace(" ", "").lower()
