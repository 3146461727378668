"""A cluster's API on the loopback for the controller: it keeps objects with versions, and refuses late writes."""

from __future__ import annotations

import itertools
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from slipway.ops.cluster.api import Api
from tests.loopback import serving

Document = dict[str, Any]
BEGAN = datetime(2026, 11, 21, 9, tzinfo=UTC)
"""When everything here is made that does not say when."""
ROUTES = ("httproutes", "tcproutes", "tlsroutes")
PATH = re.compile(
    r"/(?:api|apis/(?P<group>[^/]+))/v1(?:alpha1)?(?:/namespaces/(?P<namespace>[^/]+))?"
    r"/(?P<plural>[a-z]+)(?:/(?P<name>[^/]+)(?:/(?P<sub>[a-z]+))?)?"
)


@dataclass
class Cluster:
    """`objects` by plural, namespace and name. `refused` has statuses by method and plural, such as `PATCH httproutes`."""

    port: int = 0
    objects: dict[tuple[str, str, str], Document] = field(default_factory=dict)
    logs: dict[str, str] = field(default_factory=dict)
    """By pod."""
    refused: dict[str, int] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Method and path of each request that changes something."""
    looks: int = 0
    """Requests that change nothing."""
    is_down: bool = False
    on_route: Callable[[Document], None] = lambda route: None
    """Called with each route that is written, as its controller is."""
    on_job: Callable[[Document], None] = lambda job: None
    """Called with each Job that is created."""
    _versions: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    lock: Any = field(default_factory=threading.RLock)

    def put(self, plural: str, namespace: str, name: str, **document: Any) -> Document:
        """Something that is there, or that a controller changes."""
        with self.lock:
            key = plural, namespace, name
            held = self.objects.get(key, {"metadata": {"generation": 1}})
            metadata = {**held["metadata"], **document.pop("metadata", {}), "name": name, "namespace": namespace}
            metadata.setdefault("uid", f"uid-{plural}-{name}")
            metadata.setdefault("creationTimestamp", f"{BEGAN:%Y-%m-%dT%H:%M:%SZ}")
            if "spec" in document and held.get("spec") not in (None, document["spec"]):
                metadata["generation"] += 1
            metadata["resourceVersion"] = str(next(self._versions))
            self.objects[key] = {**held, **document, "metadata": metadata}
            return self.objects[key]

    def get(self, plural: str, namespace: str, name: str) -> Document:
        return self.objects[plural, namespace, name]

    def of(self, plural: str) -> list[Document]:
        """All objects of a kind."""
        with self.lock:
            return [deepcopy(each) for (kind, _, _), each in self.objects.items() if kind == plural]

    def api(self, **options: Any) -> Api:
        """The real client."""
        from kubernetes import client

        from slipway.ops.cluster.client import Client

        settings = client.Configuration(host=f"http://127.0.0.1:{self.port}")
        settings.retries = False  # type: ignore[assignment]
        return Api(Client(settings), pauses=options.pop("pauses", ()), **options)

    def answer(self, method: str, path: str, query: Mapping[str, str], content: str, body: Any) -> tuple[int, Any]:
        found = PATH.fullmatch(path)
        if found is None:
            return 404, {"message": "the server could not find the requested resource"}
        self.looks += method == "GET"
        plural, namespace, name, sub = found["plural"], found["namespace"] or "", found["name"], found["sub"]
        if self.is_down:
            return 503, {"message": "apiserver not ready"}
        if status := self.refused.get(f"{method} {plural}"):
            return status, {"message": f"{plural} is forbidden"}
        if method != "GET":
            self.asked.append((method, path))
        with self.lock:
            if method == "GET":
                return self._read(plural, namespace, name, sub, query)
            if method == "POST":
                return self._create(plural, namespace, body)
            key = plural, namespace, name or ""
            held = self.objects.get(key)
            if method == "DELETE":
                return self._delete(key, body)
            if held is None and "apply" not in content:
                return 404, {"message": "not found"}
            version = body.get("metadata", {}).get("resourceVersion")
            if held is not None and version not in (None, held["metadata"]["resourceVersion"]):
                return 409, {"message": "the object has been modified"}
            if "apply" in content:
                body["metadata"]["managedFields"] = [{"manager": query["fieldManager"], "operation": "Apply"}]
            return 200, self._write(key, method, sub, content, body, held)

    def _read(
        self, plural: str, namespace: str, name: str | None, sub: str | None, query: Mapping[str, str]
    ) -> tuple[int, Any]:
        if sub == "log":
            return 200, self.logs.get(name or "", "")
        if name is not None:
            found = self.objects.get((plural, namespace, name))
            return (200, found) if found is not None else (404, {"message": "not found"})
        wanted = dict(each.split("=", 1) for each in query.get("labelSelector", "").split(",") if each)
        items = [
            each
            for (kind, place, _), each in self.objects.items()
            if kind == plural
            and namespace in ("", place)
            and wanted.items() <= (each["metadata"].get("labels") or {}).items()
        ]
        return 200, {"items": items}

    def _create(self, plural: str, namespace: str, body: Document) -> tuple[int, Any]:
        name = body["metadata"]["name"]
        if (plural, namespace, name) in self.objects:
            return 409, {"message": "already exists"}
        made = self.put(plural, namespace, name, **deepcopy(body))
        if plural == "jobs":
            self.on_job(made)
        return 201, made

    def _delete(self, key: tuple[str, str, str], body: Document) -> tuple[int, Any]:
        held = self.objects.get(key)
        if held is None:
            return 404, {"message": "not found"}
        if body.get("preconditions", {}).get("uid") not in (None, held["metadata"]["uid"]):
            return 409, {"message": "the UID in the precondition does not match"}
        del self.objects[key]
        return 200, {}

    def _write(
        self,
        key: tuple[str, str, str],
        method: str,
        sub: str | None,
        content: str,
        body: Document,
        held: Document | None,
    ) -> Document:
        body = deepcopy(body)
        if sub == "status":
            made = self.put(*key, status=body.get("status"))
        elif sub == "scale":
            made = self.put(*key, spec={**(held or {})["spec"], "replicas": body["spec"]["replicas"]})
        elif "merge-patch" in content:
            given = held or {}
            made = self.put(
                *key, **{each: merged(given.get(each), body[each]) for each in ("metadata", "spec") if each in body}
            )
        else:
            body["metadata"].pop("resourceVersion", None)
            made = self.put(*key, **body)
        if key[0] in ROUTES:
            self.on_route(made)
        return self.objects[key]


def merged(held: Any, patch: Any) -> Any:
    """Return a document after a merge patch (RFC 7396), in which null removes."""
    if not isinstance(patch, dict):
        return patch
    found = dict(held) if isinstance(held, dict) else {}
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = merged(found.get(key), value)
    return found


@contextmanager
def served() -> Iterator[Cluster]:
    cluster = Cluster()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(address.query).items()}
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "null")
            status, answer = cluster.answer(
                self.command, address.path, query, self.headers.get("Content-Type", ""), body
            )
            content = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

        def log_message(self, format: str, *_: object) -> None: ...

    with serving(Handler) as cluster.port:
        yield cluster
