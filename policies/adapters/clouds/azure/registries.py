"""Image registries on Azure, which has no setting for immutable tags: anybody with push access can move them."""

from __future__ import annotations

from adapters.clouds.contract import Registry
from adapters.image_names import Image
from adapters.safeguards import Safeguard
from framework import Property

REGISTRY = "azure-native:containerregistry:Registry"
_HOST = ".azurecr.io"


def _name_of(image: Image) -> str:
    return image.host.removesuffix(_HOST) if image.host.endswith(_HOST) else ""


REGISTRIES = {
    REGISTRY: Registry(lambda registry: registry["registryName"].text or "", _name_of, lambda _: Property("IMMUTABLE"))
}
SERVES_KNOWN = Safeguard(
    path=("anonymousPullEnabled",), safe=(False,), by_default=True, otherwise="allows anonymous pulls"
)
"""The registry has no setting for image scanning: a plan of the subscription scans pushed images."""
