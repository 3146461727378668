"""The store of a system's supplied secrets, on whatever cloud the system stands."""

from __future__ import annotations

from importlib import import_module

from live.store import SecretStore
from settings.services import Supplied
from settings.stacks import PlacedCluster, PlacedSystem, Stack

ROOMS = {"aws": "live.aws", "azure": "live.azure", "local": "live.kubernetes"}
"""Who answers for a cloud; its SDK is imported only when a stack uses it."""


def store_of(stack: Stack, cluster: PlacedCluster, placed: PlacedSystem) -> SecretStore:
    """Opens the store. Raises CloudFailure when nobody is logged in to the cloud, or to the wrong account."""
    supplied = [name for name, secret in placed.definition.secrets.items() if isinstance(secret, Supplied)]
    room = import_module(f"{ROOMS[cluster.settings.cloud]}.secrets")
    return room.store(stack, cluster, placed, supplied)
