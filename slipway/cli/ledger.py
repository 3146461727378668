"""`slipway ledger`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import yaml

from slipway.cli.pack_data import ledger_mistakes
from slipway.cli.progress import progress
from slipway.cli.selection import Selection, select
from slipway.reports import ledger
from slipway.settings.exit_statuses import FAILED, OK, VIOLATED
from slipway.settings.problems import InvalidSettings


def run(cwd: Path, name: str | None, file: Path | None, *, update: bool, verify: bool) -> int:
    """Print the ledger compared with the plan; `update` writes new entries, `verify` fails when they differ."""
    selection = select(cwd, name, file)
    path = selection.project.root / ledger.FOLDER / f"{selection.stack.name}.yaml"
    entries = _read(path)
    with progress(selection.stack.name) as report:
        rehearsal = selection.rehearse(policies=False, on_progress=report)
    if rehearsal.failure:
        print(rehearsal.failure, file=sys.stderr)
        return FAILED
    comparison = ledger.compared(entries, rehearsal.plan)
    if update:
        _write(path, ledger.as_yaml(comparison.updated))
    _show(selection, comparison, quiet=update or verify)
    if verify:
        return VIOLATED if comparison.new or comparison.missing else OK
    return VIOLATED if comparison.missing else OK


def _read(path: Path) -> dict[str, Any]:
    """Return the entries of the file; none without one. Raises InvalidSettings."""
    if path.is_file() and (mistakes := list(ledger_mistakes(path))):
        raise InvalidSettings(mistakes)
    return (yaml.safe_load(path.read_text()) or {}) if path.is_file() else {}


def _write(path: Path, text: str) -> None:
    """Write the file atomically."""
    path.parent.mkdir(exist_ok=True)
    draft = path.with_suffix(".yaml.new")
    draft.write_text(text)
    os.replace(draft, path)


def _show(selection: Selection, comparison: ledger.Comparison, *, quiet: bool) -> None:
    for mark, entries in (("kept", {} if quiet else comparison.kept), ("new", comparison.new)):
        for urn in sorted(entries):
            print(f"{mark:8}{urn}")
    for urn in sorted(comparison.missing):
        print(f"{'missing':8}{urn}")
    if comparison.missing:
        place = f"{ledger.FOLDER}/{selection.stack.name}.yaml"
        print(
            f"{len(comparison.missing)} entries are no longer in the program: give each replacement an alias with the old "
            f"URN, or remove the entry from {place} once its data may be deleted",
            file=sys.stderr,
        )
    counts = f"{len(comparison.kept)} unchanged, {len(comparison.new)} new, {len(comparison.missing)} missing"
    print(f"{selection.stack.name}: {counts}")
