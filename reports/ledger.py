"""A stack's ledger: the resources that it must never lose, as its plan has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from rehearsal import SECRET, UNKNOWN, Plan, Step

NAMES = (
    "bucket",
    "identifier",
    "clusterIdentifier",
    "serverName",
    "accountName",
    "vaultName",
    "mongoClusterName",
    "brokerName",
    "zoneName",
    "name",
    "resourceName",
    "resourceGroupName",
)
"""Inputs that name a resource in its cloud; the first that a resource has is its name."""
HEADER = """\
# What the stack must never lose, by URN: `slipway ledger --update` adds entries. Take one out by hand, once its data has
# moved or may go. Policy `data-ledger` refuses a plan that would delete one or make it anew.
"""

Entries = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Comparison:
    """The ledger beside the plan."""

    kept: Entries
    new: Entries
    """Protected in the plan, not in the ledger."""
    missing: Entries
    """In the ledger, no longer in the plan."""

    @property
    def updated(self) -> Entries:
        """The ledger with what is new. Nothing leaves it by itself."""
        return {**self.kept, **self.new, **self.missing}


def protected(plan: Plan) -> Entries:
    """Every resource that Pulumi refuses to delete, by URN."""
    steps = (step for step in plan.steps if step.state["custom"] and step.state.get("protect"))
    return {step.urn: _entry(step) for step in steps}


def compared(ledger: Entries, plan: Plan) -> Comparison:
    """`ledger` beside `plan`; what was renamed with an alias counts as there."""
    found = protected(plan)
    old = {alias for step in plan.steps for alias in step.state.get("aliases", ())}
    return Comparison(
        kept={urn: entry for urn, entry in ledger.items() if urn in found or urn in old},
        new={urn: entry for urn, entry in found.items() if urn not in ledger},
        missing={urn: entry for urn, entry in ledger.items() if urn not in found and urn not in old},
    )


def as_yaml(entries: Mapping[str, Any]) -> str:
    """The file, sorted by URN."""
    return HEADER + yaml.safe_dump(dict(entries), sort_keys=True, width=4096, allow_unicode=True)


def _entry(step: Step) -> dict[str, Any]:
    key = next((each for each in NAMES if isinstance(step.inputs.get(each), str)), None)
    entry: dict[str, Any] = {"provider": step.provider.rsplit("::", 2)[-2] if step.provider else ""}
    if key is not None and step.package != "kubernetes" and step.inputs[key] not in (UNKNOWN, SECRET):
        entry["named"] = {key: step.inputs[key]}
    return entry
