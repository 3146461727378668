"""`slipway ledger`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import yaml

from cli.progress import progress
from cli.selection import Selection, select
from reports import ledger

OK, DIFFERS, FAILED = 0, 1, 3
FOLDER = "ledger"


def run(cwd: Path, name: str | None, file: Path | None, *, update: bool, verify: bool) -> int:
    """Prints the ledger beside the plan; with `update` writes what is new, with `verify` fails when they differ."""
    selection = select(cwd, name, file)
    with progress(selection.stack.name) as report:
        rehearsal = selection.rehearse(judged=False, on_progress=report)
    if rehearsal.failure:
        print(rehearsal.failure, file=sys.stderr)
        return FAILED
    path = selection.project.root / FOLDER / f"{selection.stack.name}.yaml"
    comparison = ledger.compared(_read(path), rehearsal.plan)
    if update:
        _write(path, ledger.as_yaml(comparison.updated))
    _show(selection, comparison, quiet=update or verify)
    if verify:
        return DIFFERS if comparison.new or comparison.missing else OK
    return DIFFERS if comparison.missing else OK


def _read(path: Path) -> dict[str, Any]:
    return (yaml.safe_load(path.read_text()) or {}) if path.is_file() else {}


def _write(path: Path, text: str) -> None:
    """The whole file or nothing."""
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
        place = f"{FOLDER}/{selection.stack.name}.yaml"
        print(
            f"{len(comparison.missing)} entries are no longer in the program: give what replaces each an alias of its old "
            f"URN, or take it out of {place} by hand once its data may go",
            file=sys.stderr,
        )
    counts = f"{len(comparison.kept)} kept, {len(comparison.new)} new, {len(comparison.missing)} missing"
    print(f"{selection.stack.name}: {counts}")
