"""The tables of billed items of each cloud. A type that is in no table is unknown, never free."""

from __future__ import annotations

from collections.abc import Mapping

from slipway.cost.clouds import aws, azure, kubernetes
from slipway.cost.quantity import Cloud

CLOUDS: Mapping[str, Cloud] = {
    name: kubernetes.on(cloud) for name, cloud in {"aws": aws.CLOUD, "azure": azure.CLOUD}.items()
}
"""By the name of the cloud in stacks. A cluster on no cloud has no bill."""
PROVIDERS = {"aws": "aws", "azure": "azure-native"}
"""The Pulumi package of each cloud's types."""


def known(type_: str) -> bool:
    """Return whether a table has a row for a type."""
    return any(type_ in cloud.rules or type_ in cloud.free for cloud in CLOUDS.values())


def maker(type_: str) -> str:
    """Return the cloud whose own provider creates a type; empty for the types of Kubernetes, which run on any cloud."""
    package = type_.partition(":")[0]
    return next((name for name, own in PROVIDERS.items() if own == package), "")
