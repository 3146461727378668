"""Supplied secrets, each in a separate Secret in the namespace of its system."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from slipway.ops.failure import MissingEntry
from slipway.ops.kubernetes.access import TIMEOUT, connect, translated_errors
from slipway.settings import store_names
from slipway.settings.clouds.local import LocalCluster
from slipway.settings.stacks import DeployedSystem, Stack, StackCluster

NO_LOGIN = base64.b64encode(store_names.NO_LOGIN.encode()).decode()
MERGE = "application/merge-patch+json"


class ClusterSecret:
    """A `slipway.ops.secret_stores.SecretStore`. `api` is the client's CoreV1Api, which is not typed; `keys` are those under
    which Kubernetes and the gateway read a value."""

    limit = 65_536

    def __init__(
        self, api: Any, namespace: str, system: str, supplied: Sequence[str], keys: Mapping[str, str] | None = None
    ) -> None:
        self._api, self._namespace = api, namespace
        self._secrets = {name: store_names.supplied_secret(system, name) for name in supplied}
        self._keys = {name: (keys or {}).get(name, name) for name in supplied}

    def place(self, name: str) -> str:
        return f"Secret {self._namespace}/{self._secrets[name]}, key {self._keys[name]}"

    def set(self, name: str, value: str) -> None:
        from kubernetes.client.exceptions import ApiException

        patch = {"data": {self._keys[name]: base64.b64encode(value.encode()).decode()}}
        # Each key has a separate field manager: the API server records the time of its last change.
        manager = store_names.shortened(f"{store_names.MANAGER}.{name}", 128)
        with translated_errors(self.place(name)):
            try:
                self._api.patch_namespaced_secret(
                    self._secrets[name],
                    self._namespace,
                    patch,
                    field_manager=manager,
                    _content_type=MERGE,
                    _request_timeout=TIMEOUT,
                )
            except ApiException as error:
                if error.status != 404:
                    raise
                missing = (
                    f"kubernetes: there is no Secret {self._namespace}/{self._secrets[name]} yet; run `pulumi up` first"
                )
                raise MissingEntry(missing) from None

    def filled(self) -> Mapping[str, datetime | None]:
        return {name: self._filled(name) for name in self._secrets}

    def _filled(self, name: str) -> datetime | None:
        from kubernetes.client.exceptions import ApiException

        with translated_errors(self.place(name)):
            try:
                found = self._api.read_namespaced_secret(self._secrets[name], self._namespace, _request_timeout=TIMEOUT)
            except ApiException as error:
                if error.status != 404:
                    raise
                return None
        value = (found.data or {}).get(self._keys[name])
        return _since(found, self._keys[name]) if value and value != NO_LOGIN else None


def _since(secret: Any, name: str) -> datetime:
    """Return the last change by the manager of the key `name`, or the creation time of the Secret if there is none."""
    entries: Iterable[Any] = secret.metadata.managed_fields or ()
    times = [entry.time for entry in entries if entry.time and f"f:{name}" in _data_fields(entry.fields_v1)]
    return max(times, default=secret.metadata.creation_timestamp)


def _data_fields(fields: Any) -> Mapping[str, Any]:
    fields = json.loads(fields) if isinstance(fields, str) else fields
    return (fields or {}).get("f:data", {})


def store(stack: Stack, cluster: StackCluster, system: DeployedSystem, supplied: Sequence[str]) -> ClusterSecret:
    """Return the Secret of `system`, in the cluster of its stack's context."""
    from kubernetes.client import CoreV1Api

    assert isinstance(cluster.settings, LocalCluster)
    keys = dict.fromkeys(system.definition.pull_secrets, store_names.PULL_KEY)
    keys |= dict.fromkeys(system.definition.client_secrets, store_names.CLIENT_KEY)
    return ClusterSecret(CoreV1Api(connect(cluster.settings)), system.namespace, system.name, supplied, keys)
