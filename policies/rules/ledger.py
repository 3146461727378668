"""The resources that a stack must never lose, each by its URN and by its name in the cloud.

A URN changes when a resource is renamed, moved to another cluster or made by another component. Pulumi then deletes the
old one and makes a new and empty one, unless an alias ties the two. `ledger/<stack>.yaml` is checked in, so that a
preview can say so before anything is lost.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pulumi_policy import Severity

from framework import Declaration, Resource, Settings, Verdict, data, stack_rule

FOLDER = data.FOLDER.parent / "ledger"


class LedgerError(Exception):
    """An unreadable ledger; the message names file, entry and the required form."""


@dataclass(frozen=True)
class Entry:
    """One resource to preserve: its provider's name, and the inputs that form its name in the cloud."""

    urn: str
    provider: str
    named: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.urn.rpartition('::')[2]} ({self.urn.split('::')[-2].rpartition('$')[2]})"


@cache
def entries(file: Path) -> list[Entry]:
    """Return the entries of a ledger; none without a file. Raises LedgerError."""
    if not file.is_file():
        return []
    where = f"{file.parent.name}/{file.name}"
    try:
        document = data.read(file) or {}
    except data.UnreadableError as error:
        raise LedgerError(str(error)) from None
    if not isinstance(document, dict):
        raise LedgerError(f"{where}: is not a mapping of URNs")
    return [_entry(where, urn, written) for urn, written in document.items()]


def _entry(where: str, urn: Any, written: Any) -> Entry:
    example = "for example {provider: main, named: {bucket: shop-files}}"
    if not isinstance(urn, str) or not urn.startswith("urn:pulumi:") or urn.count("::") < 3:
        raise LedgerError(f"{where}: an entry is not a Pulumi URN, for example urn:pulumi:prod::slipway::type::name")
    if not isinstance(written, dict) or not isinstance(written.get("provider"), str):
        raise LedgerError(f"{where}: {urn}: names no provider, {example}")
    named = written.get("named") or {}
    if not isinstance(named, dict) or not all(isinstance(each, str) for pair in named.items() for each in pair):
        raise LedgerError(f"{where}: {urn}: 'named' is not a mapping of strings, {example}")
    return Entry(urn, written["provider"], named)


@stack_rule(
    Declaration(
        name="data-ledger",
        description="No resource in the stack's ledger is deleted or replaced.",
        why=("Its data would be lost: databases, buckets and keys outlive every change of the program"),
        clauses=("runbooks: never drop what holds data without a verified backup",),
        severity=Severity.CRITICAL,
    )
)
def data_ledger(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check the stack in `PULUMI_STACK`; only the properties that its ledger names are read."""
    file = FOLDER / f"{os.environ.get('PULUMI_STACK', '')}.yaml"
    try:
        known = entries(file)
    except LedgerError as error:
        verdict.report_at(None, str(error))
        return
    present = _by_every_urn(resources) if known else {}
    for entry in known:
        problem = _problem(entry, present.get(entry.urn))
        if problem:
            verdict.report_at(entry.urn, f"{entry} {problem}. {_fix(file)}")


def _by_every_urn(resources: Sequence[Resource]) -> dict[str, Resource]:
    """Return resources by their current and previous URNs."""
    found = {alias: each for each in resources for alias in each.aliases}
    return found | {each.urn: each for each in resources}


def _problem(entry: Entry, resource: Resource | None) -> str:
    if resource is None:
        return "holds data and is no longer in the program: it would be deleted"
    if resource.provider.rpartition("::")[2] != entry.provider:
        return "holds data and would move to another cluster: a new, empty one would be created there"
    for key, name in entry.named.items():
        now = resource[key].text
        if now is not None and now != name:
            return f"holds data and would get another name in the cloud ({key}): a new, empty one would be created"
    return ""


def _fix(file: Path) -> str:
    return (
        "Give the resource an alias of its old URN, or move its data and then take the entry out of "
        f"{file.parent.name}/{file.name}"
    )
