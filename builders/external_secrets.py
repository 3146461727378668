"""How a namespace gets its secrets from a cloud's store: specs of the External Secrets operator, as its API has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

API_VERSION = "external-secrets.io/v1"
STORE, SECRET = "SecretStore", "ExternalSecret"
STORE_NAME = "slipway"
ACCOUNT = "secrets"
"""The service account of each namespace by which the operator reads that system's entries and no other's."""
REFRESH = "1m"
"""How soon a new value reaches the cluster."""


def aws_store(region: str) -> dict[str, Any]:
    """Secrets Manager, read with the role of the namespace's own service account."""
    account = {"serviceAccountRef": {"name": ACCOUNT}}
    return {"provider": {"aws": {"service": "SecretsManager", "region": region, "auth": {"jwt": account}}}}


def azure_store(vault_url: pulumi.Input[str], tenant: str) -> dict[str, Any]:
    """A Key Vault, read with the identity of the namespace's own service account."""
    vault = {
        "authType": "WorkloadIdentity",
        "vaultUrl": vault_url,
        "tenantId": tenant,
        "serviceAccountRef": {"name": ACCOUNT},
    }
    return {"provider": {"azurekv": vault}}


def whole(name: str, entry: str) -> dict[str, Any]:
    """The Secret `name` with every key of the JSON in `entry`."""
    return {**_target(name), "dataFrom": [{"extract": {"key": entry}}]}


def by_key(name: str, entries: Mapping[str, str]) -> dict[str, Any]:
    """The Secret `name`, each key from the entry that holds it."""
    data = [{"secretKey": key, "remoteRef": {"key": entry}} for key, entry in entries.items()]
    return {**_target(name), "data": data}


def supplied_annotations(keys: Sequence[str], rotations: Mapping[str, str]) -> dict[str, str]:
    """Tell whoever looks at the object which keys others supply, and how old each may become."""
    aged = [f"{key}={rotations[key]}" for key in sorted(keys) if key in rotations]
    return {"slipway.dev/supplied-keys": ",".join(sorted(keys)), "slipway.dev/rotate-every": ",".join(aged)}


def _target(name: str) -> dict[str, Any]:
    """An entry that vanishes leaves the last known Secret: pods go on, and the operator says so."""
    return {
        "refreshInterval": REFRESH,
        "secretStoreRef": {"kind": STORE, "name": STORE_NAME},
        "target": {"name": name, "creationPolicy": "Owner", "deletionPolicy": "Retain"},
    }
