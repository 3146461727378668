"""What runs at CloudFront's edge for a static site: the choice of a slot, in JavaScript, and the weights that it reads.

A visitor has a point from 0 to 9999, kept in a cookie on the domain that all of a system's hosts share: points below
the share of green see green. So the share is exact, a visitor stays, and other weights move no more visitors than they
must. The path is rewritten to begin with the slot, which makes it part of CloudFront's key: host and path.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from settings.stacks import Placement

LARGEST = 10 * 1024
"""Bytes that a function may have."""
_FOLDER = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class Edge:
    """What the functions of one site are made with. `active` serves everybody while the weights cannot be read."""

    cookie: str
    domain: str
    """The cookie's: the parent of all hosts of the system."""
    active: str
    page: str
    """HTML that is shown while the system is closed."""
    retry_after_seconds: int


def request_function(edge: Edge) -> str:
    """Of a viewer's request: chooses the slot, or says that the system is closed. Raises ValueError when the page makes
    it larger than CloudFront takes."""
    constants = {
        "COOKIE": edge.cookie,
        "ACTIVE": edge.active,
        "PAGE": edge.page,
        "RETRY_AFTER": edge.retry_after_seconds,
    }
    code = _function("request.js", constants)
    if len(code.encode()) > LARGEST:
        room = LARGEST - len(code.encode()) + len(json.dumps(edge.page).encode())
        raise ValueError(
            f"maintenancePage.page: has {len(edge.page.encode())} bytes, but CloudFront shows no page of more than about "
            f"{room}; take images and scripts out of it"
        )
    return code


def response_function(edge: Edge) -> str:
    """Of the response to it: keeps the visitor's slot and point in the cookie."""
    return _function("response.js", {"COOKIE": edge.cookie, "ACTIVE": edge.active, "DOMAIN": edge.domain})


def state(placement: Placement, *, epoch: int) -> str:
    """The weights in force, as the functions read them from their store. Beside them it holds `pass`, the SHA-256 of
    the secret by which smoke tests choose a slot."""
    content = {
        "active": placement.active,
        "weights": {slot: placement.weight(slot) for slot in ("blue", "green")},
        "epoch": epoch,
        "maintenance": placement.maintenance,
    }
    return json.dumps(content, separators=(",", ":"), sort_keys=True)


def parent_domain(domains: Sequence[str]) -> str:
    """The longest domain that holds all of `domains`, for a cookie that each of them sees: `example.com` of
    `www.example.com` and `api.example.com`. Raises ValueError when they share less than two labels."""
    labels = [domain.split(".")[::-1] for domain in domains]
    shared: list[str] = []
    for same in zip(*labels, strict=False):
        if len(set(same)) > 1:
            break
        shared.append(same[0])
    if len(shared) < 2:
        raise ValueError(
            f"domains: {', '.join(sorted(domains))} have no domain in common, so visitors cannot keep their slot"
        )
    return ".".join(reversed(shared))


def _function(handler: str, constants: dict[str, str | int]) -> str:
    shared = (_FOLDER / "visitor.js").read_text()
    values = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in constants.items())
    return f"{shared}\n{values}\n{(_FOLDER / handler).read_text()}"
