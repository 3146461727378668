"""Requests to a cluster's API: plain JSON with a timeout, retried if the answer may change."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from slipway.ops.failure import CloudFailure

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

TIMEOUT = (5, 30)
"""Seconds to connect, and to respond. Chosen: a loaded API server responds within 30 s."""
PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds before each retry. Chosen: doubled each time, under ten seconds in all."""
BUSY = (429, 500, 502, 503, 504)
"""HTTP statuses after which a request is retried. Source: Kubernetes API conventions, HTTP status codes."""
DOWN = (502, 503, 504)
"""HTTP statuses of a proxy whose API server is down. Source: RFC 9110, section 15.6."""
AWAY = 1.0
"""Seconds between two attempts to reach an API server that is down. Chosen: a restart takes seconds."""
WARNING = re.compile(r'\d{3} \S+ "((?:[^"\\]|\\.)*)"')
MERGE = "application/merge-patch+json"
APPLY = "application/apply-patch+yaml;charset=utf-8"
"""The API server reads it as YAML, which has no surrogate pairs: characters beyond the Basic Multilingual Plane must be
unescaped. The client would escape them in a body that it serializes."""
UNTRUSTED = "CERTIFICATE_VERIFY_FAILED"
"""OpenSSL's reason if nobody whom the client trusts signed the server's certificate."""
FIELD_CONFLICT = "FieldManagerConflict"
UNTYPED = "failed to create typed patch object"
"""An unknown field, which the API server reports as an internal error."""
LONGEST = 400
"""Characters of an error message that is shown. Chosen: messages repeat whole objects."""
PAGE = 500
"""Objects per page of a list. Source: the page size of kubectl (`--chunk-size`)."""

Document = dict[str, Any]
Answer = TypeVar("Answer")


class Refused(CloudFailure):
    """The API server refused a request. The text is its own, and may repeat values of the object."""

    def __init__(self, status: int, message: str, causes: Sequence[Mapping[str, str]] = ()) -> None:
        half = LONGEST // 2
        short = f"{message[:half]} … {message[-half:]}" if len(message) > LONGEST else message
        super().__init__(f"{short} (HTTP {status})")
        self.status, self.causes = status, tuple(causes)

    @property
    def conflicts(self) -> tuple[Mapping[str, str], ...]:
        """Return the fields that other managers own."""
        return tuple(cause for cause in self.causes if cause.get("reason") == FIELD_CONFLICT)

    @property
    def may_pass(self) -> bool:
        """Return whether a retry of the same request may succeed."""
        if UNTYPED in str(self):
            return False
        return self.status in BUSY or (self.status == 409 and not self.conflicts)

    @property
    def is_outage(self) -> bool:
        """Return whether the API server, or its store, is down."""
        return self.status in DOWN

    @property
    def fields(self) -> str:
        """Return the names of the fields that the refusal is about."""
        return ", ".join(dict.fromkeys(cause["field"].lstrip(".") for cause in self.causes if cause.get("field")))


class ApiUnavailable(CloudFailure):
    """There is no answer, or it is not from an API server."""

    is_outage = True


class Stopped(Exception):
    """The run was interrupted."""


