"""Keys of systems on which the cloud of a cluster cannot act, in words."""

from __future__ import annotations

from collections.abc import Iterator

from slipway.settings.stacks import Stack

TITLE = "Without effect on this cloud"


def lines(stack: Stack) -> Iterator[str]:
    """Yield a line for each key of a cluster, with the first place in each file that sets it, and the reason."""
    for name, cluster in stack.clusters.items():
        found: dict[tuple[str, str], dict[str, str]] = {}
        for system in cluster.systems.values():
            for key in system.inert:
                found.setdefault((key.pattern, key.reason), {}).setdefault(key.place.file, str(key.place))
        for (pattern, reason), places in sorted(found.items()):
            yield f"{pattern} on {name} ({', '.join(places.values())}): {reason}"
