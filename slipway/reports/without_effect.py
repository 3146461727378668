"""Keys of systems that change nothing on a cluster, in words."""

from __future__ import annotations

from collections.abc import Iterator

from slipway.settings.stacks import Stack

TITLE = "Without effect here"


def lines(stack: Stack) -> Iterator[str]:
    """Yield a line for each key of a cluster, with the first place in each file that sets it, and the reason."""
    for name, cluster in stack.clusters.items():
        found: dict[tuple[str, str], dict[str, str]] = {}
        for system in cluster.systems.values():
            for key in system.inert:
                what = " ".join(filter(None, (key.row.key, "on", name, key.row.condition)))
                found.setdefault((what, key.row.reason), {}).setdefault(key.place.file, str(key.place))
        for (what, reason), places in sorted(found.items()):
            yield f"{what} ({', '.join(places.values())}): {reason}"
