"""The code at CloudFront's edge for a static site: the choice of a slot, in JavaScript, and the weights that it reads.

A visitor has a point from 0 to 9999, stored in a cookie on the parent domain of all the system's hosts: points below
the share of green see green. So the share is exact, a visitor stays in a slot, and a change of weights moves as few
visitors as possible. The path is rewritten to begin with the slot, which makes the slot part of CloudFront's cache key:
host and path.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from slipway.settings.hosts import bare
from slipway.settings.stacks import SystemDeployment

LARGEST = 10 * 1024
"""Largest size of a function, in bytes. Source: Amazon CloudFront Developer Guide, quotas on CloudFront Functions."""
_FOLDER = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class Edge:
    """The inputs of one site's functions. `active` serves all visitors while the weights cannot be read."""

    cookie: str
    domain: str
    """Domain of the cookie: the parent of all hosts of the system."""
    active: str
    page: str
    """HTML of the maintenance page."""
    retry_after_seconds: int


def request_function(edge: Edge) -> str:
    """Returns the function for viewer requests, which chooses the slot or answers with the maintenance page. Raises
    ValueError if the page makes it larger than CloudFront's limit."""
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
    """Returns the function for viewer responses, which stores the visitor's slot and point in the cookie."""
    return _function("response.js", {"COOKIE": edge.cookie, "ACTIVE": edge.active, "DOMAIN": edge.domain})


def state(deployment: SystemDeployment, *, epoch: int) -> str:
    """Returns the current weights in the form that the functions read from their store. The store also contains `pass`,
    the SHA-256 of the bypass token."""
    content = {
        "active": deployment.active,
        "weights": {slot: deployment.weight(slot) for slot in ("blue", "green")},
        "epoch": epoch,
        "maintenance": deployment.maintenance,
    }
    return json.dumps(content, separators=(",", ":"), sort_keys=True)


def parent_domain(domains: Sequence[str]) -> str:
    """Returns the longest domain that contains all of `domains`, for a shared cookie: `example.com` for
    `www.example.com` and `api.example.com`. Raises ValueError if they share fewer than two labels."""
    labels = [bare(domain).split(".")[::-1] for domain in domains]
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
