"""The DNS zones of a system's domains."""

from __future__ import annotations

from collections.abc import Iterable

from slipway.settings.hosts import bare


def zones_of(domains: Iterable[str]) -> list[str]:
    """Returns the shortest domains, each of which contains those below it: `example.com` for itself and
    `api.example.com`, and for `*.example.com`.

    A system owns these zones, even if several systems share a parent domain, so each stack delegates its own.
    """
    found: list[str] = []
    for domain in sorted({bare(domain) for domain in domains}, key=lambda each: (each.count("."), each)):
        if not any(within(domain, zone) for zone in found):
            found.append(domain)
    return found


def within(domain: str, zone: str) -> bool:
    """Returns whether a record for `domain` belongs in `zone`."""
    return domain == zone or domain.endswith(f".{zone}")


def nearest_zone(domain: str, zones: Iterable[str]) -> str | None:
    """Returns the longest of `zones` that contains `domain`."""
    return max((zone for zone in zones if within(domain, zone)), key=len, default=None)
