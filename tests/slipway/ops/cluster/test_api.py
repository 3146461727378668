"""Requests to an API server that restarts, warns, or is none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import pytest
from kubernetes import client

from slipway.ops.cluster import api as api_module
from slipway.ops.cluster.api import Api, ApiUnavailable, Refused
from tests.loopback import serving

Answer = tuple[int, str, dict[str, str]]
GOOD: Answer = (200, json.dumps({"kind": "Thing"}), {})
PAGE: Answer = (200, "<html>log in</html>", {"Content-Type": "text/html"})
DOWN: Answer = (503, json.dumps({"message": "apiserver is shutting down"}), {})


@contextmanager
def answering(*answers: Answer, outage_timeout: float = 60) -> Iterator[tuple[Api, list[str]]]:
    """An API whose server gives these answers, the last one for ever, and what is said meanwhile."""
    left, received = list(answers), list[str]()

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

    with serving(Handler) as port:
        settings = client.Configuration()
        settings.host, settings.retries = f"http://127.0.0.1:{port}", False  # type: ignore[assignment]
        yield (
            Api(client.ApiClient(settings), pauses=(), outage_timeout=outage_timeout, report=received.append),
            received,
        )


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
