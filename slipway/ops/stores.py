"""The store of a system's supplied secrets, on any cloud."""

from __future__ import annotations

from importlib import import_module

from slipway.ops.store import SecretStore
from slipway.settings.services import supplied_by
from slipway.settings.stacks import DeployedSystem, Stack, StackCluster

PACKAGES = {"aws": "slipway.ops.aws", "azure": "slipway.ops.azure", "local": "slipway.ops.kubernetes"}
"""The package of each cloud; its SDK is imported only if a stack uses it."""


def store_of(stack: Stack, cluster: StackCluster, deployed: DeployedSystem) -> SecretStore:
    """Open the store. Raises CloudFailure without a login to the cloud, or with one to the wrong account."""
    supplied = [name for name, secret in deployed.definition.secrets.items() if supplied_by(secret)]
    package = import_module(f"{PACKAGES[cluster.settings.cloud]}.secrets")
    return package.store(stack, cluster, deployed, supplied)
