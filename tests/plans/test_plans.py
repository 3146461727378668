"""The plans of every stack."""

from __future__ import annotations

import pytest

from slipway.rehearsal import Plan
from slipway.reports.outline import outline
from slipway.settings.stacks import Stack
from tests.rehearsed import ROOT, rehearsed

__all__ = ["ROOT"]
STACKS = ("local", "prod", "staging")
SYSTEMS = ("expenses", "fleet", "kingstons", "marketplace", "smartwallet")


def planned(stack: str) -> tuple[Plan, Stack]:
    made = rehearsed(stack)
    return made.plan, made.stack


@pytest.mark.parametrize("stack", STACKS)
def test_the_outline_leaves_nothing_out(stack: str) -> None:
    """Each resource that a reviewer should see belongs to one part of one group, or is a provider."""
    plan, settings = planned(stack)
    shown = outline(plan, settings)
    parts = [part for groups in shown.clusters.values() for group in groups for part in group.parts]
    seen = [step.urn for part in parts for step in part.resources]
    everything = {step.urn for step in plan.steps if step.state.get("custom") and step.type != "pulumi:pulumi:Stack"}
    providers = {urn for urn in everything if "pulumi:providers:" in urn}
    assert len(seen) == len(set(seen))
    assert set(seen) | providers == everything
