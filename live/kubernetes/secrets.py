"""Supplied secrets in one Secret of their system's namespace."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from live.failure import MissingEntry
from live.kubernetes.access import TIMEOUT, connect, told
from settings import store_names
from settings.stacks import LocalCluster, PlacedCluster, PlacedSystem, Stack

MERGE = "application/merge-patch+json"


class ClusterSecret:
    """A `live.store.SecretStore`. `api` is the client's CoreV1Api, which is not typed."""

    limit = 65_536

    def __init__(self, api: Any, namespace: str, system: str, supplied: Sequence[str]) -> None:
        self._api, self._namespace = api, namespace
        self._secret = store_names.supplied_secret(system)
        self._supplied = tuple(supplied)

    def place(self, name: str) -> str:
        return f"Secret {self._namespace}/{self._secret}, key {name}"

    def set(self, name: str, value: str) -> None:
        from kubernetes.client.exceptions import ApiException

        patch = {"data": {name: base64.b64encode(value.encode()).decode()}}
        # Each key has a field manager of its own: the API server notes the time of its last change.
        manager = store_names.shortened(f"{store_names.PREFIX}.{name}", 128)
        with told(self.place(name)):
            try:
                self._api.patch_namespaced_secret(
                    self._secret,
                    self._namespace,
                    patch,
                    field_manager=manager,
                    _content_type=MERGE,
                    _request_timeout=TIMEOUT,
                )
            except ApiException as error:
                if error.status != 404:
                    raise
                missing = f"kubernetes: there is no Secret {self._namespace}/{self._secret} yet; run `pulumi up` first"
                raise MissingEntry(missing) from None

    def filled(self) -> Mapping[str, datetime | None]:
        from kubernetes.client.exceptions import ApiException

        with told(f"Secret {self._namespace}/{self._secret}"):
            try:
                found = self._api.read_namespaced_secret(self._secret, self._namespace, _request_timeout=TIMEOUT)
            except ApiException as error:
                if error.status != 404:
                    raise
                return dict.fromkeys(self._supplied)
        return {name: _since(found, name) if (found.data or {}).get(name) else None for name in self._supplied}


def _since(secret: Any, name: str) -> datetime:
    """The last change by whoever manages the key `name`; the Secret's own birth when nobody is named."""
    entries: Iterable[Any] = secret.metadata.managed_fields or ()
    times = [entry.time for entry in entries if entry.time and f"f:{name}" in _data_fields(entry.fields_v1)]
    return max(times, default=secret.metadata.creation_timestamp)


def _data_fields(fields: Any) -> Mapping[str, Any]:
    fields = json.loads(fields) if isinstance(fields, str) else fields
    return (fields or {}).get("f:data", {})


def store(stack: Stack, cluster: PlacedCluster, system: PlacedSystem, supplied: Sequence[str]) -> ClusterSecret:
    """The Secret of `system`, in the cluster of its stack's context."""
    from kubernetes.client import CoreV1Api

    assert isinstance(cluster.settings, LocalCluster)
    return ClusterSecret(CoreV1Api(connect(cluster.settings)), system.namespace, system.name, supplied)
