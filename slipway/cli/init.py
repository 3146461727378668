"""`slipway init`."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import TypeAdapter, ValidationError

from slipway.cli import blueprint
from slipway.cli.lookup import refused
from slipway.settings.exit_statuses import OK
from slipway.settings.fields import Name
from slipway.settings.problems import nearest
from slipway.settings.project import PROGRAM_FILE, PROJECT_FILE
from slipway.settings.store_names import cluster_name, registry

STARTER = Path(__file__).with_name("starter")
COMMON = "common"
CLOUDS = sorted(each.name for each in STARTER.iterdir() if each.is_dir() and each.name != COMMON)
"""The clouds on which a project can begin."""
THRESHOLDS, OF_STACK = "thresholds.yaml", "stack_thresholds.yaml"
"""The parts of `policies/stacks.yaml` that are a cloud's: what holds for every stack, and for the first one alone."""
PROGRAM = "slipway"
"""Folder of the program, unless its checkout is elsewhere in the project."""
LONGEST = 40
"""Characters of a name that a folder gives. Source: `Name` in slipway/settings/fields.py."""
NAMED = 8
"""Files that a refusal lists; more are counted. Chosen: a few lines of a terminal."""


@dataclass(frozen=True)
class Program:
    """The program of a new project: its folder, relative to the project's, and the files to copy there."""

    main: str
    files: Mapping[str, Path]


def init(directory: Path, cloud: str, *, name: str | None = None, keep: bool) -> int:
    """Write a project with one stack and one small system into a folder, and print the next steps; return the exit
    status. Its name is `name`, or that of the folder. With `keep`, files that exist stay as they are; else they are
    refused. Raises InvalidSettings and changes nothing if a file exists or cannot be written."""
    if cloud not in CLOUDS:
        raise refused(f"--cloud {cloud} is not supported{nearest(cloud, CLOUDS)}")
    root = directory.absolute()
    project = _named_by(root) if name is None else _legal(name)
    program, stack = _program(root), stack_of(cloud)
    files = {file: text.encode() for file, text in starter(cloud, program.main, project).items()}
    files |= {f"{program.main}/{file}": path.read_bytes() for file, path in program.files.items()}
    existing = sorted(file for file in files if os.path.lexists(root / file))
    if existing and (not keep or PROJECT_FILE in existing):
        raise refused(_exists(directory, existing, keep=keep))
    write_files(root, {file: content for file, content in files.items() if file not in existing})
    print(f"The project is called {project}")
    _show(directory, program, stack, files, existing)
    return OK


def _legal(name: str) -> str:
    """Return the name of a project that the command line gives. Raises InvalidSettings."""
    try:
        return TypeAdapter(Name).validate_python(name)
    except ValidationError as error:
        raise refused(f"--name {name}: {error.errors()[0]['ctx']['error']}") from None  # type: ignore[typeddict-item]


def _named_by(root: Path) -> str:
    """Return the name that a folder gives its project: what of it is legal. Raises InvalidSettings if nothing is."""
    folder = root.resolve().name
    plain = re.sub("[^a-z0-9]+", "-", folder.lower()).lstrip("-0123456789")[:LONGEST].rstrip("-")
    if not plain:
        raise refused(f"{folder or root} gives no name to a project: pass one with --name, for example --name shop")
    return plain


def starter(cloud: str, main: str, project: str) -> dict[str, str]:
    """Return the texts of a new project on a cloud, by file; `main` is the folder of its program."""
    # Parts come first: they have words too.
    words = {part.removesuffix(".yaml"): _text(STARTER / cloud / part) for part in (THRESHOLDS, OF_STACK)}
    words |= {"main": main, "stack": stack_of(cloud), "project": project, "registry": _registry(cloud, project)}
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


def _registry(cloud: str, project: str) -> str:
    """Return the name of the registry of a new project's cluster, where a subscription has part in it."""
    stack = stack_of(cloud)
    found = yaml.safe_load(_text(STARTER / cloud / f"Pulumi.{stack}.yaml"))
    ((cluster, settings),) = found["config"]["«project»:clusters"].items()
    return registry(settings.get("subscription", ""), cluster_name(project, stack, cluster))


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
