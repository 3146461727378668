"""Where records stand."""

from __future__ import annotations

from collections.abc import Sequence

from builders.domains import within
from components.cloud.contract import ZoneFacts


class Zones:
    """The zones of a system."""

    def __init__(self, zones: Sequence[ZoneFacts]) -> None:
        self._zones = zones

    def of(self, domain: str) -> ZoneFacts:
        """The nearest zone that holds `domain`; a system has one for each of its domains."""
        return max((zone for zone in self._zones if within(domain, zone.domain)), key=lambda zone: len(zone.domain))


def relative_name(domain: str, zone: str) -> str:
    """`api` of `api.example.com` in the zone `example.com`, and `@` of the zone's own name."""
    return "@" if domain == zone else domain.removesuffix(f".{zone}")
