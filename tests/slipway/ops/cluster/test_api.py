"""Requests to an API server that restarts, warns, or is none."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from kubernetes import client

from slipway.ops.cluster import api as api_module
from slipway.ops.cluster.api import Api, ApiUnavailable, Refused
from slipway.ops.cluster.client import Client
from tests.loopback import serving

Answer = tuple[int, str, dict[str, str]]
GOOD: Answer = (200, json.dumps({"kind": "Thing"}), {})
PAGE: Answer = (200, "<html>log in</html>", {"Content-Type": "text/html"})
DOWN: Answer = (503, json.dumps({"message": "apiserver is shutting down"}), {})


@contextmanager
def answering(*answers: Answer, outage_timeout: float = 60) -> Iterator[tuple[Api, list[str]]]:
    """An API whose server gives these answers, the last one for ever, and what is said meanwhile."""
    left, received = list(answers), list[str]()

    with serving(handler(left)) as port:
        yield reaching(f"http://127.0.0.1:{port}", received, outage_timeout), received


def handler(left: list[Answer]) -> type[BaseHTTPRequestHandler]:
    """Gives the answers that are left, the last one for ever."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, text, headers = left.pop(0) if len(left) > 1 else left[0]
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(text.encode())

        do_PATCH = do_POST = do_GET

        def log_message(self, format: str, *_: object) -> None: ...

    return Handler


def reaching(host: str, received: list[str], outage_timeout: float, trusted: Path | None = None) -> Api:
    settings = client.Configuration()
    settings.host, settings.retries = host, False  # type: ignore[assignment]
    settings.ssl_ca_cert = str(trusted) if trusted else None  # type: ignore[assignment]
    return Api(Client(settings), pauses=(), outage_timeout=outage_timeout, report=received.append)


@contextmanager
def answering_by_tls(folder: Path, *, cut: int = 0) -> Iterator[tuple[int, Path]]:
    """The port of a server that signed its own certificate, which is yielded. It closes the first `cut` connections before
    it has said who it is."""
    certificate, key = signed(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    left = [True] * cut

    class Server(ThreadingHTTPServer):
        def finish_request(self, request: Any, client_address: Any) -> None:
            if left:
                left.pop()
                request.recv(65536)
                return
            with context.wrap_socket(request, server_side=True) as secured:
                super().finish_request(secured, client_address)

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that does not trust the server leaves."""

    with serving(handler([GOOD]), Server) as port:
        yield port, certificate


def signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for the loopback address, and its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(datetime(2000, 1, 1)).not_valid_after(datetime(2100, 1, 1))
    certificate = builder.add_extension(address, critical=False).sign(key, hashes.SHA256())
    files = folder / "tls.crt", folder / "tls.key"
    files[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_module, "AWAY", 0.0)


@pytest.mark.parametrize("away", [DOWN, PAGE])
def test_an_api_server_that_restarts_is_waited_for(away: Answer) -> None:
    """Once it is told that it is away, and once that it is back."""
    with answering(away, away, away, GOOD) as (api, said):
        assert api.get("/api/v1/things/a") == {"kind": "Thing"}
    assert [line.split(" (")[0].split(" after")[0] for line in said] == [
        "the API server does not respond",
        "the API server responds again",
    ]


@pytest.mark.parametrize("away", [DOWN, PAGE])
def test_one_that_does_not_come_back_is_not_waited_for_without_end(away: Answer) -> None:
    with answering(away, outage_timeout=0) as (api, _), pytest.raises((ApiUnavailable, Refused)):
        api.get("/api/v1/things/a")


def test_a_connection_that_ends_within_the_handshake_is_an_outage(tmp_path: Path) -> None:
    """As an API server that restarts ends it."""
    said: list[str] = []
    with answering_by_tls(tmp_path, cut=2) as (port, certificate):
        api = reaching(f"https://127.0.0.1:{port}", said, 60, certificate)
        assert api.apply("/api/v1/things/a", {}, manager="me") == {"kind": "Thing"}
    assert said[0].startswith("the API server does not respond (the cluster cannot be reached (SSLError))")
    assert said[1].startswith("the API server responds again")


def test_a_certificate_that_nobody_signed_is_named(tmp_path: Path) -> None:
    with answering_by_tls(tmp_path) as (port, _):
        api = reaching(f"https://127.0.0.1:{port}", [], 0)
        with pytest.raises(ApiUnavailable, match="its certificate is not trusted"):
            api.get("/api/v1")


def test_a_page_in_place_of_an_api_is_no_crash() -> None:
    with (
        answering(PAGE, outage_timeout=0) as (api, _),
        pytest.raises(ApiUnavailable, match="not from a Kubernetes API server"),
    ):
        api.get("/api/v1")


@pytest.mark.parametrize("text", ["[]", "1", "null", ""])
def test_what_is_no_object_is_no_answer(text: str) -> None:
    with answering((200, text, {}), outage_timeout=0) as (api, _), pytest.raises(ApiUnavailable):
        api.get("/api/v1")


def test_nothing_is_made_twice() -> None:
    """What was sent to a server that went away may have been done."""
    with answering(DOWN, GOOD) as (api, _), pytest.raises(Refused):
        api.create("/api/v1/things", {})


def test_warnings_are_reported_once() -> None:
    warned = (200, GOOD[1], {"Warning": '299 - "v1 Thing is \\"old\\"; use v2"'})
    with answering(warned, warned, warned) as (api, said):
        ask: list[Callable[[], object]] = [lambda: api.get("/a"), lambda: api.apply("/a", {}, manager="me")]
        for each in ask:
            each()
    assert said == ['warning of the API server: v1 Thing is "old"; use v2']