class Api:
    """A client of a cluster's API on top of the official one; one instance serves all threads. `stop` ends every pause.

    `pauses` are the seconds before each retry, `timeout` those to connect and to respond. An API server that does not
    respond at all may be restarting: it is awaited for `outage_timeout` seconds, and `report` announces that. `report`
    also gets each warning of the API server once.
    """

    def __init__(
        self,
        client: ApiClient,
        *,
        pauses: Sequence[float] = PAUSES,
        outage_timeout: float = 0,
        timeout: tuple[float, float] = TIMEOUT,
        report: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._client, self._pauses, self._outage = client, pauses, Outage(outage_timeout, report)
        self._timeout = timeout
        self._report, self._warned = report, set[str]()
        self.stop = threading.Event()

    def get(self, path: str, **query: str) -> Document | None:
        try:
            return self._request("GET", path, query=query)
        except Refused as refusal:
            if refusal.status == 404:
                return None
            raise

    def text(self, path: str, **query: str) -> str:
        """Return a text that is not a document, such as a log; empty if there is none."""
        try:
            return self._send("GET", path, query=query).decode(errors="replace")
        except Refused as refusal:
            if refusal.status == 404:
                return ""
            raise

    def items(self, path: str, **query: str) -> list[Document]:
        """Return all objects of a list, page by page; none if the list does not exist."""
        found: list[Document] = []
        more: dict[str, str] = {}
        while True:
            page = self.get(path, **query, **more, limit=str(PAGE)) or {}
            found += page.get("items") or []
            token = page.get("metadata", {}).get("continue")
            if not token:
                return found
            more = {"continue": token}

    def apply(
        self, path: str, body: Mapping[str, Any], *, manager: str, force: bool = False, dry: bool = False
    ) -> Document:
        """Apply server-side and refuse unknown fields; `dry` changes nothing and returns the result that applying would
        have."""
        query = {"fieldManager": manager, "fieldValidation": "Strict", "force": str(force).lower()}
        query |= {"dryRun": "All"} if dry else {}
        text = json.dumps(body, ensure_ascii=False).encode()
        return self._request("PATCH", path, query=query, body=text, content=APPLY)

    def create(self, path: str, body: Mapping[str, Any]) -> Document:
        return self._request("POST", path, body=body, content="application/json")

    def merge(self, path: str, body: Mapping[str, Any], *, manager: str | None = None) -> Document:
        """Change the fields of an object that `body` has (RFC 7396), and no others; `manager` becomes their manager."""
        query = {"fieldManager": manager} if manager else {}
        return self._request("PATCH", path, query=query, body=body, content=MERGE)

    def replace(self, path: str, body: Mapping[str, Any]) -> Document:
        """Replace the object with the body's `resourceVersion`; never retried."""
        return _document(self._once("PUT", path, body=body, content="application/json"))

    def delete(self, path: str, uid: str, *, at_once: bool = False) -> None:
        """Delete the object with this `uid`, after the objects that it owns, or `at_once` before them; a missing object
        is no error."""
        body = {"propagationPolicy": "Background" if at_once else "Foreground", "preconditions": {"uid": uid}}
        try:
            self._request("DELETE", path, body=body, content="application/json")
        except Refused as refusal:
            if refusal.status != 404:
                raise

    def pause(self, seconds: float) -> None:
        if self.stop.wait(seconds):
            raise Stopped

    def _request(self, method: str, path: str, **parts: Any) -> Document:
        """Send a request. An answer of a proxy or a login page is retried like an outage."""
        return self._retry(method, lambda: _document(self._once(method, path, **parts)))

    def _send(self, method: str, path: str, **parts: Any) -> bytes:
        return self._retry(method, lambda: self._once(method, path, **parts))

    def _retry(self, method: str, ask: Callable[[], Answer]) -> Answer:
        pauses = iter(self._pauses)
        while True:
            try:
                answer = ask()
            except (Refused, ApiUnavailable) as failure:
                if method == "POST" or (isinstance(failure, Refused) and not failure.may_pass):
                    raise
                seconds = self._outage.pause(failure) if failure.is_outage else None
                seconds = next(pauses, None) if seconds is None else seconds
                if seconds is None:
                    raise
                self.pause(seconds)
            else:
                self._outage.end()
                return answer

    def _once(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | bytes | None = None,
        content: str = "",
    ) -> bytes:
        from kubernetes.client.exceptions import ApiException
        from urllib3.exceptions import HTTPError

        headers = {"Accept": "application/json, */*"} | ({"Content-Type": content} if content else {})
        call: Any = self._client.call_api
        try:
            answer = call(
                path,
                method,
                query_params=list((query or {}).items()),
                header_params=headers,
                body=body,
                auth_settings=["BearerToken"],
                _preload_content=False,
                _return_http_data_only=True,
                _request_timeout=self._timeout,
            )
            self._report_warnings(answer.headers.getlist("Warning"))
            return answer.data
        except ApiException as error:
            raise _refusal(error) from None
        except HTTPError as error:
            reason = "its certificate is not trusted" if UNTRUSTED in str(error) else type(error).__name__
            raise ApiUnavailable(f"the cluster cannot be reached ({reason})") from None

    def _report_warnings(self, warnings: Sequence[str]) -> None:
        for header in warnings:
            found = WARNING.match(header)
            text = (found[1] if found else header).replace('\\"', '"')
            if text not in self._warned:
                self._warned.add(text)
                self._report(f"warning of the API server: {text}")


class Outage:
    """Measures how long the API server has not responded to any thread."""

    def __init__(self, outage_timeout: float, report: Callable[[str], None]) -> None:
        self._outage_timeout, self._report, self._lock = outage_timeout, report, threading.Lock()
        self._since: float | None = None

    def pause(self, failure: CloudFailure) -> float | None:
        """Return the seconds until the next attempt; None after the outage timeout."""
        with self._lock:
            now = time.monotonic()
            if self._since is None:
                self._since = now
                if self._outage_timeout:
                    self._report(
                        f"the API server does not respond ({failure}); waiting up to {self._outage_timeout:.0f} s"
                    )
            return AWAY if now - self._since < self._outage_timeout else None

    def end(self) -> None:
        with self._lock:
            if self._since is not None and self._outage_timeout:
                self._report(f"the API server responds again after {time.monotonic() - self._since:.0f} s")
            self._since = None


def _document(content: bytes) -> Document:
    try:
        found = json.loads(content)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ApiUnavailable(
            "the response is not from a Kubernetes API server: it is not a JSON object; is there a proxy or a login page?"
        )
    return found


def _refusal(error: Any) -> Refused:
    text = error.body.decode(errors="replace") if isinstance(error.body, bytes) else error.body or ""
    try:
        said = json.loads(text)
    except ValueError:
        said = {}
    message = said.get("message") or error.reason or "no reason given"
    return Refused(error.status, message, (said.get("details") or {}).get("causes") or ())
