"""The plans of every stack, for a reviewer to read: what a change does to real systems.

`make snapshots` writes them anew. The outline names every resource; the inputs of each foundation follow in files of
their own, and those of each system on each cloud in `test_clouds`.
"""

from __future__ import annotations

import functools
import io
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from cli.selection import select
from rehearsal import Plan
from reports.outline import outline
from reports.text import tree
from settings.stacks import Stack

ROOT = Path(__file__).parents[2]
STACKS = ("local", "prod", "staging")
SYSTEMS = ("expenses", "fleet", "kingstons", "marketplace", "smartwallet")
FOUNDATIONS = {"aws": "main", "azure": "fleet"}


class Readable(SingleFileSnapshotExtension):
    """One text file a snapshot, named as the test names it."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"


@functools.cache
def planned(stack: str) -> tuple[Plan, Stack]:
    selection = select(ROOT, stack, None)
    rehearsal = selection.rehearse(judged=False)
    assert rehearsal.failure is None, rehearsal.failure
    return rehearsal.plan, selection.stack


@pytest.fixture
def text(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(Readable)


@pytest.mark.parametrize("stack", STACKS)
def test_outline(stack: str, text: SnapshotAssertion) -> None:
    """Every resource of a stack by cluster, system and part."""
    plan, settings = planned(stack)
    out = io.StringIO()
    tree(Console(file=out, width=120, highlight=False), settings, outline(plan, settings), every=True)
    assert out.getvalue() == text


@pytest.mark.parametrize("cloud", FOUNDATIONS)
def test_inputs_of_foundation(cloud: str, text: SnapshotAssertion) -> None:
    """Type, name and inputs of everything that a cluster stands on in `staging`."""
    assert inputs_below(planned("staging")[0], f"slipway:{cloud}:Foundation", FOUNDATIONS[cloud]) == text


def inputs_below(plan: Plan, type_: str, name: str) -> str:
    """Type, name and inputs of every resource below the component, as YAML."""
    root = next(step for step in plan.steps if (step.type, step.name) == (type_, name))
    found: list[dict[str, Any]] = []
    pending = [root.urn]
    while pending:
        for child in plan.children_of(pending.pop(0)):
            pending.append(child.urn)
            if child.state["custom"]:
                found.append({f"{child.type} {child.name}": child.inputs})
    ordered = sorted(found, key=lambda each: next(iter(each)))
    return yaml.safe_dump(ordered, sort_keys=True, width=120, allow_unicode=True)


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
