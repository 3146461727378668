"""The keys of a cluster in memory, and what this cloud cannot do."""

from __future__ import annotations

from typing import Literal

from slipway.settings.clouds.base import CloudSettings
from slipway.settings.cluster_settings import ClusterSettings
from slipway.settings.fields import Text


class MemoryCluster(ClusterSettings):
    """A cluster that nobody runs."""

    cloud: Literal["memory"]  # pyright: ignore[reportIncompatibleVariableOverride]
    """Always `memory`."""
    registry: Text
    """Where images are."""


CLOUD = CloudSettings(
    title="memory",
    cluster=MemoryCluster,
    lacks={"identities": "nobody asks", "edge": "the gateway splits traffic", "second region": "there is one"},
)
