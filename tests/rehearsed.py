"""Plans of the project's systems, each made once a run of the tests whatever number of modules looks at it.

    plan = rehearsed("prod").plan                                    # Pulumi.prod.yaml, judged
    plan = planned_with("loud", document)                            # a stack file of the test's own
    plan = rehearsed_alone(text, {"systems/shop/system.yaml": …}).plan    # that file and these systems, and no others

Where a test is about the command, or edits what is not a stack's file, it runs `slipway` on a copy (`tests/slipway/cli/conftest.py`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from slipway.cli.selection import Selection, select
from slipway.rehearsal import Finding, Plan, Rehearsal
from slipway.settings.stacks import Stack
from tests.forking import forked_workers
from tests.shared import shared

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Rehearsed:
    """The result of a run of the program, and the stack that it was run for."""

    rehearsal: Rehearsal
    stack: Stack

    @property
    def plan(self) -> Plan:
        """The plan of a program that did not fail."""
        assert self.rehearsal.failure is None, self.rehearsal.failure
        return self.rehearsal.plan

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the policy pack says of the plan."""
        assert self.rehearsal.failure is None, self.rehearsal.failure
        return self.rehearsal.findings


@shared
def rehearsed(stack: str, *, seed: str | None = None) -> Rehearsed:
    """A stack of the project. With a `seed` its secrets are readable, and nobody judges it."""
    return _rehearsed(select(ROOT, stack, None), policies=seed is None, seed=seed)


def _rehearsed(selection: Selection, *, policies: bool, seed: str | None = None) -> Rehearsed:
    with forked_workers():
        return Rehearsed(selection.rehearse(policies=policies, seed=seed), selection.stack)


def rehearsed_with(name: str, file: Mapping[str, Any] | Path, *, policies: bool = True) -> Rehearsed:
    """The project with `file`, or what stands in it, as the file of a stack called `name`."""
    text = file.read_text(encoding="utf-8") if isinstance(file, Path) else yaml.safe_dump(file)
    return _with_text(name, text, policies=policies)


def planned_with(name: str, file: Mapping[str, Any]) -> Plan:
    """The plan alone of such a stack: nobody judges it, which takes a third of the time."""
    return _with_text(name, yaml.safe_dump(file), policies=False).plan


@shared
def _with_text(name: str, text: str, *, policies: bool) -> Rehearsed:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"Pulumi.{name}.yaml"
        file.write_text(text, encoding="utf-8")
        return _rehearsed(select(ROOT, None, file), policies=policies)


def rehearsed_alone(stack: str, systems: Mapping[str, str]) -> Rehearsed:
    """The project with no systems but those in `systems`, texts by file, in the stack `test`. Nobody judges it."""
    return rehearsed_of("test", {"Pulumi.test.yaml": stack, **systems})


def rehearsed_of(stack: str, files: Mapping[str, str], *, policies: bool = False) -> Rehearsed:
    """A stack of the project with these stacks and systems and no others, texts by file; with a `Pulumi.yaml` among them a
    stack of another project."""
    return _alone(stack, tuple(files.items()), policies)


@shared
def _alone(stack: str, files: tuple[tuple[str, str], ...], policies: bool) -> Rehearsed:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        given = {name for name, _ in files}
        for room in ("components", "policies", "slipway", "__main__.py", "Pulumi.yaml"):
            if room not in given:
                (folder / room).symlink_to(ROOT / room)
        for name, text in files:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        return _rehearsed(select(folder, stack, None), policies=policies)
