"""What exists outside a stack, which no rule can judge, in words."""

from __future__ import annotations

from collections.abc import Iterator

from slipway.settings.stacks import Stack


def lines(stack: Stack) -> Iterator[str]:
    """Yield a line for each part that a stack uses and does not create."""
    for name, cluster in stack.clusters.items():
        for part in cluster.settings.not_evaluated:
            yield f"{name}: {part}"
