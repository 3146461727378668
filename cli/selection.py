"""Which stack a command is about, and its rehearsal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rehearsal import UNKNOWN, ConfigValue, PolicyPack, Progress, Rehearsal, rehearse
from settings.load import load_stack
from settings.problems import InvalidSettings, Place, Problem, nearest
from settings.project import Project, configuration, find_project, read_stack_file
from settings.stacks import Stack

POLICIES = "policies"
STACK_FILE_VARIABLE = "SLIPWAY_STACK_FILE"
"""Tells the program which file the lines of its configuration stand in."""


@dataclass(frozen=True)
class Selection:
    """A project, the file of one of its stacks, and what it says, checked."""

    project: Project
    file: Path
    stack: Stack

    def rehearse(
        self, *, judged: bool, on_progress: Callable[[Progress], None] | None = None, seed: str | None = None
    ) -> Rehearsal:
        """The program's plan, with the policy pack's findings when `judged`; with a `seed` its secrets are readable, and
        random ones follow from it."""
        entries = configuration(self.project, read_stack_file(self.file, self.file.name), sealed=UNKNOWN)
        pack = self.project.root / POLICIES
        return rehearse(
            self.project.root,
            project=self.project.name,
            stack=self.stack.name,
            config={key: ConfigValue(entry.text, secret=entry.secret) for key, entry in entries.items()},
            packs=[PolicyPack(pack)] if judged and pack.is_dir() else [],
            environment={STACK_FILE_VARIABLE: str(self.file)},
            on_progress=on_progress,
            seed=seed,
        )


def select(cwd: Path, name: str | None, file: Path | None) -> Selection:
    """The stack called `name`, or the one in `file`. Raises InvalidSettings."""
    project = find_project(cwd)
    if (name is None) == (file is None):
        known = ", ".join(project.stacks())
        raise InvalidSettings(
            [Problem(Place("slipway"), f"name one stack with --stack ({known}) or a file with --config")]
        )
    if name is not None and name not in project.stacks():
        rule = f"does not exist: '{name}' is not a stack{nearest(name, project.stacks())}"
        raise InvalidSettings([Problem(Place(project.stack_file(name).name), rule)])
    path = (file if file is not None else project.stack_file(name or "")).resolve()
    stack = name or path.name.removeprefix("Pulumi.").removesuffix(".yaml").removesuffix(".yml")
    return Selection(project, path, load_stack(project, stack, path))
