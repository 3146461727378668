"""A cluster's API on the loopback: objects by path, merge patches with their field managers, and refusals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.loopback import serving

NOW = "2026-11-20T10:00:00Z"
KUBECONFIG = """\
apiVersion: v1
kind: Config
clusters: [{{name: test, cluster: {{server: "http://127.0.0.1:{port}"}}}}]
users: [{{name: test, user: {{token: token}}}}]
contexts: [{{name: test, context: {{cluster: test, user: test}}}}]
"""


@dataclass
class Cluster:
    """`objects` by path; `refused` is the status of every answer while it is set."""

    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused: int | None = None

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        found = self.objects.get(path)
        if self.refused or found is None:
            # The API server repeats what it refuses.
            return self.refused or 404, {"kind": "Status", "status": "Failure", "message": json.dumps(body)}
        if method == "PATCH":
            found.setdefault("data", {}).update(body["data"])
            fields = {"f:data": {f"f:{key}": {} for key in body["data"]}}
            entry = {"manager": query["fieldManager"][0], "operation": "Update", "time": NOW, "fieldsV1": fields}
            found["metadata"].setdefault("managedFields", []).append(entry)
        return 200, found


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Cluster]:
    """Served while the test runs; KUBECONFIG leads to it by the context `test`."""
    served = Cluster()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "null")
            status, answer = served.answer(self.command, address.path, parse_qs(address.query), body)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        do_PATCH = do_GET

        def log_message(self, format: str, *_: object) -> None: ...

    with serving(Handler) as port:
        kubeconfig = tmp_path / "kubeconfig"
        kubeconfig.write_text(KUBECONFIG.format(port=port))
        monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(kubeconfig))
        yield served
