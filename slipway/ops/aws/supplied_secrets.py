"""Supplied secrets in AWS Secrets Manager, one entry per secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from slipway.ops.aws.access import session, translated_errors
from slipway.ops.failure import MissingEntry
from slipway.settings import store_names
from slipway.settings.clouds.aws import AwsCluster
from slipway.settings.stacks import DeployedSystem, Stack, StackCluster

CURRENT = "AWSCURRENT"


class SecretsManager:
    """A `slipway.ops.secret_stores.SecretStore`. `client` is boto3's of `secretsmanager`."""

    limit = 65_536

    def __init__(self, client: Any, cluster_name: str, system: str, supplied: Sequence[str]) -> None:
        self._client = client
        self._entries = {name: store_names.secret_entry(cluster_name, system, name) for name in supplied}

    def place(self, name: str) -> str:
        return self._entries[name]

    def set(self, name: str, value: str) -> None:
        entry = self._entries[name]
        with translated_errors(entry):
            try:
                self._client.put_secret_value(SecretId=entry, SecretString=value)
            except self._client.exceptions.ResourceNotFoundException:
                raise MissingEntry(f"aws: there is no entry {entry} yet; run `pulumi up` first") from None

    def filled(self) -> Mapping[str, datetime | None]:
        return {name: self._since(entry) for name, entry in self._entries.items()}

    def _since(self, entry: str) -> datetime | None:
        """Return the creation time of the current version; an entry that nobody filled has none."""
        with translated_errors(entry):
            try:
                # Versions without a stage are left out, so there is never a second page.
                versions = self._client.list_secret_version_ids(SecretId=entry)["Versions"]
            except self._client.exceptions.ResourceNotFoundException:
                return None
        current = [version for version in versions if CURRENT in version.get("VersionStages", ())]
        return current[0]["CreatedDate"] if current else None


def store(stack: Stack, cluster: StackCluster, system: DeployedSystem, supplied: Sequence[str]) -> SecretsManager:
    """Return the entries of `system`, in the account and region of its cluster."""
    assert isinstance(cluster.settings, AwsCluster)
    client = session(cluster.settings).client("secretsmanager")
    return SecretsManager(client, stack.cluster_name(cluster.name), system.name, supplied)
