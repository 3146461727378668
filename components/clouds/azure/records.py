"""The DNS zones of a system, and the name of a record within its zone."""

from __future__ import annotations

from collections.abc import Sequence

from components.clouds.contract import ZoneFacts
from components.manifests.domains import within


class Zones:
    """The zones of a system."""

    def __init__(self, zones: Sequence[ZoneFacts]) -> None:
        self._zones = zones

    def of(self, domain: str) -> ZoneFacts:
        """Returns the nearest zone that contains `domain`."""
        return max((zone for zone in self._zones if within(domain, zone.domain)), key=lambda zone: len(zone.domain))


def relative_name(domain: str, zone: str) -> str:
    """Returns `api` for `api.example.com` in the zone `example.com`, and `@` for the zone's own name."""
    return "@" if domain == zone else domain.removesuffix(f".{zone}")
