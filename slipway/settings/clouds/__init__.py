"""The supported clouds, one file each, registered here."""

from __future__ import annotations

from slipway.settings.clouds import aws, azure, local
from slipway.settings.clouds.base import CloudSettings
from slipway.settings.clouds.capabilities import Capability

CLOUDS: dict[str, CloudSettings] = {"aws": aws.CLOUD, "azure": azure.CLOUD, "local": local.CLOUD}
"""The clouds by the value of `cloud` of a cluster."""


def is_able(cloud: str, capability: Capability) -> bool:
    return capability not in CLOUDS[cloud].lacks


def refusal(cloud: str, capability: Capability) -> str:
    """Return why the cloud cannot provide it, or what to set instead."""
    return CLOUDS[cloud].lacks[capability]
