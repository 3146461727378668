"""Pulumi's own files: `Pulumi.yaml` and the stack files beside it, and the configuration that they amount to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from settings.document import LocatedDict, read
from settings.problems import InvalidSettings, Place, Problem, nearest

PROJECT_FILE = "Pulumi.yaml"
STACK_KEYS = frozenset({"config", "environment", "secretsprovider", "encryptedkey", "encryptionsalt"})


@dataclass(frozen=True)
class ConfigEntry:
    """One configuration value as the engine passes it to the program: text, with objects as compact JSON."""

    text: str
    secret: bool = False


@dataclass(frozen=True)
class Project:
    """`Pulumi.yaml`: the folder it stands in, the project's name, its default configuration."""

    root: Path
    name: str
    defaults: Mapping[str, Any]

    def stack_file(self, stack: str) -> Path:
        return self.root / f"Pulumi.{stack}.yaml"

    def stacks(self) -> list[str]:
        """Names of the stacks that have a file, sorted."""
        names = (
            path.name.removeprefix("Pulumi.").removesuffix(".yaml")
            for path in self.root.glob("Pulumi.*.yaml")
            if path.is_file()
        )
        return sorted(name for name in names if name)


def find_project(start: Path) -> Project:
    """The project of the nearest `Pulumi.yaml` in `start` or a folder above it, as the Pulumi CLI finds it."""
    for folder in [start.resolve(), *start.resolve().parents]:
        if (folder / PROJECT_FILE).is_file():
            return _project(folder)
    rule = f"does not exist in {start} or a folder above it; go to the project's folder or name it with --cwd"
    raise InvalidSettings([Problem(Place(PROJECT_FILE), rule)])


def _project(root: Path) -> Project:
    document = read(root / PROJECT_FILE, PROJECT_FILE)
    name = document.get("name")
    if not isinstance(name, str):
        raise InvalidSettings([Problem(Place(PROJECT_FILE, 1, ("name",)), "is required", example="slipway")])
    declared = document.get("config") or LocatedDict(document.mark)
    if not isinstance(declared, LocatedDict):
        place = Place(PROJECT_FILE, document.marks["config"].line, ("config",))
        raise InvalidSettings([Problem(place, "is not a mapping of keys")])
    return Project(root, name, {_qualified(name, key): value for key, value in _defaults(declared)})


def _defaults(declared: LocatedDict) -> Iterator[tuple[str, Any]]:
    """The value of each key that has one: `value` or `default` of a declaration, or the plain value in its place."""
    for key, value in declared.items():
        if not isinstance(value, LocatedDict):
            yield key, value
        else:
            yield from ((key, value[word]) for word in ("value", "default") if word in value)


def read_stack_file(path: Path, file: str) -> LocatedDict:
    """The `config` mapping of a stack file; `file` is its name in messages."""
    document = read(path, file)
    problems = [
        Problem(
            Place(file, document.marks[key].line, (key,)), f"is not a key of a stack file{nearest(key, STACK_KEYS)}"
        )
        for key in document
        if key not in STACK_KEYS
    ]
    config = document.get("config")
    if config is not None and not isinstance(config, LocatedDict):
        problems.append(Problem(Place(file, document.marks["config"].line, ("config",)), "is not a mapping of keys"))
    if problems:
        raise InvalidSettings(problems)
    return config if isinstance(config, LocatedDict) else LocatedDict(document.mark)


def configuration(project: Project, config: Mapping[str, Any], sealed: str) -> dict[str, ConfigEntry]:
    """What the engine would pass to the program: the stack's `config` over the project's defaults, by full key.

    A `secure:` value cannot be read without the stack's key: `sealed` stands in its place.
    """
    values = dict(project.defaults) | {_qualified(project.name, key): value for key, value in config.items()}
    return {key: _entry(value, sealed) for key, value in sorted(values.items())}


def _entry(value: Any, sealed: str) -> ConfigEntry:
    if _is_secure(value):
        return ConfigEntry(sealed, secret=True)
    if isinstance(value, dict | list):
        plain, secret = _without_secrets(value, sealed)
        return ConfigEntry(json.dumps(plain, separators=(",", ":"), ensure_ascii=False), secret)
    if isinstance(value, bool):
        return ConfigEntry("true" if value else "false")
    return ConfigEntry("" if value is None else str(value))


def _without_secrets(value: Any, sealed: str) -> tuple[Any, bool]:
    if _is_secure(value):
        return sealed, True
    if isinstance(value, dict):
        parts = {key: _without_secrets(item, sealed) for key, item in value.items()}
        return {key: plain for key, (plain, _) in parts.items()}, any(secret for _, secret in parts.values())
    if isinstance(value, list):
        items = [_without_secrets(item, sealed) for item in value]
        return [plain for plain, _ in items], any(secret for _, secret in items)
    return value, False


def _is_secure(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"secure"}


def _qualified(project: str, key: str) -> str:
    return key if ":" in key else f"{project}:{key}"
