"""What destroying a stack costs: what is protected, which data goes, what stays, and the order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from slipway.rehearsal import Plan, Step
from slipway.rehearsal.difference import compare
from slipway.rehearsal.difference.before import of_plan
from slipway.reports import ledger
from slipway.reports.outline import is_resource, outline
from slipway.reports.words import many
from slipway.settings.stacks import Stack

LOCKS = ("deletionProtection", "enableDeletionProtection")
"""Inputs by which a cloud itself refuses a deletion."""
GOES, PROTECTED, LOCKED, STAYS, ORDER = "goes", "protected", "locked", "stays", "order"


def leaving(stack: Stack, plan: Plan) -> dict[str, list[str]]:
    """Return lines by section; a section without lines is empty."""
    gone = compare(of_plan(stack.name, plan), Plan(plan.project, plan.stack, plan.organization, ()))
    resources = [step for step in plan.steps if is_resource(step) and step.op != "read"]
    return {
        PROTECTED: [f"pulumi state unprotect '{urn}'" for urn in sorted(ledger.protected(plan))],
        LOCKED: [f"{_name(step)}: set {key} to false, and update" for step in resources for key in _locks(step)],
        GOES: [f"{each.name} ({each.type}): {each.loses_data}" for each in gone.resources if each.loses_data],
        STAYS: [_name(step) for step in resources if step.state.get("retainOnDelete")],
        ORDER: list(_order(stack, plan)),
    }


def _name(step: Step) -> str:
    return f"{step.name} ({step.type})"


def _locks(step: Step) -> list[str]:
    inputs: dict[str, Any] = dict(step.state.get("inputs") or {})
    return [key for key in LOCKS if inputs.get(key) is True]


def _order(stack: Stack, plan: Plan) -> Iterator[str]:
    """Yield the parts in the order in which they go: what needs others goes before them."""
    for cluster, groups in outline(plan, stack).clusters.items():
        for group in reversed(groups):
            yield f"{cluster}: {group.title}, {many(group.resources, 'resource')}"
