"""The store of a system's supplied secrets, on whatever cloud the system stands."""

from __future__ import annotations

from importlib import import_module

from live.store import SecretStore
from settings.services import Supplied
from settings.stacks import PlacedCluster, Stack

ROOMS = {"aws": "live.aws", "azure": "live.azure", "local": "live.kubernetes"}
"""Who answers for a cloud; its SDK is imported only when a stack uses it."""


def cluster_of(stack: Stack, system: str) -> PlacedCluster:
    """The one cluster of `stack` that `system` stands on. Raises KeyError when none has it."""
    return {name: cluster for cluster in stack.clusters.values() for name in cluster.systems}[system]


def store_of(stack: Stack, system: str) -> SecretStore:
    """Opens the store. Raises CloudFailure when nobody is logged in to the cloud, or to the wrong account."""
    cluster = cluster_of(stack, system)
    placed = cluster.systems[system]
    supplied = [name for name, secret in placed.definition.secrets.items() if isinstance(secret, Supplied)]
    room = import_module(f"{ROOMS[cluster.settings.cloud]}.secrets")
    return room.store(stack, cluster, placed, supplied)
