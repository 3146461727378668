"""Supplied secrets, each in a separate Secret in the namespace of its system."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime

from slipway.ops.cluster.api import Api, Document, Refused
from slipway.ops.failure import MissingEntry
from slipway.ops.kubernetes.access import connect, translated_errors
from slipway.settings import store_names
from slipway.settings.clouds.local import LocalCluster
from slipway.settings.stacks import DeployedSystem, Stack, StackCluster

NO_LOGIN = base64.b64encode(store_names.NO_LOGIN.encode()).decode()


class ClusterSecret:
    """A `slipway.ops.secret_stores.SecretStore`. `keys` are those under which Kubernetes and the gateway read a value."""

    limit = 65_536

    def __init__(
        self, api: Api, namespace: str, system: str, supplied: Sequence[str], keys: Mapping[str, str] | None = None
    ) -> None:
        self._api, self._namespace = api, namespace
        self._secrets = {name: store_names.supplied_secret(system, name) for name in supplied}
        self._keys = {name: (keys or {}).get(name, name) for name in supplied}

    def place(self, name: str) -> str:
        return f"Secret {self._namespace}/{self._secrets[name]}, key {self._keys[name]}"

    def set(self, name: str, value: str) -> None:
        patch = {"data": {self._keys[name]: base64.b64encode(value.encode()).decode()}}
        # Each key has a separate field manager: the API server records the time of its last change.
        manager = store_names.shortened(f"{store_names.MANAGER}.{name}", 128)
        with translated_errors(self.place(name)):
            try:
                self._api.merge(self._path(name), patch, manager=manager)
            except Refused as refusal:
                if refusal.status != 404:
                    raise
                missing = (
                    f"kubernetes: there is no Secret {self._namespace}/{self._secrets[name]} yet; run `pulumi up` first"
                )
                raise MissingEntry(missing) from None

    def filled(self) -> Mapping[str, datetime | None]:
        return {name: self._filled(name) for name in self._secrets}

    def _filled(self, name: str) -> datetime | None:
        with translated_errors(self.place(name)):
            found = self._api.get(self._path(name)) or {}
        value = (found.get("data") or {}).get(self._keys[name])
        return _since(found["metadata"], self._keys[name]) if value and value != NO_LOGIN else None

    def _path(self, name: str) -> str:
        return f"/api/v1/namespaces/{self._namespace}/secrets/{self._secrets[name]}"


def _since(metadata: Document, name: str) -> datetime:
    """Return the last change by the manager of the key `name`, or the creation time of the Secret if there is none."""
    entries = [each for each in metadata.get("managedFields") or () if each.get("time")]
    times = [each["time"] for each in entries if f"f:{name}" in (each.get("fieldsV1") or {}).get("f:data", {})]
    return datetime.fromisoformat(max(times, default=metadata["creationTimestamp"]))


def store(stack: Stack, cluster: StackCluster, system: DeployedSystem, supplied: Sequence[str]) -> ClusterSecret:
    """Return the Secret of `system`, in the cluster of its stack's context."""
    assert isinstance(cluster.settings, LocalCluster)
    keys = dict.fromkeys(system.definition.pull_secrets, store_names.PULL_KEY)
    keys |= dict.fromkeys(system.definition.client_secrets, store_names.CLIENT_KEY)
    return ClusterSecret(Api(connect(cluster.settings), pauses=()), system.namespace, system.name, supplied, keys)
