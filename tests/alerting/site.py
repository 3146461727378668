"""A server that stands for Envoy's metrics and for every receiver of alerts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from threading import Lock
from typing import Any

from tests.loopback import serving

CLUSTER = "httproute/fleet/fleet-api-web/rule/1/backend/0"
GROWTH = {"well": (100, 0), "failing": (0, 100), "fixed": (10**12, 0)}
"""Requests that succeed and fail between two scrapes. Fixed, so many succeed that the failed ones are few in every
window, however many there were: it would take minutes to wait until they are out of it."""


@dataclass
class Site:
    """`sent` is what receivers got, each with the receiver's name."""

    port: int = 0
    state: str = "well"
    scrapes: int = 0
    good: int = 0
    bad: int = 0
    sent: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def metrics(self) -> str:
        with self.lock:
            self.scrapes += 1
            good, bad = GROWTH[self.state]
            self.good, self.bad = self.good + good, self.bad + bad
            counts = {"2": self.good, "5": self.bad}
        name = "envoy_cluster_upstream_rq_xx"
        lines = [
            f'{name}{{envoy_response_code_class="{code}",envoy_cluster_name="{CLUSTER}"}} {count}'
            for code, count in counts.items()
        ]
        return "\n".join([f"# TYPE {name} counter", *lines, ""])

    def receive(self, receiver: str, message: dict[str, Any]) -> None:
        with self.lock:
            self.sent.append((receiver, message))

    def first_received(self, receiver: str, status: str) -> dict[str, Any] | None:
        """The first message of that kind."""
        with self.lock:
            fitting = (message for to, message in self.sent if to == receiver and message["status"] == status)
            return next(fitting, None)


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(site.metrics())

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            site.receive(self.path.rsplit("/", 1)[-1], json.loads(content))
            self._answer("")

        def _answer(self, text: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    return Handler


@contextmanager
def served() -> Iterator[Site]:
    site = Site()
    with serving(_handler(site)) as site.port:
        yield site
