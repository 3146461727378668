"""The store of a system's supplied secrets, on any cloud."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from importlib import import_module
from typing import Protocol

from slipway.ops.clouds import PACKAGES
from slipway.settings.services import supplied_by
from slipway.settings.stacks import DeployedSystem, Stack, StackCluster


class SecretStore(Protocol):
    """The supplied secrets of one system on one cluster. Every call may raise CloudFailure; none returns a value."""

    limit: int
    """Maximum bytes of one value."""

    def place(self, name: str) -> str:
        """Return the location of the secret `name`, for people."""
        ...

    def set(self, name: str, value: str) -> None:
        """Replace the value of `name`. Raises MissingEntry before the first `pulumi up`."""
        ...

    def filled(self) -> Mapping[str, datetime | None]:
        """Return when each supplied secret got its current value; None while it has none."""
        ...


def store_of(stack: Stack, cluster: StackCluster, deployed: DeployedSystem) -> SecretStore:
    """Open the store. Raises CloudFailure without a login to the cloud, or with one to the wrong account."""
    supplied = [name for name, secret in deployed.definition.secrets.items() if supplied_by(secret)]
    package = import_module(f"{PACKAGES[cluster.settings.cloud]}.supplied_secrets")
    return package.store(stack, cluster, deployed, supplied)
