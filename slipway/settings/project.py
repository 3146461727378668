"""Pulumi's own files: `Pulumi.yaml` and the stack files next to it, and the resulting configuration."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from slipway.settings.document import LocatedDict, read
from slipway.settings.problems import InvalidSettings, Place, Problem, nearest

PROJECT_FILE = "Pulumi.yaml"
PROGRAM_FILE = "__main__.py"
"""What makes a folder a program."""
RUNTIME = "python"
"""The runtime of programs that the tool runs."""
_OF_SLIPWAY = re.compile(r"^(?:from|import) slipway\b", re.MULTILINE)
"""A line of a program that reads Slipway's systems and stacks."""
STACK_KEYS = frozenset({"config", "environment", "secretsprovider", "encryptedkey", "encryptionsalt"})


@dataclass(frozen=True)
class ConfigEntry:
    """A configuration value as the engine passes it to the program: text, with objects as compact JSON."""

    text: str
    secret: bool = False


@dataclass(frozen=True)
class Project:
    """The content of `Pulumi.yaml`: its folder, the project's name, its default configuration."""

    root: Path
    name: str
    defaults: Mapping[str, Any]
    main: str = ""
    """Folder of the program, relative to the project's; empty if the project has its own program."""
    secret_keys: frozenset[str] = frozenset()
    """Full keys that `Pulumi.yaml` declares as `secret: true`."""

    @property
    def is_slipway(self) -> bool:
        """Return whether the program is Slipway's, whose stacks have clusters and systems; any other Pulumi program has
        resources alone. A project without a program counts as Slipway's."""
        try:
            text = (self.program / PROGRAM_FILE).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return True
        return _OF_SLIPWAY.search(text) is not None

    @property
    def program(self) -> Path:
        """Return the folder of the program."""
        return self.root / self.main

    @property
    def places(self) -> tuple[Path, ...]:
        """Return the folders whose files apply, each over those before it: the program's, then the project's."""
        return (self.program, self.root) if self.main else (self.root,)

    def stack_file(self, stack: str) -> Path:
        return self.root / f"Pulumi.{stack}.yaml"

    def stacks(self) -> list[str]:
        """Return the names of the stacks that have a file, sorted."""
        names = (
            path.name.removeprefix("Pulumi.").removesuffix(".yaml")
            for path in self.root.glob("Pulumi.*.yaml")
            if path.is_file()
        )
        return sorted(name for name in names if name)


def find_project(start: Path) -> Project:
    """Return the project of the nearest `Pulumi.yaml` in `start` or a folder above it, as the Pulumi CLI finds it."""
    for folder in [start.resolve(), *start.resolve().parents]:
        if (folder / PROJECT_FILE).is_file():
            return _project(folder)
    rule = f"does not exist in {start} or a folder above it; change to the project's folder or pass --cwd"
    raise InvalidSettings([Problem(Place(PROJECT_FILE), rule)])


def _project(root: Path) -> Project:
    document = read(root / PROJECT_FILE, PROJECT_FILE, engine=True)
    name = document.get("name")
    if not isinstance(name, str):
        raise InvalidSettings([Problem(Place(PROJECT_FILE, 1, ("name",)), "is required", example="slipway")])
    declared = document.get("config") or LocatedDict(document.mark)
    if not isinstance(declared, LocatedDict):
        place = Place(PROJECT_FILE, document.marks["config"].line, ("config",))
        raise InvalidSettings([Problem(place, "is not a mapping of keys")])
    _check_runtime(document)
    return Project(
        root,
        name,
        {full_key(name, key): value for key, value in _defaults(declared)},
        _main(root, document),
        frozenset(full_key(name, key) for key, value in declared.items() if _is_secret(value)),
    )


def _is_secret(declaration: Any) -> bool:
    return isinstance(declaration, LocatedDict) and declaration.get("secret") is True


def _check_runtime(document: LocatedDict) -> None:
    """Refuse a program in another language. Raises InvalidSettings."""
    runtime = document.get("runtime", RUNTIME)
    name = runtime.get("name") if isinstance(runtime, LocatedDict) else runtime
    if name != RUNTIME:
        place = Place(PROJECT_FILE, document.marks["runtime"].line, ("runtime",))
        raise InvalidSettings([Problem(place, f"is {name!r}: only programs in Python can be run", example=RUNTIME)])


