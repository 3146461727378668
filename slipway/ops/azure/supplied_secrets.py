"""Supplied secrets in the Key Vault of their system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from slipway.ops.azure.access import credential, translated_errors
from slipway.settings import store_names
from slipway.settings.clouds.azure import AzureCluster
from slipway.settings.stacks import DeployedSystem, Stack, StackCluster

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.keyvault.secrets import SecretClient

API_VERSION = "2025-07-01"


class KeyVault:
    """A `slipway.ops.secret_stores.SecretStore`. Key Vault has no empty entries: a secret without a version is not filled."""

    limit = 25_600

    def __init__(self, client: SecretClient, vault: str, supplied: Sequence[str]) -> None:
        self._client, self._vault = client, vault
        self._supplied = tuple(supplied)

    def place(self, name: str) -> str:
        return f"{self._vault}/{store_names.vault_secret(name)}"

    def set(self, name: str, value: str) -> None:
        with translated_errors(self.place(name)):
            self._client.set_secret(store_names.vault_secret(name), value)

    def filled(self) -> Mapping[str, datetime | None]:
        return {name: self._since(name) for name in self._supplied}

    def _since(self, name: str) -> datetime | None:
        """Return the creation time of the newest readable version."""
        with translated_errors(self.place(name)):
            versions = self._client.list_properties_of_secret_versions(store_names.vault_secret(name))
            made = [version.created_on for version in versions if version.enabled and version.created_on]
        return max(made, default=None)


def client_of(vault: str, login: TokenCredential) -> SecretClient:
    """Return a client of the vault of that name. A name that does not resolve is not retried."""
    from azure.keyvault.secrets import SecretClient

    return SecretClient(f"https://{vault}.vault.azure.net", login, api_version=API_VERSION, retry_connect=0)


def store(stack: Stack, cluster: StackCluster, system: DeployedSystem, supplied: Sequence[str]) -> KeyVault:
    """Return the vault of `system`, in the subscription of its cluster."""
    settings = cluster.settings
    assert isinstance(settings, AzureCluster)
    cluster_name = stack.cluster_name(cluster.name)
    vault = store_names.vault_name(settings.subscription, cluster_name, system.name)
    return KeyVault(client_of(vault, credential(settings)), vault, supplied)
