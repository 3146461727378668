"""Smoke tests and loads: requests to the candidate, by the bypass token, before it has visitors."""

from __future__ import annotations

import base64
import json
import math
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

from slipway.ops.cluster.api import Api
from slipway.release.controller.in_cluster import SECRETS
from slipway.release.controller.release import Release
from slipway.release.controller.tasks import Outcome
from slipway.release.controller.visit import NoAnswer, NoConnection, Response, Visitor
from slipway.release.objects import BYPASS_HEADER, SLOT_HEADER, Check, HttpRequest, Load, SecretKey

CAPTURED = re.compile(r"\{(\w+)\}")
MISSING = object()
"""What a path leads to that a response does not have."""
FAILURE = 500
"""HTTP statuses from here on are errors. Source: RFC 9110, section 15.6."""
REACHED, PAUSE = 60.0, 1.0
"""Seconds in which a gateway must take connections, and between attempts. Chosen: its pods start, or move, in that time."""


class Unfit(Exception):
    """A check cannot be sent. The text names what is missing, never a value."""


class Candidate:
    """Sends requests to the candidate's slot. Secrets are read once, by name."""

    def __init__(self, api: Api, release: Release, visitor: Visitor) -> None:
        self._api, self._release, self._visitor = api, release, visitor
        self._secrets: dict[str, Mapping[str, str]] = {}
        self._lock = threading.Lock()

    def send(self, request: HttpRequest, captured: Mapping[str, str] = {}) -> Response:
        """Return the response. Raises Unfit and NoAnswer."""
        headers = {**request.headers, SLOT_HEADER: self._release.spec.target.slot}
        if self._release.spec.bypass is not None:
            headers[BYPASS_HEADER] = self._secret(self._release.spec.bypass)
        headers |= {name: self._secret(key) for name, key in request.secret_headers.items()}
        if request.token is not None:
            headers["Authorization"] = f"Bearer {self._secret(request.token)}"
        if request.cookies:
            headers["Cookie"] = "; ".join(f"{name}={self._secret(key)}" for name, key in request.cookies.items())
        body = None
        if request.body is not None:
            body = json.dumps(request.body).encode()
            headers.setdefault("Content-Type", "application/json")
        return self._visitor.send(
            request.host,
            _filled(request.path, captured),
            method=request.method,
            query=request.query,
            headers=headers,
            body=body,
        )

    def _secret(self, key: SecretKey) -> str:
        with self._lock:
            if key.secret not in self._secrets:
                path = f"{SECRETS.format(namespace=self._release.namespace)}/{key.secret}"
                self._secrets[key.secret] = (self._api.get(path) or {}).get("data") or {}
            held = self._secrets[key.secret].get(key.key)
        if held is None:
            raise Unfit(f"Secret {key.secret} has no key {key.key}")
        return base64.b64decode(held).decode()


def smoke(candidate: Candidate, checks: Sequence[Check], stop: threading.Event) -> list[Outcome]:
    """Run all checks in their order and return a result for each; later ones use what earlier ones captured."""
    captured: dict[str, str] = {}
    results: list[Outcome] = []
    end = time.monotonic() + REACHED
    for check in checks:
        if stop.is_set():
            break
        problem, detail = _checked(lambda request: _reached(candidate, request, captured, end, stop), check, captured)
        results.append(Outcome(name=f"smoke/{check.name}", passed=problem is None, detail=problem or detail))
    return results


