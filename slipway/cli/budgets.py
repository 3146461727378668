"""Compares the estimated cost of a plan with the budgets of its stack."""

from __future__ import annotations

from slipway.cli.pack_choice import ChosenPack
from slipway.cli.selection import POLICIES, Selection
from slipway.cost import estimate, load
from slipway.cost.prices import FOLDER
from slipway.rehearsal import Finding, Plan, PolicyPack
from slipway.reports import budgets, catalogue

UNJUDGED = "mandatory"
"""Level if no pack sets one."""


def over_budget(plan: Plan, selection: Selection, chosen: ChosenPack) -> list[Finding]:
    """Return findings for exceeded budgets, by the prices of the tree that checks or else the project's; none without
    prices. Raises InvalidSettings."""
    root = next((each for each in (chosen.root, selection.project.root) if (each / FOLDER).is_dir()), None)
    if root is None:
        return []
    return list(budgets.findings(estimate(plan, load(root)), lambda: _level(selection, chosen.pack)))


def _level(selection: Selection, pack: PolicyPack | None) -> str:
    """Return the level of the rule in the pack that checks."""
    folder, data = (pack.path, pack.data) if pack is not None else (selection.project.root / POLICIES, None)
    if not folder.is_dir():
        return UNJUDGED
    stack = selection.stack
    rules = (
        rule for concern in catalogue.read(folder, {stack.name: stack.environment}, data=data) for rule in concern.rules
    )
    return next((rule.levels[stack.name] for rule in rules if rule.name == budgets.RULE), UNJUDGED)
