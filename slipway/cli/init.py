"""`slipway init`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from slipway.cli import blueprint
from slipway.cli.lookup import refused
from slipway.settings.exit_statuses import OK
from slipway.settings.problems import nearest
from slipway.settings.project import PROGRAM_FILE, PROJECT_FILE

STARTER = Path(__file__).with_name("starter")
COMMON = "common"
CLOUDS = sorted(each.name for each in STARTER.iterdir() if each.is_dir() and each.name != COMMON)
"""The clouds on which a project can begin."""
THRESHOLDS, OF_STACK = "thresholds.yaml", "stack_thresholds.yaml"
"""The parts of `policies/stacks.yaml` that are a cloud's: what holds for every stack, and for the first one alone."""
PROGRAM = "slipway"
"""Folder of the program, unless its checkout is elsewhere in the project."""
NAMED = 8
"""Files that a refusal lists; more are counted. Chosen: a few lines of a terminal."""


@dataclass(frozen=True)
class Program:
    """The program of a new project: its folder, relative to the project's, and the files to copy there."""

    main: str
    files: Mapping[str, Path]


def init(directory: Path, cloud: str, *, keep: bool) -> int:
    """Write a project with one stack and one small system into a folder, and print the next steps; return the exit
    status. With `keep`, files that exist stay as they are; else they are refused. Raises InvalidSettings and changes
    nothing if a file exists or cannot be written."""
    if cloud not in CLOUDS:
        raise refused(f"--cloud {cloud} is none of {', '.join(CLOUDS)}{nearest(cloud, CLOUDS)}")
    root = directory.absolute()
    program, stack = _program(root), stack_of(cloud)
    files = {name: text.encode() for name, text in starter(cloud, program.main).items()}
    files |= {f"{program.main}/{name}": path.read_bytes() for name, path in program.files.items()}
    existing = sorted(name for name in files if os.path.lexists(root / name))
    if existing and (not keep or PROJECT_FILE in existing):
        raise refused(_exists(directory, existing, keep=keep))
    write_files(root, {name: content for name, content in files.items() if name not in existing})
    _show(directory, program, stack, files, existing)
    return OK


def starter(cloud: str, main: str) -> dict[str, str]:
    """Return the texts of a new project on a cloud, by file; `main` is the folder of its program."""
    words = {"main": main, "stack": stack_of(cloud)}
    words |= {part.removesuffix(".yaml"): _text(STARTER / cloud / part) for part in (THRESHOLDS, OF_STACK)}
    found: dict[str, str] = {}
    for folder in (COMMON, cloud):
        for name in blueprint.below(STARTER / folder, [""]):
            text = _text(STARTER / folder / name)
            for word, value in words.items():
                text = text.replace(f"«{word}»", value)
            found[name] = text
    for part in (THRESHOLDS, OF_STACK):
        found.pop(part)
    return found


def stack_of(cloud: str) -> str:
    """Return the stack that a project on this cloud begins with."""
    (file,) = (STARTER / cloud).glob("Pulumi.*.yaml")
    return file.name.removeprefix("Pulumi.").removesuffix(".yaml")


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def _program(root: Path) -> Program:
    """Return the program: the checkout below `root` that this tool is part of, the one in `slipway/`, or a copy of this
    release."""
    home = blueprint.home()
    if home is not None and home != root.resolve() and home.is_relative_to(root.resolve()):
        return Program(home.relative_to(root.resolve()).as_posix(), {})
    if (root / PROGRAM / PROGRAM_FILE).is_file() and (root / PROGRAM / "components").is_dir():
        return Program(PROGRAM, {})
    return Program(PROGRAM, blueprint.released())


def _exists(directory: Path, existing: list[str], *, keep: bool) -> str:
    named = ", ".join(existing[:NAMED]) + (f" and {len(existing) - NAMED} more" if len(existing) > NAMED else "")
    if PROJECT_FILE in existing:
        return f"{directory}: is a project already ({named}); choose another folder. Nothing was written"
    return f"{directory}: has {named}; move them, or pass --keep to leave them as they are. Nothing was written"


def write_files(root: Path, files: Mapping[str, bytes]) -> None:
    """Write all files below `root`, or none; one that exists is never overwritten. Raises InvalidSettings."""
    made: list[Path] = []
    try:
        for name, content in files.items():
            path = root / name
            for folder in reversed([each for each in path.parents if not each.exists()]):
                folder.mkdir()
                made.append(folder)
            with path.open("xb") as file:
                made.append(path)
                file.write(content)
    except BaseException as error:
        for path in reversed(made):
            with suppress(OSError):
                path.rmdir() if path.is_dir() else path.unlink()
        if isinstance(error, OSError):
            raise refused(f"{error.filename}: cannot be written ({error.strerror}). Nothing was written") from None
        raise


def _show(directory: Path, program: Program, stack: str, files: Mapping[str, bytes], kept: list[str]) -> None:
    own = sorted(name for name in files if name not in kept and not name.startswith(f"{program.main}/"))
    print(f"Wrote {', '.join(own)}")
    for name in kept:
        if not name.startswith(f"{program.main}/"):
            print(f"Kept {name}")
    print(f"The program is {program.main}/{', a copy of this release' if program.files else ''}\n")
    at = "" if directory == Path() else f" --cwd {directory}"
    print(f"1. slipway preview --stack {stack}{at}")
    print("   shows what the example would create, and what the rules find.")
    print(f"2. Put your own accounts, networks and addresses into Pulumi.{stack}.yaml and policies/stacks.yaml, your")
    print(
        "   owners into .github/CODEOWNERS, and your system in the place of systems/hello. `slipway check` validates it."
    )
    print(
        f"3. Commit everything, with {program.main}/, to the default branch: from then on pull requests are previewed."
    )
    print(f"   `make -C {program.main} .venv/.runtime` installs what `pulumi up` needs.")