def _main(root: Path, document: LocatedDict) -> str:
    """Return `main` of `Pulumi.yaml`, relative to its folder; empty for the folder itself. Raises InvalidSettings."""
    main = document.get("main")
    if main is None:
        return ""
    rule, folder = "", root
    if not isinstance(main, str) or not (folder := (root / main).absolute()).is_relative_to(root) or ".." in main:
        rule = "is not a folder below this file's, as Pulumi requires"
    elif not (folder / PROGRAM_FILE).is_file():
        rule = f"names no program: {main}/{PROGRAM_FILE} does not exist; of a submodule: git submodule update --init"
    if rule:
        place = Place(PROJECT_FILE, document.marks["main"].line, ("main",))
        raise InvalidSettings([Problem(place, rule, example="slipway")])
    return "" if folder == root else folder.relative_to(root).as_posix()


def _defaults(declared: LocatedDict) -> Iterator[tuple[str, Any]]:
    """Yield the default of each key that has one: `value` or `default` of a declaration, or a plain value instead of a
    declaration."""
    for key, value in declared.items():
        if not isinstance(value, LocatedDict):
            yield key, value
        else:
            yield from ((key, value[word]) for word in ("value", "default") if word in value)


def read_stack_file(path: Path, file: str) -> LocatedDict:
    """Return the `config` mapping of a stack file; `file` is its name in messages."""
    document = read(path, file, engine=True)
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
    problems += _key_problems(config, file) if isinstance(config, LocatedDict) else []
    if problems:
        raise InvalidSettings(problems)
    return config if isinstance(config, LocatedDict) else LocatedDict(document.mark)


def _key_problems(config: LocatedDict, file: str) -> Iterator[Problem]:
    """Yield the keys that the engine refuses: it accepts `namespace:name`, or the name alone."""
    for key, mark in config.marks.items():
        parts = str(key).split(":")
        if (len(parts) > 2 and (len(parts) > 3 or parts[1] != "config")) or not all(parts):
            yield Problem(Place(file, mark.line, mark.path), "is not a configuration key", example="slipway:clusters")


def configuration(project: Project, config: Mapping[str, Any], sealed: str) -> dict[str, ConfigEntry]:
    """Return the configuration that the engine would pass to the program: the stack's `config` over the project's
    defaults, by full key.

    A `secure:` value cannot be read without the stack's key: `sealed` replaces it.
    """
    values = dict(project.defaults) | {full_key(project.name, key): value for key, value in config.items()}
    entries = {key: _entry(value, sealed) for key, value in sorted(values.items())}
    return {key: replace(each, secret=each.secret or key in project.secret_keys) for key, each in entries.items()}


def full_key(project: str, key: str) -> str:
    """Return `key` as the engine writes it: `namespace:name`, with the project's namespace if it has none;
    `namespace:config:name` is deprecated."""
    namespace, _, name = key.rpartition(":")
    return f"{namespace.removesuffix(':config') or project}:{name}"


def _entry(value: Any, sealed: str) -> ConfigEntry:
    if _is_secure(value):
        return ConfigEntry(sealed, secret=True)
    if isinstance(value, dict | list):
        return ConfigEntry(_json(value, sealed), secret=_holds_secret(value))
    return ConfigEntry("" if value is None else value if isinstance(value, str) else _json(value, sealed))


def _json(value: Any, sealed: str) -> str:
    """Return compact JSON exactly as Go writes it: sorted keys, `<`, `>` and `&` escaped, numbers in its form."""
    if _is_secure(value):
        return _json(sealed, sealed)
    if isinstance(value, dict):
        return f"{{{','.join(f'{_text(key)}:{_json(value[key], sealed)}' for key in sorted(value))}}}"
    if isinstance(value, list):
        return f"[{','.join(_json(item, sealed) for item in value)}]"
    if isinstance(value, float):
        return _float(value)
    return _text(value) if isinstance(value, str) else json.dumps(value)


_ESCAPES = str.maketrans({character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"})


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).translate(_ESCAPES)


def _float(number: float) -> str:
    if number and not 1e-6 <= abs(number) < 1e21:
        return repr(number).replace("e-0", "e-")
    return f"{Decimal(repr(number + 0)):f}".removesuffix(".0")


def _holds_secret(value: Any) -> bool:
    if _is_secure(value):
        return True
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(map(_holds_secret, items))


def _is_secure(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"secure"} and isinstance(value["secure"], str)
