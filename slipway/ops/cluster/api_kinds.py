"""Kinds of objects, and their names in a cluster's API."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote


@dataclass(frozen=True, order=True)
class Kind:
    """An `apiVersion` and a `kind`."""

    api_version: str
    name: str

    @property
    def group(self) -> str:
        """Return the API group; empty for the core group."""
        return self.api_version.rpartition("/")[0]

    @property
    def prefix(self) -> str:
        return f"/apis/{self.api_version}" if self.group else f"/api/{self.api_version}"

    @property
    def is_custom(self) -> bool:
        """Return whether the kind is custom: built-in groups have no dot, or end with `.k8s.io`, which is reserved for
        Kubernetes."""
        return "." in self.group and not self.group.endswith(".k8s.io")

    def __str__(self) -> str:
        return f"{self.api_version} {self.name}"


@dataclass(frozen=True)
class Resource:
    """The API path of the objects of one kind."""

    kind: Kind
    plural: str
    namespaced: bool

    def path(self, namespace: str = "", name: str = "") -> str:
        """Return the path of one object, of all in a namespace, or of all."""
        place = f"/namespaces/{quote(namespace)}" if self.namespaced and namespace else ""
        return f"{self.kind.prefix}{place}/{self.plural}" + (f"/{quote(name, safe='')}" if name else "")


class Reader(Protocol):
    """Answers GET requests; None if there is nothing."""

    def get(self, path: str) -> dict[str, Any] | None: ...


class Kinds:
    """The kinds that a cluster serves, read once per group; missing kinds are looked up again, since they may be
    installed later."""

    def __init__(self, api: Reader) -> None:
        self._api, self._lock = api, threading.Lock()
        self._known: dict[Kind, Resource] = {}

    def find(self, kind: Kind) -> Resource | None:
        with self._lock:
            if kind not in self._known:
                self._known.update(_listed(kind, self._api.get(kind.prefix) or {}))
            return self._known.get(kind)


def _listed(asked: Kind, answer: Mapping[str, Any]) -> dict[Kind, Resource]:
    found: dict[Kind, Resource] = {}
    for entry in answer.get("resources", ()):
        if "/" not in entry["name"]:
            kind = Kind(asked.api_version, entry["kind"])
            found[kind] = Resource(kind, entry["name"], entry["namespaced"])
    return found
