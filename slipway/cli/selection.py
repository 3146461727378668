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
PACK_FILE = "PulumiPolicy.yaml"
LEVELS = "stacks.yaml"


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
        base = pack.data.parent if pack and pack.data else self.project.root
        pack = (pack or own_pack(self.project)) if judged else None
        return rehearse(
            self.project.program,
            root=self.project.root,
            project=self.project.name,
            stack=self.stack.name,
            config={key: ConfigValue(entry.text, secret=entry.secret) for key, entry in entries.items()},
            packs=[pack] if pack else [],
            on_progress=on_progress,
            seed=seed,
            existing=ledger.urns(base / ledger.FOLDER / f"{self.stack.name}.yaml"),
            marks_key=marks_key,
        )


def own_pack(project: Project) -> PolicyPack | None:
    """Return the pack that judges a project: its own, or that of its program, with the project's own levels and
    exemptions. None if there is neither. Raises InvalidSettings if the project has no levels."""
    data = project.root / POLICIES
    pack = next((each / POLICIES for each in reversed(project.places) if (each / POLICIES / PACK_FILE).is_file()), None)
    if pack is not None and pack != data and not (data / LEVELS).is_file():
        rule = f"does not exist: without it the rules of {project.main}/{POLICIES} have no levels for this project"
        raise InvalidSettings([Problem(Place(f"{POLICIES}/{LEVELS}"), rule)])
    return PolicyPack(pack, data=data) if pack else None


def only_stack(cwd: Path) -> str | None:
    """Return the name of the stack of a project that has one; None if it has several, or none. Raises
    InvalidSettings."""
    stacks = find_project(cwd).stacks()
    return stacks[0] if len(stacks) == 1 else None


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
