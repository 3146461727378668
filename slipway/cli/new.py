"""`slipway new system`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from slipway.cli.init import write_files
from slipway.cli.lookup import refused
from slipway.cli.selection import require_slipway
from slipway.compose.service_facts import slug
from slipway.compose.translate import Translation, translated
from slipway.compose.writing import written
from slipway.reports.words import many
from slipway.settings.document import mark_at, read
from slipway.settings.exit_statuses import OK
from slipway.settings.fields import Name
from slipway.settings.library import RESERVED, SYSTEM_FILE, Library
from slipway.settings.load import systems_path
from slipway.settings.problems import Problem
from slipway.settings.project import Project, find_project

TEMPLATE = Path(__file__).with_name("new_system.yaml")
"""A small system with comments."""
SCHEMA = "systems/system.schema.json"


def new_system(cwd: Path, name: str | None, source: Path | None) -> int:
    """Write the definition of a new system: a small one with comments, or what a file of Docker Compose describes, and print
    what that leaves to do. Raises InvalidSettings, and writes nothing, if the system exists or the file cannot be read."""
    project = find_project(cwd)
    require_slipway(project)
    called = _checked(name or _name_of(source))
    folder = f"{systems_path(project)}/{called}"
    if os.path.lexists(project.root / folder):
        raise refused(f"{folder} exists; choose another --name. Nothing was written")
    heading = f"# yaml-language-server: $schema={_schema(project, folder)}"
    translation = translated(source.absolute(), str(source), called) if source is not None else None
    text = written(translation.definition, heading) if translation is not None else _small(called, heading)
    write_files(project.root, {f"{folder}/{SYSTEM_FILE}": text.encode()})
    _show(project, called, folder, translation)
    return OK


def _small(name: str, heading: str) -> str:
    text = TEMPLATE.read_text(encoding="utf-8")
    for word, value in {"schema": heading, "name": name, "database": name.replace("-", "_")}.items():
        text = text.replace(f"«{word}»", value)
    return text


def _name_of(source: Path | None) -> str:
    if source is None:
        raise refused("needs --name, or --from with a file of Docker Compose: slipway new system --name shop")
    return slug(source.absolute().parent.name)


def _checked(name: str) -> str:
    try:
        TypeAdapter(Name).validate_python(name)
    except ValidationError as error:
        raise refused(f"--name {name} {error.errors()[0]['ctx']['error']}, for example shop") from None  # type: ignore[typeddict-item]
    if name in RESERVED:
        raise refused(f"--name {name} is a reserved name: choose another than {', '.join(RESERVED)}")
    return name


def _schema(project: Project, folder: str) -> str:
    return Path(os.path.relpath(project.program / SCHEMA, project.root / folder)).as_posix()


def _show(project: Project, name: str, folder: str, translation: Translation | None) -> None:
    file = f"{folder}/{SYSTEM_FILE}"
    print(f"Wrote {file}{_counted(translation)}")
    if translation is not None:
        document = read(project.root / file, file)
        _list(
            "Fill in",
            [
                f"{file}:{mark_at(document, tuple(key.split('.'))).line}: {key}: {text}"
                for key, text in translation.guesses.items()
            ],
        )
        _list("Not translated, or by a guess", translation.remarks)
    problems = _problems(project, name)
    _list("`slipway check` refuses it until this is done", problems)
    _list("Next", _steps(name, translation, refused=bool(problems)))


def _list(title: str, lines: Any) -> None:
    if lines:
        print(f"\n{title}:")
        for line in lines:
            print(f"  {line}")


def _counted(translation: Translation | None) -> str:
    if translation is None:
        return ""
    found = translation.definition
    counts = [
        (len(found.get(kind, ())), word)
        for kind, word in (
            ("services", "service"),
            ("databases", "database"),
            ("caches", "cache"),
            ("secrets", "secret"),
        )
    ]
    return ": " + ", ".join(many(count, word) for count, word in counts if count)


def _problems(project: Project, name: str) -> list[Problem]:
    library = Library(project, systems_path(project))
    library.system(name)
    return [each for each in library.problems if f"/{name}/" in each.place.file]


def _steps(name: str, translation: Translation | None, *, refused: bool) -> list[str]:
    stack = "Pulumi.<stack>.yaml"
    steps = [f"slipway check{' says when it is complete' if refused else ' accepts it'}"]
    steps.append(f"put it on a cluster, under 'systems' in {stack}: {name}: {{blue: {{version: 1.0.0}}}}")
    steps.append("slipway preview --stack <stack> shows what that creates, and what the rules find")
    if translation is not None and translation.definition.get("secrets"):
        steps.append(
            f"slipway secrets set NAME --stack <stack> --system {name} sets each secret, after the first update"
        )
    return [f"{number}. {each}" for number, each in enumerate(steps, 1)]
