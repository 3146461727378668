"""Requests to a cluster's API: plain JSON, bounded in time, tried again where the answer may change."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from live.failure import CloudFailure

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

TIMEOUT = (5, 30)
"""Seconds to connect, and to answer."""
PAUSES = (0.5, 1.0, 2.0, 4.0)
BUSY = (429, 500, 502, 503, 504)
MERGE = "application/merge-patch+json"
APPLY = "application/apply-patch+yaml;charset=utf-8"
"""The API server reads it as YAML, which has no pairs of surrogates: letters beyond the first plane are written as they
are. The client would escape them in a body that it writes by itself."""
FIELD_CONFLICT = "FieldManagerConflict"
UNTYPED = "failed to create typed patch object"
"""An unknown field, which the API server calls an error of its own."""
LONGEST = 400
PAGE = 500

Document = dict[str, Any]


class Refused(CloudFailure):
    """The API server understood a request and said no. The text is its own, and may repeat values of the object."""

    def __init__(self, status: int, message: str, causes: Sequence[Mapping[str, str]] = ()) -> None:
        half = LONGEST // 2
        short = f"{message[:half]} … {message[-half:]}" if len(message) > LONGEST else message
        super().__init__(f"{short} (HTTP {status})")
        self.status, self.causes = status, tuple(causes)

    @property
    def conflicts(self) -> tuple[Mapping[str, str], ...]:
        """Fields that other managers own."""
        return tuple(cause for cause in self.causes if cause.get("reason") == FIELD_CONFLICT)

    @property
    def may_pass(self) -> bool:
        """Whether the same request may be granted a moment later."""
        if UNTYPED in str(self):
            return False
        return self.status in BUSY or (self.status == 409 and not self.conflicts)

    @property
    def fields(self) -> str:
        """Names of the fields that it is about."""
        return ", ".join(dict.fromkeys(cause["field"].lstrip(".") for cause in self.causes if cause.get("field")))


class Unreached(CloudFailure):
    """No answer."""


class Stopped(Exception):
    """The run was interrupted."""


class Api:
    """A cluster's API by the official client; one instance serves all threads. `stop` ends every pause.

    `pauses` are seconds before each further attempt.
    """

    def __init__(self, client: ApiClient, *, pauses: Sequence[float] = PAUSES) -> None:
        self._client, self._pauses = client, pauses
        self.stop = threading.Event()

    def get(self, path: str, **query: str) -> Document | None:
        try:
            return self._request("GET", path, query=query)
        except Refused as refusal:
            if refusal.status == 404:
                return None
            raise

    def text(self, path: str, **query: str) -> str:
        """What is no document, such as a log; empty where there is nothing."""
        try:
            return self._asked("GET", path, query=query).decode(errors="replace")
        except Refused as refusal:
            if refusal.status == 404:
                return ""
            raise

    def items(self, path: str, **query: str) -> list[Document]:
        """All objects of a list, page by page; none where the list does not exist."""
        found: list[Document] = []
        more: dict[str, str] = {}
        while True:
            page = self.get(path, **query, **more, limit=str(PAGE)) or {}
            found += page.get("items") or []
            token = page.get("metadata", {}).get("continue")
            if not token:
                return found
            more = {"continue": token}

    def apply(self, path: str, body: Mapping[str, Any], *, manager: str, force: bool = False) -> Document:
        """Server-side apply, with unknown fields refused."""
        query = {"fieldManager": manager, "fieldValidation": "Strict", "force": str(force).lower()}
        text = json.dumps(body, ensure_ascii=False).encode()
        return self._request("PATCH", path, query=query, body=text, content=APPLY)

    def create(self, path: str, body: Mapping[str, Any]) -> Document:
        return self._request("POST", path, body=body, content="application/json")

    def delete(self, path: str, uid: str) -> None:
        """Deletes the object that had this `uid`, after what it owns; one that is gone is no error."""
        body = {"propagationPolicy": "Foreground", "preconditions": {"uid": uid}}
        try:
            self._request("DELETE", path, body=body, content="application/json")
        except Refused as refusal:
            if refusal.status != 404:
                raise

    def pause(self, seconds: float) -> None:
        if self.stop.wait(seconds):
            raise Stopped

    def _request(self, method: str, path: str, **parts: Any) -> Document:
        return json.loads(self._asked(method, path, **parts))

    def _asked(self, method: str, path: str, **parts: Any) -> bytes:
        for seconds in self._pauses:
            try:
                return self._once(method, path, **parts)
            except Refused as refusal:
                if not refusal.may_pass or method == "POST":
                    raise
            except Unreached:
                if method == "POST":
                    raise
            self.pause(seconds)
        return self._once(method, path, **parts)

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
                _request_timeout=TIMEOUT,
            )
            return answer.data
        except ApiException as error:
            raise _refusal(error) from None
        except HTTPError as error:
            raise Unreached(f"the cluster cannot be reached ({type(error).__name__})") from None


def _refusal(error: Any) -> CloudFailure:
    if not error.status:
        return Unreached("the cluster cannot be reached (its certificate is not trusted)")
    text = error.body.decode(errors="replace") if isinstance(error.body, bytes) else error.body or ""
    try:
        said = json.loads(text)
    except ValueError:
        said = {}
    message = said.get("message") or error.reason or "no reason given"
    return Refused(error.status, message, (said.get("details") or {}).get("causes") or ())
