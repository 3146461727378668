"""Which replica leads: the holder of a Lease, until it can no longer be sure of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from slipway.ops.cluster.api import Api, Refused
from slipway.release.controller.log import log

LEASES = "/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
DURATION = 9.0
"""Seconds that an unrenewed lease is held. Chosen: with a renewal and a request's timeout, takeover in 15 s."""
RENEWAL = 1.5
"""Seconds between two renewals. Chosen: several may fail before the lease ends."""
MARGIN = 3.0
"""Seconds before its lease ends in which a leader that cannot renew no longer acts. Chosen: longer than a write takes."""
TIMEOUT = (1.0, 2.0)
"""Seconds to connect, and to respond, of requests about the Lease. Chosen: a renewal that takes longer is late."""


class Election:
    """One candidate. Times are measured by its own clock: a lease is free when it has not changed for its duration."""

    def __init__(
        self, api: Api, namespace: str, name: str, identity: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._api, self._clock, self._identity = api, clock, identity
        self._list = LEASES.format(namespace=namespace)
        self._path = f"{self._list}/{name}"
        self._metadata = {"name": name, "namespace": namespace}
        self._until = 0.0
        self._seen: object = None
        self._seen_at = 0.0
        self._was = False

    @property
    def is_leading(self) -> bool:
        """Return whether this replica may act now."""
        return self._clock() < self._until

    def run(self, stop: threading.Event) -> None:
        """Renew or wait for the lease until `stop`, then give it up."""
        while not stop.is_set():
            self.attempt()
            stop.wait(RENEWAL)
        self.resign()

    def attempt(self) -> None:
        """Renew the lease, or take it if it is free. Failures are logged; the lease then runs out."""
        began = self._clock()
        try:
            if self._acquire(began):
                self._until = began + DURATION - MARGIN
        except Exception as failure:
            log("the lease cannot be renewed", warning=True, reason=type(failure).__name__)
        if self._was != self.is_leading:
            self._was = self.is_leading
            log("this replica leads" if self._was else "this replica does not lead", identity=self._identity)

    def resign(self) -> None:
        """Give the lease up, so that another replica need not wait for its end."""
        self._until = 0.0
        try:
            found = self._api.get(self._path)
            if found is not None and found["spec"].get("holderIdentity") == self._identity:
                self._api.replace(self._path, {**found, "spec": {**found["spec"], "holderIdentity": ""}})
        except Exception as failure:
            log("the lease was not given up, and ends by itself", warning=True, reason=type(failure).__name__)

    def _acquire(self, began: float) -> bool:
        found = self._api.get(self._path)
        if found is None:
            return self._written(lambda: self._api.create(self._list, self._body(None)))
        holder = found["spec"].get("holderIdentity")
        if holder not in ("", None, self._identity):
            self._until = 0.0
            version = found["metadata"]["resourceVersion"]
            if version != self._seen:
                self._seen, self._seen_at = version, began
            if began - self._seen_at < DURATION:
                return False
        return self._written(lambda: self._api.replace(self._path, self._body(found)))

    def _written(self, write: Callable[[], object]) -> bool:
        """Return whether nobody else wrote the lease in between."""
        try:
            write()
        except Refused as refusal:
            if refusal.status != 409:
                raise
            return False
        return True

    def _body(self, found: dict[str, Any] | None) -> dict[str, Any]:
        stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        spec = (found or {"spec": {}})["spec"]
        held = spec.get("holderIdentity") == self._identity
        version = {"resourceVersion": found["metadata"]["resourceVersion"]} if found else {}
        return {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {**self._metadata, **version},
            "spec": {
                "holderIdentity": self._identity,
                "leaseDurationSeconds": round(DURATION),
                "renewTime": stamp,
                "acquireTime": spec["acquireTime"] if held else stamp,
                "leaseTransitions": spec.get("leaseTransitions", 0) + (0 if held else 1),
            },
        }
