"""Exemptions expire, and an unused exemption is an error."""

from __future__ import annotations

from collections.abc import Sequence

from framework import Declaration, Resource, Settings, Verdict, exemptions, stack_rule


@stack_rule(
    Declaration(
        name="exemptions",
        description="Every exemption is in force and in use.",
        why="A forgotten exemption hides the next violation",
        clauses=("Slipway",),
    )
)
def exemptions_in_force(_resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check the exemptions of this stack, after all other rules."""
    for each in exemptions.of_stack():
        if each.expired:
            verdict.report_at(None, f"The exemption from {each.rule} for {each.resource} expired", each.place)
        elif each.pending:
            problem = f"The exemption from {each.rule} for {each.resource} is not in force yet: add it on its first day"
            verdict.report_at(None, problem, each.place)
    for each in exemptions.unused():
        if not each.expired and not each.pending:
            verdict.report_at(None, f"The exemption from {each.rule} is not used: {each.resource}", each.place)
