"""Host names of systems: a domain, or a wildcard that stands for every host directly below one."""

from __future__ import annotations

from collections.abc import Mapping

from slipway.settings.finding import Finding, Found, known
from slipway.settings.pointers import Path

WILDCARD = "*."
"""Beginning of a wildcard. It stands for one label, as in a certificate (RFC 6125, section 6.4.3)."""


def is_wildcard(host: str) -> bool:
    return host.startswith(WILDCARD)


def bare(host: str) -> str:
    """Return the domain that contains a host: of a wildcard the one below which its hosts are."""
    return host.removeprefix(WILDCARD)


def covers(host: str, other: str) -> bool:
    """Return whether a host is another one, or a wildcard whose certificate is valid for it."""
    return host == other or (is_wildcard(host) and other.partition(".")[2] == bare(host))


def one_host(path: Path, key: str, domains: Mapping[str, str]) -> Found:
    """Check that `key` is a domain of the system with one address, which a wildcard has not."""
    yield from known(path, "domains", key, domains)
    if is_wildcard(domains.get(key, "")):
        rule = f"is a wildcard, {domains[key]}, which has no address of its own: name a domain without *"
        yield Finding(path, rule, (("domains", key),))
