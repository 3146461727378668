"""Requests to a system's hosts through the gateway inside the cluster, or at their own addresses."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import urllib3

TIMEOUT = 10.0
"""Seconds for a whole request. Chosen: what a visitor would not wait for."""
HTTPS = 443
"""Port on which the gateway speaks TLS. Source: RFC 9110, section 4.2.2."""
POOL = 32
"""Connections to one host that are kept open. Chosen: as many as a load usually has at once."""


class NoAnswer(Exception):
    """There was no response. The text is a short reason without addresses or values."""


class NoConnection(NoAnswer):
    """Nothing was sent: nobody takes connections there."""


@dataclass(frozen=True)
class Response:
    """What came back, and after how many seconds."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    seconds: float


class Visitor:
    """Sends requests to hosts through `gateway` (`host:port`), without it to the hosts themselves. Serves all threads."""

    def __init__(self, gateway: str | None, *, any_certificate: bool = False) -> None:
        self._gateway, self._any_certificate = gateway, any_certificate
        self._pools: dict[str, urllib3.HTTPConnectionPool] = {}
        self._lock = threading.Lock()

    def send(
        self,
        host: str,
        path: str,
        *,
        method: str = "GET",
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float = TIMEOUT,
    ) -> Response:
        """Return the response of one request, which is neither repeated nor redirected. Raises NoAnswer, and
        NoConnection if nothing was sent."""
        address = f"{path}?{urlencode(query)}" if query else path
        began = time.monotonic()
        try:
            answer: Any = self._pool(host).request(
                method,
                address,
                headers={"Host": host, **(headers or {})},
                body=body,
                redirect=False,
                retries=False,
                timeout=urllib3.Timeout(total=timeout),
            )
        except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError) as error:
            raise NoConnection(type(error).__name__) from None
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise NoAnswer(type(error).__name__) from None
        names = {name.lower(): value for name, value in answer.headers.items()}
        return Response(answer.status, names, answer.data, time.monotonic() - began)

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            for pool in self._pools.values():
                pool.close()
            self._pools.clear()

    def _pool(self, host: str) -> urllib3.HTTPConnectionPool:
        with self._lock:
            if host not in self._pools:
                self._pools[host] = self._opened(host)
            return self._pools[host]

    def _opened(self, host: str) -> urllib3.HTTPConnectionPool:
        name, _, port = (self._gateway or f"{host}:{HTTPS}").rpartition(":")
        if int(port) != HTTPS:
            return urllib3.HTTPConnectionPool(name, int(port), maxsize=POOL)
        if self._any_certificate and self._gateway:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
            return urllib3.HTTPSConnectionPool(
                name, HTTPS, maxsize=POOL, server_hostname=host, cert_reqs="CERT_NONE", assert_hostname=False
            )
        return urllib3.HTTPSConnectionPool(name, HTTPS, maxsize=POOL, server_hostname=host, assert_hostname=host)
