"""A cluster's API in memory: it keeps what it is given, with versions and owners, and counts what it is asked."""

from __future__ import annotations

import base64
import copy
import itertools
import re
import threading
from collections import Counter
from collections.abc import Mapping
from typing import Any

from slipway.ops.cluster.api import FIELD_CONFLICT, Refused, Stopped

Document = dict[str, Any]
OBJECT = re.compile(
    r"/(?:api|apis/[^/]+)/v\d\w*(?:/namespaces/(?P<place>[^/]+))?/(?P<plural>[a-z]+)(?:/(?P<name>[^/]+))?"
)
KINDS = {
    "/api/v1": [
        *(("configmaps", "ConfigMap", True), ("secrets", "Secret", True), ("namespaces", "Namespace", False)),
        ("pods", "Pod", True),
    ],
    "/apis/apps/v1": [("deployments", "Deployment", True)],
    "/apis/batch/v1": [("jobs", "Job", True)],
    "/apis/gateway.networking.k8s.io/v1": [("httproutes", "HTTPRoute", True)],
}


class Memory:
    """As much of `slipway.ops.cluster.api.Api` as a run needs. `logs` are by pod and container."""

    def __init__(self) -> None:
        self.objects: dict[str, Document] = {}
        self.logs: dict[tuple[str, str], str] = {}
        self.asked: Counter[str] = Counter()
        self.stop = threading.Event()
        self._versions = itertools.count(1)

    def put(self, path: str, **document: Any) -> Document:
        """Something that was there before, or that a controller wrote."""
        version = str(next(self._versions))
        held = self.objects.get(path, {"metadata": {"uid": f"uid-{version}"}})
        metadata = {**held["metadata"], **document.pop("metadata", {}), "resourceVersion": version}
        if plain := document.pop("stringData", None):
            document["data"] = {key: base64.b64encode(value.encode()).decode() for key, value in plain.items()}
        place = OBJECT.fullmatch(path)
        assert place is not None, path
        metadata |= {"name": place["name"]} | ({"namespace": place["place"]} if place["place"] else {})
        self.objects[path] = {**held, **document, "metadata": metadata}
        return copy.deepcopy(self.objects[path])

    def get(self, path: str, **_: str) -> Document | None:
        self.asked["get"] += path not in KINDS
        if path in KINDS:
            return {"resources": [{"name": n, "kind": k, "namespaced": s} for n, k, s in KINDS[path]]}
        return copy.deepcopy(self.objects.get(path))

    def items(self, path: str, **query: str) -> list[Document]:
        self.asked["list"] += 1
        wanted = OBJECT.fullmatch(path)
        assert wanted is not None, path
        found: list[Document] = []
        for key, document in self.objects.items():
            place = OBJECT.fullmatch(key)
            if place and place["plural"] == wanted["plural"] and wanted["place"] in (None, place["place"]):
                found.append(copy.deepcopy(document))
        return [each for each in found if _labelled(each, query.get("labelSelector", ""))]

    def text(self, path: str, **query: str) -> str:
        return self.logs.get(
            (path.split("/")[-2], query["container"] + ("/previous" if "previous" in query else "")), ""
        )

    def apply(
        self, path: str, body: Mapping[str, Any], *, manager: str, force: bool = False, dry: bool = False
    ) -> Document:
        self.asked["apply"] += not dry
        held = self.objects.get(path)
        owners = (held or {}).get("owners", {})
        taken = [key for key, owner in owners.items() if owner != manager and _differs(held, body, key)]
        if taken and not force:
            causes = [
                {"reason": FIELD_CONFLICT, "field": f".{key}", "message": f'conflict with "{owners[key]}"'}
                for key in taken
            ]
            raise Refused(409, "conflict", causes)
        fresh = copy.deepcopy(dict(body))
        metadata = {**(held or {"metadata": {}})["metadata"], **fresh.pop("metadata")}
        after = {**(held or {}), **fresh, "metadata": metadata}
        if held is not None and after == held:
            return copy.deepcopy(held)
        if dry:
            return after  # With the version of what is there, as an API server does.
        for key in taken:
            owners.pop(key)
        metadata.setdefault("uid", f"uid-{path}")
        metadata["resourceVersion"] = str(next(self._versions))
        self.objects[path] = after
        return copy.deepcopy(after)

    def create(self, path: str, body: Mapping[str, Any]) -> Document:
        self.asked["create"] += 1
        key = f"{path}/{body['metadata']['name']}"
        if key in self.objects:
            raise Refused(409, "already exists")
        return self.put(key, **copy.deepcopy(dict(body)))

    def replace(self, path: str, body: Mapping[str, Any]) -> Document:
        if body["metadata"]["resourceVersion"] != self.objects[path]["metadata"]["resourceVersion"]:
            raise Refused(409, "the object has been modified")
        return self.put(path, **copy.deepcopy(dict(body)))

    def delete(self, path: str, uid: str) -> None:
        self.asked["delete"] += 1
        if (held := self.objects.get(path)) and held["metadata"]["uid"] == uid:
            del self.objects[path]

    def pause(self, seconds: float) -> None:
        if self.stop.is_set():
            raise Stopped


def _differs(held: Document | None, body: Mapping[str, Any], key: str) -> bool:
    old, new = held or {}, body
    for part in key.split("."):
        old, new = old.get(part, {}), new.get(part, {})
    return old != new


def _labelled(document: Document, selector: str) -> bool:
    labels = document["metadata"].get("labels") or {}
    return all(
        labels.get(key) == value for key, _, value in (each.partition("=") for each in selector.split(",") if each)
    )
