"""Wording that several reports share."""

from __future__ import annotations

from collections.abc import Sequence

from slipway.rehearsal import EvaluatedPack, Rehearsal
from slipway.settings.stacks import Stack


def unevaluated(rehearsal: Rehearsal) -> str:
    """Return why no policy checked the plan, or not all of it; empty if all of it was checked."""
    if rehearsal.failure:
        return "the program failed"
    if not rehearsal.evaluated_by:
        return "there is no policy pack in policies/, and --policy-pack names none"
    if not any(pack.in_force for pack in rehearsal.evaluated_by):
        return "all rules are disabled"
    return "" if any(step.state.get("custom") for step in rehearsal.plan.steps) else "the plan has no resources"


def rules(packs: Sequence[EvaluatedPack]) -> str:
    """Return `58 rules` or `57 of 58 rules`."""
    every, in_force = sum(pack.rules for pack in packs), sum(pack.in_force for pack in packs)
    return many(every, "rule") if every == in_force else f"{in_force} of {many(every, 'rule')}"


def scope(stack: Stack) -> str:
    """Return `2 clusters, 5 systems`; empty for a program that is not Slipway's."""
    systems = sum(len(cluster.systems) for cluster in stack.clusters.values())
    return f"{many(len(stack.clusters), 'cluster')}, {many(systems, 'system')}" if stack.clusters else ""


def many(number: int, one: str, more: str | None = None) -> str:
    """Return `1 cluster` or `2 clusters`."""
    return f"{number} {one if number == 1 else more or one + 's'}"
