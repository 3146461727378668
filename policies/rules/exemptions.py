"""Exemptions end: none outlives its day, or what it was made for."""

from __future__ import annotations

from collections.abc import Sequence

from frame import Declaration, Resource, Settings, Verdict, exemptions, stack_rule


@stack_rule(
    Declaration(
        name="exemptions",
        description="Every exemption is in force, and something needs it.",
        why="A forgotten exemption hides the next violation",
        clauses=("Slipway",),
    )
)
def exemptions_in_force(_resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Judge those of this stack, after all other rules have run."""
    for each in exemptions.of_stack():
        if each.expired:
            verdict.say(None, f"The exemption from {each.rule} for {each.resource} expired", each.place)
    for each in exemptions.unused():
        if not each.expired:
            verdict.say(None, f"The exemption from {each.rule} lets nothing through: {each.resource}", each.place)
