"""Which DNS zones a system's domains lie in."""

from __future__ import annotations

from collections.abc import Iterable


def zones_of(domains: Iterable[str]) -> list[str]:
    """The shortest domains, each of which holds those below it: `example.com` for itself and `api.example.com`.

    A system owns these zones, however many systems share what is above them, so each stack delegates its own.
    """
    found: list[str] = []
    for domain in sorted(set(domains), key=lambda each: (each.count("."), each)):
        if not any(within(domain, zone) for zone in found):
            found.append(domain)
    return found


def within(domain: str, zone: str) -> bool:
    """Whether a record for `domain` stands in `zone`."""
    return domain == zone or domain.endswith(f".{zone}")
