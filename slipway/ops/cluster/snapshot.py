"""The cluster's objects of a mark, read once per kind, and whether they equal the plan.

Each object has a digest of what was last sent. If that equals the plan's digest, and the object still has every value
sent, applying would change nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from slipway.ops.cluster.api import Api
from slipway.ops.cluster.api_kinds import Kind, Kinds
from slipway.ops.cluster.marks import DIGEST, Mark
from slipway.ops.cluster.objects import Object

Live = Mapping[str, Any]
Identity = tuple[str, str, str, str]


def identity(kind: Kind, namespace: str, name: str) -> Identity:
    """Return a key that ignores the API version: the same object under another version is the same."""
    return kind.group, kind.name, namespace, name


class Snapshot:
    """Objects of a mark, of `recorded` kinds, at one point in time."""

    def __init__(self, api: Api, kinds: Kinds, mark: Mark, recorded: Iterable[Kind]) -> None:
        self._kinds = kinds
        self.found: dict[Identity, tuple[Kind, Live]] = {}
        for kind in recorded:
            resource = kinds.find(kind)
            for item in api.items(resource.path(), labelSelector=mark.selector) if resource else ():
                metadata = item["metadata"]
                # Entries of a list do not have an apiVersion and a kind.
                whole = {"apiVersion": kind.api_version, "kind": kind.name, **item}
                self.found[identity(kind, metadata.get("namespace", ""), metadata["name"])] = kind, whole

    def identity(self, target: Object) -> Identity:
        resource = self._kinds.find(target.kind)
        namespaced = resource is None or resource.namespaced
        return identity(target.kind, target.namespace if namespaced else "", target.name)

    def of(self, target: Object) -> Live | None:
        """Return the object; None if it is missing, is of another API version, or is being deleted."""
        kind, live = self.found.get(self.identity(target), (None, {}))
        return live if kind == target.kind and "deletionTimestamp" not in live["metadata"] else None


def digest(target: Object, mark: Mark) -> str:
    """Return the digest of what is sent for an object; none for a Secret, because it would reveal its values."""
    text = json.dumps([target.body, mark.text, sorted(target.ignored)], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def is_as_sent(live: Live, body: Mapping[str, Any]) -> bool:
    """Return whether applying `body` would change nothing."""
    wanted, found = _digest_of(body), _digest_of(live)
    return wanted is not None and wanted == found and covers(live, body)


def covers(live: Any, wanted: Any) -> bool:
    """Return whether `live` has every value of `wanted`, whatever else it has. Values in another notation count as
    different."""
    if isinstance(wanted, Mapping):
        return isinstance(live, Mapping) and all(key in live and covers(live[key], wanted[key]) for key in wanted)
    if isinstance(wanted, list):
        same = isinstance(live, list) and len(live) == len(wanted)
        return same and all(map(covers, live, wanted))
    return live == wanted


def _digest_of(document: Mapping[str, Any]) -> str | None:
    return (document.get("metadata", {}).get("annotations") or {}).get(DIGEST)
