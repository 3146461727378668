"""Values that are already in a Key Vault that is not Slipway's."""

from __future__ import annotations

from urllib.parse import urlsplit

from slipway.ops.azure.access import credential, translated_errors
from slipway.ops.azure.supplied_secrets import client_of
from slipway.ops.failure import MissingEntry
from slipway.settings.clouds.azure import AzureCluster


def value_of(cluster: AzureCluster, entry: str) -> str:
    """Return the newest value of a secret by its address. Raises CloudFailure, which never quotes it."""
    from azure.core.exceptions import ResourceNotFoundError

    address = urlsplit(entry)
    client = client_of((address.hostname or "").partition(".")[0], credential(cluster))
    with translated_errors(entry):
        try:
            value = client.get_secret(address.path.removeprefix("/secrets/")).value
        except ResourceNotFoundError:
            value = None
    if value is None:
        raise MissingEntry(f"azure: {entry} does not exist, or has no value")
    return value
