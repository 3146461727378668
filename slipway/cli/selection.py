"""The stack of a command, and its rehearsal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from slipway.cli import blueprint
from slipway.cli.foundation_outputs import answers_for
from slipway.rehearsal import UNKNOWN, ConfigValue, PolicyPack, Progress, Rehearsal, rehearse
from slipway.reports import ledger
from slipway.settings.document import LocatedDict, Mark
from slipway.settings.load import load_stack
from slipway.settings.problems import InvalidSettings, Place, Problem, nearest
from slipway.settings.project import PROGRAM_FILE, PROJECT_FILE, Project, configuration, find_project, read_stack_file
from slipway.settings.stacks import Stack

POLICIES = "policies"
PACK_FILE = "PulumiPolicy.yaml"
LEVELS = "stacks.yaml"
FOREIGN = (
    "`preview` and `cost` are for any program (docs/any-program.md), and `slipway init` starts a project of Slipway"
)
"""What to do with a program that has no clusters and systems."""
NO_STACK = "pass a stack with --stack: the project has no Pulumi.<stack>.yaml, so any name will do, for example dev"


@dataclass(frozen=True)
class Selection:
    """A project, the file of one of its stacks, and its validated content: without clusters, if the program is not
    Slipway's. Such a stack needs no file."""

    project: Project
    file: Path
    stack: Stack

    @property
    def price_places(self) -> tuple[Path, ...]:
        """Return the folders with prices, each over those before it: a program that is not Slipway's comes without."""
        places = self.project.places
        return places if self.project.is_slipway else (blueprint.packaged(), *places)

    def written(self) -> LocatedDict:
        """Return the `config` of the stack's file. Raises InvalidSettings."""
        return written(self.project, self.file)

    def rehearse(
        self,
        *,
        policies: bool,
        on_progress: Callable[[Progress], None] | None = None,
        seed: str | None = None,
        packs: Sequence[PolicyPack] | None = None,
        marks_key: str | None = None,
    ) -> Rehearsal:
        """Return the program's plan, with the findings of `packs` (default: the project's) if `judged`. With a `seed`,
        secrets are readable and random ones derive from it; with a `marks_key`, secrets are marked."""
        own = self.written()
        entries = configuration(self.project, own, sealed=UNKNOWN)
        base = next((each.data.parent for each in packs or () if each.data), self.project.root)
        if packs is None and policies:
            packs = own_packs(self.project)
        return rehearse(
            self.project.program,
            root=self.project.root,
            project=self.project.name,
            stack=self.stack.name,
            config={key: ConfigValue(entry.text, secret=entry.secret) for key, entry in entries.items()},
            packs=(packs or ()) if policies else (),
            on_progress=on_progress,
            seed=seed,
            existing=ledger.urns(base / ledger.FOLDER / f"{self.stack.name}.yaml"),
            marks_key=marks_key,
            answers=answers_for(self.project, own, seed),
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


def own_packs(project: Project) -> tuple[PolicyPack, ...]:
    """Return the packs that judge a project if the command line names none: one, or none. Raises InvalidSettings."""
    pack = own_pack(project)
    return (pack,) if pack else ()


def written(project: Project, file: Path) -> LocatedDict:
    """Return the `config` of a stack's file; nothing if it does not exist and the program needs none. Raises
    InvalidSettings."""
    if not file.exists() and not project.is_slipway:
        return LocatedDict(Mark(file.name, (), 1))
    return read_stack_file(file, file.name)


def only_stack(cwd: Path) -> str | None:
    """Return the name of the stack of a project that has one; None if it has several, or none. Raises
    InvalidSettings."""
    stacks = find_project(cwd).stacks()
    return stacks[0] if len(stacks) == 1 else None


def select_or_only(cwd: Path, name: str | None, file: Path | None) -> Selection:
    """Return the stack of a command that changes nothing: the only one of the project, if none is named. Raises
    InvalidSettings."""
    return select(cwd, name or (only_stack(cwd) if file is None else None), file)


def select(cwd: Path, name: str | None, file: Path | None) -> Selection:
    """Return the stack called `name`, or the one in `file`. Raises InvalidSettings."""
    project = find_project(cwd)
    if name is None and file is None and not project.is_slipway and not project.stacks():
        raise InvalidSettings([Problem(Place("slipway"), NO_STACK)])
    if (name is None) == (file is None):
        known = ", ".join(project.stacks())
        raise InvalidSettings(
            [Problem(Place("slipway"), f"pass one stack with --stack ({known}) or a file with --config")]
        )
    needs_file = project.is_slipway or project.stacks()
    if name is not None and needs_file and name not in project.stacks():
        rule = f"does not exist: '{name}' is not a stack{nearest(name, project.stacks())}"
        raise InvalidSettings([Problem(Place(project.stack_file(name).name), rule)])
    path = (file if file is not None else project.stack_file(name or "")).resolve()
    stack = name or path.name.removeprefix("Pulumi.").removesuffix(".yaml").removesuffix(".yml")
    if not project.is_slipway:
        return Selection(project, path, Stack(stack, "", {}))
    return Selection(project, path, load_stack(project, stack, path))


def select_slipway(cwd: Path, name: str | None, file: Path | None) -> Selection:
    """Return the stack of a command that is about clusters and systems. Raises InvalidSettings, also if the program is
    not Slipway's."""
    require_slipway(find_project(cwd))
    return select(cwd, name, file)


def require_slipway(project: Project) -> None:
    """Refuse a program without clusters and systems. Raises InvalidSettings."""
    if not project.is_slipway:
        program = (Path(project.main) / PROGRAM_FILE).as_posix()
        rule = f"this project's program is not Slipway's: {program} does not import `slipway`; {FOREIGN}"
        raise InvalidSettings([Problem(Place(PROJECT_FILE), rule)])
