"""Queues keep what no receiver could process."""

from __future__ import annotations

from collections.abc import Sequence

from pulumi_policy import Severity

from adapters import clouds
from framework import Declaration, Resource, Settings, Verdict, stack_rule


@stack_rule(
    Declaration(
        name="queue-dead-letters",
        description="Every queue has a dead-letter queue.",
        why="A message that always fails is delivered for days and is then gone, and nobody can repair it",
        clauses=(
            "Enterprise Integration Patterns: Dead Letter Channel",
            *clouds.clauses("queue-dead-letters"),
        ),
        types=clouds.together("queue-dead-letters"),
        severity=Severity.HIGH,
    )
)
def queue_dead_letters(resources: Sequence[Resource], settings: Settings, verdict: Verdict) -> None:
    """Check each queue, with what attaches a dead-letter queue to it."""
    clouds.evaluate_together("queue-dead-letters", resources, settings, verdict)
