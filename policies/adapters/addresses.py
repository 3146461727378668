"""Address ranges as sets: several narrow ranges together may be the whole internet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    collapse_addresses,
    ip_address,
    ip_network,
    summarize_address_range,
)

Network = IPv4Network | IPv6Network

EVERYWHERE = (IPv4Network("0.0.0.0/0"), IPv6Network("::/0"))
_TAGS = ("*", "any", "internet")
"""The clouds' tags for the internet, in lower case."""
_INSIDE = tuple(
    ip_network(each)
    for each in (
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "fc00::/7",
        "fe80::/10",
        "::1/128",
    )
)
"""Ranges that are not public."""
WIDEST = {4: 2**24, 6: 2 ** (128 - 20)}
"""Maximum number of public addresses of one company: a larger range includes strangers."""


@lru_cache(maxsize=4096)
def networks(text: str) -> tuple[Network, ...] | None:
    """Return the ranges of a text: a range, an address, two ends, or a tag such as `Internet`; None for any other text."""
    written = text.strip().lower()
    if written.split(".")[0] in _TAGS:
        return EVERYWHERE
    try:
        if "-" in written and not written[0].isalpha():
            return between(*written.split("-", 1))
        return (ip_network(written, strict=False),)
    except ValueError:
        return None


def between(first: str, last: str) -> tuple[Network, ...]:
    """Return all addresses from the first to the last. Raises ValueError."""
    low, high = ip_address(first.strip()), ip_address(last.strip())
    if isinstance(low, IPv4Address) and isinstance(high, IPv4Address):
        return tuple(summarize_address_range(low, high))
    if isinstance(low, IPv6Address) and isinstance(high, IPv6Address):
        return tuple(summarize_address_range(low, high))
    raise ValueError(f"{first}-{last} is of two kinds")


def are_wide(found: Iterable[Network], without: Iterable[Network] = ()) -> bool:
    """Return whether the ranges together contain more public addresses than one company has."""
    ranges, taken = list(found), [*_INSIDE, *without]
    for version in (4, 6):
        of = [each for each in ranges if each.version == version]
        kept = _less(list(collapse_addresses(of)), taken)  # type: ignore[type-var]
        if sum(each.num_addresses for each in kept) > WIDEST[version]:
            return True
    return False


def private(found: Iterable[Network], without: Iterable[Network] = (), version: int = 4) -> int:
    """Return how many addresses of a version of the ranges are in private networks, which a pod itself is not."""
    kept = _less([each for each in found if each.version == version], without)
    inside = [each for each in _INSIDE if each.version == version and not each.is_loopback]
    return sum(each.num_addresses for each in kept) - sum(each.num_addresses for each in _less(kept, inside))


def _less(ranges: Sequence[Network], taken: Iterable[Network]) -> list[Network]:
    left = list(ranges)
    for each in taken:
        left = [part for one in left for part in _without(one, each)]
    return left


def _without(one: Network, other: Network) -> Iterable[Network]:
    if one.version != other.version or not one.overlaps(other):
        return [one]
    if one.subnet_of(other):  # type: ignore[arg-type]
        return []
    return one.address_exclude(other)  # type: ignore[arg-type]
