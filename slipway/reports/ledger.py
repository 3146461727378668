"""A stack's ledger: the resources in its plan that it must never lose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from slipway.rehearsal import SECRET, UNKNOWN, Plan, Step

NAMES = (
    "bucket",
    "identifier",
    "clusterIdentifier",
    "serverName",
    "accountName",
    "vaultName",
    "mongoClusterName",
    "brokerName",
    "queueName",
    "namespaceName",
    "zoneName",
    "name",
    "resourceName",
    "resourceGroupName",
)
"""Inputs with the name of a resource in its cloud; the first that a resource has counts."""
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
HEADER = """\
# What the stack must never lose, by URN: `slipway ledger --update` adds entries. Remove one by hand once its data has
# been moved or may be deleted. Policy `data-ledger` refuses a plan that would delete or replace one.
"""

FOLDER = "ledger"

Entries = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Comparison:
    """The differences between the ledger and the plan."""

    kept: Entries
    new: Entries
    """Resources that are protected in the plan and not in the ledger."""
    missing: Entries
    """Resources that are in the ledger and no longer in the plan."""

    @property
    def updated(self) -> Entries:
        """Return the ledger with new entries. Entries are never removed automatically."""
        return {**self.kept, **self.new, **self.missing}


def protected(plan: Plan) -> Entries:
    """Return every resource that Pulumi refuses to delete, by URN."""
    steps = (step for step in plan.steps if step.state["custom"] and step.state.get("protect"))
    return {step.urn: _entry(step) for step in steps}


def urns(file: Path) -> frozenset[str]:
    """Return the URNs in a ledger's file; none if it cannot be read, which the policy `data-ledger` reports."""
    try:
        written = yaml.load(file.read_text(encoding="utf-8"), _LOADER)
    except (OSError, ValueError, yaml.YAMLError):
        return frozenset()
    return frozenset(filter(_is_urn, written)) if isinstance(written, dict) else frozenset()


def _is_urn(key: object) -> bool:
    return isinstance(key, str) and key.startswith("urn:pulumi:")


def compared(ledger: Entries, plan: Plan) -> Comparison:
    """Compare `ledger` with `plan`; a resource renamed with an alias counts as present."""
    found = protected(plan)
    old = {alias for step in plan.steps for alias in step.state.get("aliases", ())}
    return Comparison(
        kept={urn: entry for urn, entry in ledger.items() if urn in found or urn in old},
        new={urn: entry for urn, entry in found.items() if urn not in ledger},
        missing={urn: entry for urn, entry in ledger.items() if urn not in found and urn not in old},
    )


def read(file: Path) -> dict[str, Any]:
    """Return the entries in a ledger's file by URN; none if it cannot be read, which the policy `data-ledger` reports."""
    named = urns(file)
    written = yaml.load(file.read_text(encoding="utf-8"), _LOADER) if named else {}
    return {urn: entry for urn, entry in written.items() if urn in named}


def as_yaml(entries: Mapping[str, Any]) -> str:
    """Return the text of the file, sorted by URN."""
    return HEADER + yaml.safe_dump(dict(entries), sort_keys=True, width=4096, allow_unicode=True)


def _entry(step: Step) -> dict[str, Any]:
    key = next((each for each in NAMES if isinstance(step.inputs.get(each), str)), None)
    entry: dict[str, Any] = {"provider": step.provider.rsplit("::", 2)[-2] if step.provider else ""}
    if key is not None and step.package != "kubernetes" and step.inputs[key] not in (UNKNOWN, SECRET):
        entry["named"] = {key: step.inputs[key]}
    return entry
