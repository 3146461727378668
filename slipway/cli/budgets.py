"""Compares the estimated cost of a plan with the budgets of its stack."""

from __future__ import annotations

from collections.abc import Sequence

from slipway.cli.pack_choice import ChosenPack, places_of
from slipway.cli.selection import Selection, own_packs
from slipway.cost import estimate, load
from slipway.cost.prices import priced
from slipway.rehearsal import Finding, Plan, PolicyPack
from slipway.reports import budgets, catalogue

UNJUDGED = "mandatory"
"""Level if no pack sets one."""


def over_budget(plan: Plan, selection: Selection, chosen: ChosenPack) -> list[Finding]:
    """Return findings for exceeded budgets, by the prices of the tree that checks or else the project's; none without
    prices, or for a program without budgets. Raises InvalidSettings."""
    if not selection.project.is_slipway:
        return []
    places = next(filter(priced, (places_of(chosen.root), selection.project.places)), ())
    if not places:
        return []
    return list(budgets.findings(estimate(plan, load(*places)), lambda: _level(selection, chosen.packs)))


def _level(selection: Selection, packs: Sequence[PolicyPack] | None) -> str:
    """Return the level of the rule in the packs that check."""
    stack = selection.stack
    rules = (
        rule
        for pack in (own_packs(selection.project) if packs is None else packs)
        if catalogue.has_one(pack.path)
        for concern in catalogue.read(pack.path, {stack.name: stack.environment}, data=pack.data)
        for rule in concern.rules
    )
    return next((rule.levels[stack.name] for rule in rules if rule.name == budgets.RULE), UNJUDGED)
