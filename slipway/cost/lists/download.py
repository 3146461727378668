"""Downloads a published file as a stream, and detects an early end."""

from __future__ import annotations

import http.client
import io
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from slipway.cost.lists.matching import PriceListError

TIMEOUT = 60
"""Seconds without a byte until a download fails. Chosen: a stalled connection does not recover."""
LARGEST_JSON = 64 * 2**20
"""Bytes of the largest JSON answer. Chosen: a page of prices has less than one MiB."""


class _Counted(io.RawIOBase):
    """A body that must have its declared length: otherwise an early end looks like the end of the file."""

    def __init__(self, body: http.client.HTTPResponse, address: str) -> None:
        self._body, self._address = body, address
        length = body.headers.get("Content-Length")
        self._left = int(length) if length and length.isdigit() else None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = self._body.readinto(buffer)
        if self._left is not None:
            self._left -= count
            if not count and self._left > 0:
                raise PriceListError(f"{self._address}: ended early, with {self._left} bytes missing; try again")
        return count


@contextmanager
def opened(address: str) -> Iterator[io.BufferedReader]:
    """Yield the bytes at an address. Raises PriceListError."""
    try:
        with urllib.request.urlopen(
            urllib.request.Request(address, headers={"User-Agent": "slipway"}), timeout=TIMEOUT
        ) as body:
            yield io.BufferedReader(_Counted(body, address), buffer_size=2**16)
    except urllib.error.HTTPError as error:
        raise PriceListError(
            f"{address}: answers {error.code}; check the name of the service, and the region"
        ) from None
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise PriceListError(f"{address}: cannot be read ({reason}); check the network and the proxy") from None


def document(address: str) -> dict[str, Any]:
    """Return the JSON object at an address. Raises PriceListError."""
    with opened(address) as body:
        text = body.read(LARGEST_JSON + 1)
    if len(text) > LARGEST_JSON:
        raise PriceListError(f"{address}: is longer than {LARGEST_JSON} bytes")
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise PriceListError(f"{address}: is not a JSON object")
    return found


def same_host(one: str, other: str) -> bool:
    return urlsplit(one)[:2] == urlsplit(other)[:2]