def load(candidate: Candidate, name: str, wanted: Load, stop: threading.Event) -> Outcome:
    """Send the declared number of requests and compare errors and times with the limits."""

    def once(_: int) -> Response | None:
        if stop.is_set():
            return None
        try:
            return candidate.send(wanted.request)
        except NoAnswer:
            return None

    try:
        with ThreadPoolExecutor(wanted.concurrency) as pool:
            counted = list(pool.map(once, range(wanted.requests)))
    except Unfit as reason:
        return Outcome(name=name, passed=False, detail=str(reason))
    errors = sum(each is None or each.status >= FAILURE for each in counted) / len(counted) * 100
    slow = _p95([each.seconds for each in counted if each is not None])
    passed = errors <= wanted.error_percent and slow <= wanted.p95_seconds
    detail = (
        f"{len(counted)} requests: {errors:.2f} % failed, at most {wanted.error_percent:g} %; "
        f"p95 {slow:.3f} s, at most {wanted.p95_seconds:g} s"
    )
    return Outcome(name=name, passed=passed, detail=detail)


def lookup(document: Any, path: str) -> Any:
    """Return the value at a dotted path, whose parts are keys or positions in a list; MISSING if there is none."""
    for part in path.split("."):
        if isinstance(document, Mapping) and part in document:
            document = document[part]
        elif isinstance(document, list) and part.isdecimal() and int(part) < len(document):
            document = document[int(part)]
        else:
            return MISSING
    return document


def _reached(
    candidate: Candidate, request: HttpRequest, captured: Mapping[str, str], end: float, stop: threading.Event
) -> Response:
    """Return the response. A gateway that takes no connection is no fault of the candidate, and is tried again until
    `end`; what it answers is final. Raises Unfit and NoAnswer."""
    while True:
        try:
            return candidate.send(request, captured)
        except NoConnection:
            if time.monotonic() >= end or stop.wait(PAUSE):
                raise


def _checked(send: Callable[[HttpRequest], Response], check: Check, captured: dict[str, str]) -> tuple[str | None, str]:
    """Return what is wrong, None if nothing is, and a line about a success."""
    try:
        response = send(check.request)
    except Unfit as reason:
        return str(reason), ""
    except NoAnswer as reason:
        return f"no response ({reason})", ""
    problem = _problem(check, response, captured)
    return problem, f"status {response.status} after {response.seconds:.2f} s"


def _problem(check: Check, response: Response, captured: dict[str, str]) -> str | None:
    """Return the first thing that is not as declared, without a value of the response."""
    if response.status != check.status:
        return f"status {response.status}, expected {check.status}"
    if check.within_seconds is not None and response.seconds > check.within_seconds:
        return f"{response.seconds:.2f} s, at most {check.within_seconds:g} s"
    for name, value in check.response_headers.items():
        if response.headers.get(name.lower()) != value:
            return f"header {name} is not as expected"
    if not (check.json_equals or check.present or check.absent or check.capture):
        return None
    try:
        document = json.loads(response.body)
    except ValueError:
        return "the response is not JSON"
    return _json_problem(check, document, captured)


def _json_problem(check: Check, document: Any, captured: dict[str, str]) -> str | None:
    for path, value in check.json_equals.items():
        found = lookup(document, path)
        # In JSON, true is not 1.
        if found is MISSING or found != value or isinstance(found, bool) != isinstance(value, bool):
            return f"{path} is not as expected"
    for path in check.present:
        if lookup(document, path) is MISSING:
            return f"{path} is missing"
    for path in check.absent:
        if lookup(document, path) is not MISSING:
            return f"{path} is present"
    for name, path in check.capture.items():
        found = lookup(document, path)
        if not isinstance(found, str | int | float) or isinstance(found, bool):
            return f"{path} is no text or number to use later"
        captured[name] = str(found)
    return None


def _filled(path: str, captured: Mapping[str, str]) -> str:
    missing = [name for name in CAPTURED.findall(path) if name not in captured]
    if missing:
        raise Unfit(f"{{{missing[0]}}} was not captured by a check before")
    return CAPTURED.sub(lambda match: quote(captured[match[1]], safe=""), path)


def _p95(seconds: Sequence[float]) -> float:
    """Return the 95th percentile by nearest rank; infinite without any response."""
    return sorted(seconds)[math.ceil(0.95 * len(seconds)) - 1] if seconds else math.inf
