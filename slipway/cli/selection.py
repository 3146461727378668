"""The stack of a command, and its rehearsal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from slipway.rehearsal import UNKNOWN, ConfigValue, PolicyPack, Progress, Rehearsal, rehearse
from slipway.reports import ledger
from slipway.settings.load import load_stack
from slipway.settings.problems import InvalidSettings, Place, Problem, nearest
from slipway.settings.project import Project, configuration, find_project, read_stack_file
from slipway.settings.stacks import Stack

POLICIES = "policies"


@dataclass(frozen=True)
class Selection:
    """A project, the file of one of its stacks, and its validated content."""

    project: Project
    file: Path
    stack: Stack

    def rehearse(
        self,
        *,
        judged: bool,
        on_progress: Callable[[Progress], None] | None = None,
        seed: str | None = None,
        pack: PolicyPack | None = None,
        marks_key: str | None = None,
    ) -> Rehearsal:
        """Return the program's plan, with the findings of `pack` (default: the project's) if `judged`. With a `seed`,
        secrets are readable and random ones derive from it; with a `marks_key`, secrets are marked."""
        entries = configuration(self.project, read_stack_file(self.file, self.file.name), sealed=UNKNOWN)
        own = self.project.root / POLICIES
        base = pack.data.parent if pack and pack.data else self.project.root
        pack = pack or (PolicyPack(own) if own.is_dir() else None)
        return rehearse(
            self.project.root,
            project=self.project.name,
            stack=self.stack.name,
            config={key: ConfigValue(entry.text, secret=entry.secret) for key, entry in entries.items()},
            packs=[pack] if judged and pack else [],
            on_progress=on_progress,
            seed=seed,
            existing=ledger.urns(base / ledger.FOLDER / f"{self.stack.name}.yaml"),
            marks_key=marks_key,
        )


def select(cwd: Path, name: str | None, file: Path | None) -> Selection:
    """Return the stack called `name`, or the one in `file`. Raises InvalidSettings."""
    project = find_project(cwd)
    if (name is None) == (file is None):
        known = ", ".join(project.stacks())
        raise InvalidSettings(
            [Problem(Place("slipway"), f"pass one stack with --stack ({known}) or a file with --config")]
        )
    if name is not None and name not in project.stacks():
        rule = f"does not exist: '{name}' is not a stack{nearest(name, project.stacks())}"
        raise InvalidSettings([Problem(Place(project.stack_file(name).name), rule)])
    path = (file if file is not None else project.stack_file(name or "")).resolve()
    stack = name or path.name.removeprefix("Pulumi.").removesuffix(".yaml").removesuffix(".yml")
    return Selection(project, path, load_stack(project, stack, path))
