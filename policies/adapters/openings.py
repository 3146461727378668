"""Inbound traffic as ranges of addresses and ports, and the combination of several."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from adapters.addresses import EVERYWHERE, Network, are_wide, networks
from framework import Absence, Property

LAST = 65535
"""Highest port number: 16 bits."""
_PORTS = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
API_ALLOW = "kubernetes.authorizedNetworks"

Range = tuple[Property, Property]
"""The first and the last port."""


@dataclass(frozen=True)
class Opening:
    """Traffic admitted from a range of addresses."""

    source: Property
    """Everywhere if missing."""
    ports: Sequence[Range] = ()
    """All ports if empty."""
    key: str = ""
    """The setting that opens it, if it is declared."""

    without: tuple[Network, ...] = ()
    """Excluded ranges."""

    @property
    def networks(self) -> tuple[Network, ...]:
        """The addresses; empty if they are unknown or not ranges, such as a group of servers."""
        return EVERYWHERE if self.source.missing else networks(self.source.text or "") or ()

    @property
    def everywhere(self) -> bool:
        """Whether the known source is the internet, or larger than one company's range."""
        return are_wide(self.networks, self.without)

    def unknown_port(self) -> Property | None:
        """Return the first unknown port."""
        return next((each for pair in self.ports for each in pair if each.unknown), None)

    @property
    def spans(self) -> list[tuple[int, int]]:
        """The known ports, as first and last of each range."""
        found = [(_port(low, 0), _port(high, 1)) for low, high in self.ports]
        return [(low or 0, LAST if high is None else high) for low, high in found] or [(0, LAST)]

    def within(self, allowed: Sequence[int]) -> bool:
        """Return whether every known port is allowed."""
        return bool(self.ports) and all(_each_allowed(*pair, allowed) for pair in self.ports)


def together(openings: Sequence[Opening]) -> Opening | None:
    """Return the first of several openings that are narrow alone but open some port to the internet together."""
    known = [each for each in openings if each.networks and not each.unknown_port()]
    for port in sorted({low for each in known for low, _ in each.spans}):
        at = [each for each in known if any(low <= port <= high for low, high in each.spans)]
        if len(at) > 1 and are_wide([network for each in at for network in each.networks]):
            return at[0]
    return None


def _each_allowed(first: Property, last: Property, allowed: Sequence[int]) -> bool:
    if first.unknown or last.unknown:
        return True
    low, high = _port(first, 0), _port(last, 1)
    return (
        low is not None and high is not None and low <= high and all(port in allowed for port in range(low, high + 1))
    )


def _port(port: Property, end: int) -> int | None:
    """Return a port number, or one end of a range in text form."""
    written = _PORTS.fullmatch(port.text or "")
    return int(written[2] if end and written[2] else written[1]) if written else port.whole_number


def listed(listing: Property) -> list[Property]:
    """Return the elements of a list; any other value is a single element."""
    return list(listing.elements()) if listing.listing else [listing] if listing.present else []


def api_server(ranges: Property) -> Iterator[Opening]:
    """Return the openings of an API server, all of whose ports must be restricted. Unknown ranges besides known ones
    are addresses that the program creates, which the update checks."""
    sources = listed(ranges) or [Property(Absence.MISSING, ranges.path)]
    yield from (Opening(each, key=API_ALLOW) for each in [each for each in sources if not each.unknown] or sources)
