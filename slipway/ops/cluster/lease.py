"""One run at a time on a cluster: a Lease with the holder's name, renewed while it runs.

Two runs at once would each prune what only the other one's plan has.
"""

from __future__ import annotations

import getpass
import os
import platform
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from slipway.ops.cluster import record
from slipway.ops.cluster.api import Api, Refused
from slipway.ops.failure import CloudFailure

PATH = f"/apis/coordination.k8s.io/v1/namespaces/{record.NAMESPACE}/leases"
DURATION = timedelta(seconds=60)
"""Time after which an unrenewed lease is free. Chosen: four renewals."""
RENEWAL = timedelta(seconds=15)
"""Time between two renewals. Chosen: three may fail before the lease ends."""


class Busy(CloudFailure):
    """Another run is in progress. Nothing was changed."""


def whoever() -> str:
    """Return a name for people: `anna@laptop (process 4711)`."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return f"{user}@{platform.node()} (process {os.getpid()})"


class Lease:
    """A lease that is held within the block. If another run takes it over, `lost` is called from a separate thread.

    A lease that was not renewed for its duration is free: its holder was killed.
    """

    def __init__(
        self,
        api: Api,
        holder: str,
        lost: Callable[[str], None],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._api, self._holder, self._lost, self._now = api, holder, lost, now
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._renew_until_over, daemon=True)

    def __enter__(self) -> None:
        """Acquire the lease. Raises Busy and CloudFailure."""
        found = self._api.get(f"{PATH}/{record.NAME}")
        try:
            if found is None:
                self._api.create(PATH, self._body({}, acquired=True))
            elif self._is_held(found):
                raise _busy(found)
            else:
                self._api.replace(f"{PATH}/{record.NAME}", self._body(found, acquired=True))
        except Refused as refusal:
            if refusal.status != 409:
                raise
            raise _busy(self._api.get(f"{PATH}/{record.NAME}") or {}) from None
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        try:
            found = self._api.get(f"{PATH}/{record.NAME}")
            if found is not None and found["spec"].get("holderIdentity") == self._holder:
                self._api.delete(f"{PATH}/{record.NAME}", found["metadata"]["uid"])
        except Exception:
            pass  # The lease expires anyway, and the result of the run matters more than an error here.

    def renew(self) -> bool:
        """Renew the lease and return whether it is still ours. Raises CloudFailure."""
        found = self._api.get(f"{PATH}/{record.NAME}")
        if found is not None and found["spec"].get("holderIdentity") != self._holder:
            self._lost(f"another rehearsal took over: {_holder(found)}")
            return False
        if found is None:
            self._api.create(PATH, self._body({}, acquired=True))
        else:
            self._api.replace(f"{PATH}/{record.NAME}", self._body(found, acquired=False))
        return True

    def _renew_until_over(self) -> None:
        while not self._over.wait(RENEWAL.total_seconds()):
            try:
                if not self.renew():
                    return
            except Exception:
                continue  # While the API server is down, no other run can take the lease over.

    def _is_held(self, found: dict[str, Any]) -> bool:
        spec = found["spec"]
        if not spec.get("holderIdentity") or spec["holderIdentity"] == self._holder:
            return False
        renewed = datetime.fromisoformat(spec["renewTime"])
        return self._now() - renewed < timedelta(seconds=spec["leaseDurationSeconds"])

    def _body(self, found: dict[str, Any], *, acquired: bool) -> dict[str, Any]:
        stamp = self._now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        version = found.get("metadata", {}).get("resourceVersion")
        began = {"acquireTime": stamp if acquired else found["spec"]["acquireTime"]}
        metadata = {"name": record.NAME, "namespace": record.NAMESPACE}
        return {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": metadata | ({"resourceVersion": version} if version else {}),
            "spec": {
                "holderIdentity": self._holder,
                "leaseDurationSeconds": int(DURATION.total_seconds()),
                "renewTime": stamp,
                **began,
            },
        }


def _busy(found: dict[str, Any]) -> Busy:
    until = f"it holds Lease {record.NAMESPACE}/{record.NAME}, which expires {DURATION.seconds} s after it was killed"
    return Busy(f"another rehearsal is running on this cluster: {_holder(found)}; wait until it ends ({until})")


def _holder(found: dict[str, Any]) -> str:
    spec = found.get("spec", {})
    return f"{spec.get('holderIdentity', 'somebody')}, since {spec.get('acquireTime', 'just now')}"
