"""Smoke tests and loads against a candidate over HTTP."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from slipway.release.controller import checks
from slipway.release.controller.checks import MISSING, Candidate, load, lookup, smoke
from slipway.release.controller.tasks import Outcome
from slipway.release.controller.visit import NoConnection, Response, Visitor
from slipway.release.objects import Check, HttpRequest, Load, SecretKey
from tests.slipway.release.controller.server import Cluster
from tests.slipway.release.controller.system import HOST, NAMESPACE, put, spec
from tests.slipway.release.controller.web import Answer, Request, Web, web

CANARY = "canary-5d6c1f0e"


@contextmanager
def candidate(cluster: Cluster, answer: Callable[[Request], Answer]) -> Iterator[tuple[Web, Candidate]]:
    secrets = {"shop-pass": {"token": "bypass"}, "tokens": {"api": CANARY, "session": "crumb"}}
    for name, values in secrets.items():
        data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
        cluster.put("secrets", NAMESPACE, name, data=data)
    with web(answer) as started:
        release = put(cluster, spec())
        yield started, Candidate(cluster.api(), release, Visitor(started.address))


def check(name: str = "one", path: str = "/", **changed: Any) -> Check:
    request = {
        key: changed.pop(key) for key in ("method", "query", "token", "cookies", "body", "headers") if key in changed
    }
    return Check(name=name, request=HttpRequest(host=HOST, path=path, **request), **changed)


def run(cluster: Cluster, answer: Callable[[Request], Answer], *checks: Check) -> list[Outcome]:
    with candidate(cluster, answer) as (_, made):
        return smoke(made, checks, threading.Event())


def says(document: Any, status: int = 200, headers: Mapping[str, str] = {}) -> Callable[[Request], Answer]:
    return lambda request: (status, headers, json.dumps(document).encode())


def test_a_request_is_sent_as_declared(cluster: Cluster) -> None:
    """Host, pass, slot, token, cookies, query and body."""
    wanted = check(
        path="/orders",
        method="POST",
        query={"dry": "yes"},
        headers={"accept-language": "de"},
        token=SecretKey(secret="tokens", key="api"),
        cookies={"sid": SecretKey(secret="tokens", key="session")},
        body={"amount": 5},
    )
    with candidate(cluster, says({})) as (served, made):
        (result,) = smoke(made, [wanted], threading.Event())
        (asked,) = served.asked
    assert result.passed, result.detail
    assert (asked.method, asked.path, json.loads(asked.body)) == ("POST", "/orders?dry=yes", {"amount": 5})
    assert {
        "host": HOST,
        "x-slipway-slot": "green",
        "x-slipway-bypass-token": "bypass",
        "authorization": f"Bearer {CANARY}",
        "cookie": "sid=crumb",
        "accept-language": "de",
        "content-type": "application/json",
    }.items() <= asked.headers.items()


@pytest.mark.parametrize(
    ("changed", "answer", "detail"),
    [
        ({}, says({}, 500), "status 500, expected 200"),
        (
            {"json_equals": {"data.0.state": "open"}},
            says({"data": [{"state": CANARY}]}),
            "data.0.state is not as expected",
        ),
        ({"json_equals": {"done": True}}, says({"done": 1}), "done is not as expected"),
        ({"json_equals": {"n": None}}, says({}), "n is not as expected"),
        ({"present": ["a.b"]}, says({"a": {}}), "a.b is missing"),
        ({"absent": ["a.b"]}, says({"a": {"b": CANARY}}), "a.b is present"),
        ({"present": ["a"]}, lambda request: (200, {}, b"<html>"), "the response is not JSON"),
        (
            {"response_headers": {"X-Kind": "a"}},
            says({}, headers={"x-kind": CANARY}),
            "header X-Kind is not as expected",
        ),
        ({"capture": {"ID": "a"}}, says({"a": []}), "a is no text or number to use later"),
        ({"within_seconds": 0.0}, says({}), "at most 0 s"),
        ({"token": SecretKey(secret="tokens", key="lost")}, says({}), "Secret tokens has no key lost"),
        ({"token": SecretKey(secret="lost", key="x")}, says({}), "Secret lost has no key x"),
    ],
)
def test_a_check_fails_and_says_where(
    cluster: Cluster, changed: dict[str, Any], answer: Callable[[Request], Answer], detail: str
) -> None:
    """With figure and threshold, and never a value of the response or a Secret."""
    (result,) = run(cluster, answer, check(**changed))
    assert not result.passed
    assert detail in result.detail
    assert CANARY not in result.detail


def test_later_checks_use_what_earlier_ones_captured(cluster: Cluster) -> None:
    """In their path, quoted."""
    asked: list[str] = []

    def answer(request: Request) -> Answer:
        asked.append(request.path)
        return 200, {}, b'{"id": "a/b 7"}'

    first, second = check(capture={"ID": "id"}), check("two", "/orders/{ID}")
    assert [each.passed for each in run(cluster, answer, first, second)] == [True, True]
    assert asked == ["/", "/orders/a%2Fb%207"]


def test_a_check_without_its_captured_value_fails(cluster: Cluster) -> None:
    """Nothing is requested in its place; those after it still run."""
    results = run(cluster, says({}), check("two", "/orders/{ID}"), check("three"))
    assert [(each.name, each.passed) for each in results] == [("smoke/two", False), ("smoke/three", True)]
    assert results[0].detail == "{ID} was not captured by a check before"


def test_a_gateway_that_starts_is_waited_for(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """It took no connection, so nobody was asked twice."""
    monkeypatch.setattr(checks, "PAUSE", 0)
    with candidate(cluster, says({})) as (served, made):
        send, refused = made.send, iter(["NewConnectionError"] * 2)

        def late(request: HttpRequest, captured: Mapping[str, str] = {}) -> Response:
            for reason in refused:
                raise NoConnection(reason)
            return send(request, captured)

        monkeypatch.setattr(made, "send", late)
        (result,) = smoke(made, [check()], threading.Event())
        assert result.passed, result.detail
        assert len(served.asked) == 1


def test_no_response_is_a_failure(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """For good, once a gateway had its time."""
    monkeypatch.setattr(checks, "REACHED", 0)
    with candidate(cluster, says({})) as (_, made):
        pass
    (result,) = smoke(made, [check()], threading.Event())
    assert (result.passed, "no response" in result.detail) == (False, True)


def test_a_load_is_of_the_declared_size(cluster: Cluster) -> None:
    wanted = Load(request=HttpRequest(host=HOST, path="/"), requests=60, concurrency=6, p95_seconds=5, error_percent=1)
    with candidate(cluster, says({})) as (served, made):
        result = load(made, "load/0", wanted, threading.Event())
        assert len(served.asked) == 60
    assert result.passed, result.detail


@pytest.mark.parametrize(("every", "passed"), [(10, False), (200, True)])
def test_a_load_counts_its_errors(cluster: Cluster, every: int, passed: bool) -> None:
    numbers = iter(range(1000))

    def answer(request: Request) -> Answer:
        return (503 if next(numbers) % every == 0 else 200), {}, b""

    wanted = Load(request=HttpRequest(host=HOST, path="/"), requests=100, concurrency=1, p95_seconds=5, error_percent=1)
    with candidate(cluster, answer) as (_, made):
        assert load(made, "load/0", wanted, threading.Event()).passed is passed


def test_a_load_compares_its_times(cluster: Cluster) -> None:
    wanted = Load(request=HttpRequest(host=HOST, path="/"), requests=20, p95_seconds=0, error_percent=1)
    with candidate(cluster, says({})) as (_, made):
        result = load(made, "load/0", wanted, threading.Event())
    assert not result.passed
    assert "at most 0 s" in result.detail


def test_a_load_without_any_response_fails(cluster: Cluster) -> None:
    wanted = Load(request=HttpRequest(host=HOST, path="/"), requests=5, p95_seconds=100, error_percent=100)
    with candidate(cluster, says({})) as (_, made):
        pass
    assert not load(made, "load/0", wanted, threading.Event()).passed


def test_paths_lead_through_objects_and_lists() -> None:
    document = {"a": [{"b": None}], "c.d": 1}
    assert lookup(document, "a.0.b") is None
    assert lookup(document, "a.1.b") is MISSING
    assert lookup(document, "a.b") is MISSING
