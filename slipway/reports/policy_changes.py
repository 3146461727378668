"""Finds the effects of a change on its own checks: levels, thresholds, exemptions, lists, ledger, and the code of the
pack, the tool and the pipelines.

The tree of the base branch is compared with that of the change: data by meaning, code by file. A change that loosens a
check, or may, is blocked unless the base's `CODEOWNERS` names an owner who may approve it; a change that tightens one
is only reported.
"""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from slipway.reports.code_owners import CodeOwners
from slipway.reports.words import many
from slipway.settings.environments import ENVIRONMENTS, followed

STACKS, EXEMPTIONS = "policies/stacks.yaml", "policies/exemptions.yaml"
ANSWERS, TYPES = "policies/scanners.yaml", "policies/types.yaml"
DATA = (STACKS, EXEMPTIONS, ANSWERS, TYPES)
CODE: Mapping[str, tuple[str, ...]] = {
    "pack": ("policies",),
    "tool": (
        "slipway",
        "Makefile",
        "pyproject.toml",
        "setup.py",
        "requirements.txt",
        "requirements-scanners.txt",
        "Pulumi.yaml",
    ),
    "workflows": (".github", ".ci", ".gitlab-ci.yml"),
}
"""Files and folders that affect checks, by their role."""
LEDGER = "ledger"
STRICTNESS = {"disabled": 0, "advisory": 1, "remediate": 2, "mandatory": 3}
SUBMODULE = ".git"
"""The file of a checkout of a submodule that says where git keeps it: no part of its content."""
SKIPPED = ("__pycache__", ".schema.json", ".egg-info", ".venv")
NAMED = 6
"""Files of one kind that are listed; more are counted. Chosen: a line of a comment."""


@dataclass(frozen=True, order=True)
class PolicyChange:
    """One effect of a change on its own checks."""

    loosens: bool
    """True if it allows something that was refused before, or may."""
    file: str
    text: str
    """For example ``this change lowers `open-ingress` to disabled in production``."""
    owners: tuple[str, ...] = ()
    """The owners who may approve it, by the base's `CODEOWNERS`."""

    @property
    def blocks(self) -> bool:
        return self.loosens and not self.owners

    @property
    def verdict(self) -> str:
        """Return whether it is allowed, in a few words."""
        if self.blocks:
            return "refused"
        return f"needs {' or '.join(self.owners)}" if self.loosens else "stricter"

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"owners": list(self.owners), "blocks": self.blocks}


def compared(base: Path, head: Path) -> list[PolicyChange]:
    """Return every change from the tree `base` to the tree `head`, loosening ones first."""
    owners = CodeOwners.of(base)
    found = [
        *_levels(base, head),
        *_entries(base, head, EXEMPTIONS, _exemption, "exemption"),
        *_entries(base, head, ANSWERS, _answer, "answer to a scanner"),
        *_entries(base, head, TYPES, _type, "known type"),
        *_ledgers(base, head),
        *_environments(base, head),
        *_code(base, head),
    ]
    changes = {
        PolicyChange(loosens, file, f"this change {text}", owners.of_file(file) if loosens else ())
        for loosens, file, text in found
    }
    return sorted(changes, key=lambda each: (not each.blocks, not each.loosens, each.file, each.text))


Found = tuple[bool, str, str]
"""Whether it loosens a check, the file, and the change."""


def _read(file: Path) -> Any:
    """Return a document; one that cannot be read counts as empty, and the pack refuses it."""
    try:
        return yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _levels(base: Path, head: Path) -> Iterator[Found]:
    """Yield changed levels and thresholds of each environment and each stack."""
    old, new = _mapping(_read(base / STACKS)), _mapping(_read(head / STACKS))
    rules = sorted({rule for document in (old, new) for layer in _layers(document) for rule in layer})
    stacks = sorted({*_mapping(old.get("stacks")), *_mapping(new.get("stacks"))})
    reported: dict[tuple[bool, str], list[str]] = defaultdict(list)
    for rule in rules:
        for environment in ENVIRONMENTS:
            before, after = (_effective(each, rule, environment) for each in (old, new))
            for change in _differences(rule, before, after):
                reported[change].append(environment)
        for stack in stacks:
            before, after = (_entry(_mapping(_mapping(each.get("stacks")).get(stack)), rule) for each in (old, new))
            for change in _differences(rule, before, after):
                reported[change].append(f"the stack {stack}")
    for (loosens, text), places in reported.items():
        where = "" if set(places) >= set(ENVIRONMENTS) else f" in {' and '.join(places)}"
        yield loosens, STACKS, f"{text}{where}"


def _layers(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield _mapping(document.get("default"))
    for part in ("environments", "stacks"):
        yield from map(_mapping, _mapping(document.get(part)).values())


def _effective(document: Mapping[str, Any], rule: str, environment: str) -> Mapping[str, Any]:
    layers = [document.get("default"), _mapping(document.get("environments")).get(environment)]
    result: dict[str, Any] = {"enforcementLevel": "mandatory"}
    for layer in map(_mapping, layers):
        result |= {**_entry(layer, "all"), **_entry(layer, rule)}
    return result


def _entry(layer: Mapping[str, Any], rule: str) -> Mapping[str, Any]:
    found = layer.get(rule)
    return {"enforcementLevel": found} if isinstance(found, str) else _mapping(found)


def _differences(rule: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[bool, str]]:
    name = "every other rule" if rule == "all" else f"`{rule}`"
    for key in sorted({*before, *after}):
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        if key == "enforcementLevel":
            lower = STRICTNESS.get(str(new), 0) < STRICTNESS.get(str(old), 3)
            yield lower, f"{'lowers' if lower else 'raises'} {name} to {new}"
        elif isinstance(old, list) or isinstance(new, list):
            yield from _listed(name, key, old, new)
        else:
            yield _looser(key, old, new), f"sets `{key}` of {name} to {_shown(new)}, which was {_shown(old)}"


def _listed(name: str, key: str, old: Any, new: Any) -> Iterator[tuple[bool, str]]:
    before, after = ([*each] if isinstance(each, list) else [] for each in (old, new))
    for each in (each for each in after if each not in before):
        # Adding to a list loosens a check, except for the first entries of an empty allow-list: they restrict it.
        loosens = not key.startswith(TIGHTENING) and not (key.startswith("allowedRe") and not before)
        yield loosens, f"adds {_shown(each)} to `{key}` of {name}"
    for each in (each for each in before if each not in after):
        loosens = key.startswith(TIGHTENING) or (key.startswith("allowedRe") and not after)
        yield loosens, f"removes {_shown(each)} from `{key}` of {name}"


TIGHTENING = ("told", "tags", "own", "required", "severities")
"""Prefixes of lists whose entries tighten a rule; an entry of any other list loosens it."""


def _looser(key: str, old: Any, new: Any) -> bool:
    """Return whether a threshold becomes looser, or may because its direction is unknown."""
    if type(old) in (int, float) and type(new) in (int, float) and key.startswith(("minimum", "maximum")):
        return new < old if key.startswith("minimum") else new > old
    return not (new is True and not old)


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return str(value.get("type") or ", ".join(f"{key}: {each}" for key, each in value.items()))
    return "its default" if value is None else str(value)


Named = Callable[[Any], Mapping[str, Any]]


def _entries(base: Path, head: Path, file: str, named: Named, what: str) -> Iterator[Found]:
    """Yield changed entries of a file of exceptions: each new one loosens a check."""
    old, new = named(_read(base / file)), named(_read(head / file))
    for name in sorted({*old, *new}):
        if name not in new:
            yield False, file, f"removes the {what} {name}"
        elif name not in old:
            yield True, file, f"adds the {what} {name}"
        elif old[name] != new[name]:
            yield True, file, f"changes the {what} {name}"


def _exemption(document: Any) -> Mapping[str, Any]:
    entries = [each for each in document or () if isinstance(each, Mapping)] if isinstance(document, list) else []
    return {f"from `{each.get('rule')}` for {each.get('resource')} in {each.get('stack')}": each for each in entries}


def _answer(document: Any) -> Mapping[str, Any]:
    return {
        f"{scanner} {check} for {resource}": True
        for scanner, entries in _mapping(document).items()
        for entry in (entries if isinstance(entries, list) else ())
        for check in _mapping(entry).get("checks", ())
        for resource in _mapping(entry).get("resources", ())
    }


def _type(document: Any) -> Mapping[str, Any]:
    types = dict.fromkeys(_mapping(_mapping(document).get("types")), True)
    components = _mapping(document).get("components")
    return types | {f"{each} (component)": True for each in (components if isinstance(components, list) else ())}


def _ledgers(base: Path, head: Path) -> Iterator[Found]:
    """Yield changed entries of ledgers, which never lose one automatically."""
    for file in sorted({each.name for root in (base, head) for each in (root / LEDGER).glob("*.yaml")}):
        old, new = _mapping(_read(base / LEDGER / file)), _mapping(_read(head / LEDGER / file))
        for urn in sorted({*old, *new}):
            name = f"{urn.rpartition('::')[2]} ({urn.split('::')[-2].rpartition('$')[2]})" if "::" in urn else urn
            if urn not in new:
                yield True, f"{LEDGER}/{file}", f"no longer protects {name}"
            elif urn not in old:
                yield False, f"{LEDGER}/{file}", f"also protects {name}"
            elif old[urn] != new[urn]:
                yield True, f"{LEDGER}/{file}", f"changes the protection of {name}"


def _environments(base: Path, head: Path) -> Iterator[Found]:
    """Yield changed environments of stacks, which decide how strict the rules are."""
    order = ["local", "staging", "production"]
    for file in sorted({each.name for root in (base, head) for each in root.glob("Pulumi.*.yaml")}):
        old, new = (_environment(root / file) for root in (base, head))
        if old != new and (base / file).exists() and (head / file).exists():
            ranks = [order.index(each) if each in order else 2 for each in (old, new)]
            was = f", which was {old}" if old else ""
            yield ranks[1] < ranks[0], file, f"sets the environment of the stack to {new or 'nothing'}{was}"


def _environment(file: Path) -> str:
    config = _mapping(_mapping(_read(file)).get("config"))
    return followed(next((value for key, value in config.items() if key.rpartition(":")[2] == "environment"), ""))


def _code(base: Path, head: Path) -> Iterator[Found]:
    programs = sorted({each for each in map(_program, (base, head)) if each})
    for what, roots in CODE.items():
        named = dict.fromkeys([*roots, *(programs if what == "tool" else ())])
        old, new = (dict(_files(tree, named)) for tree in (base, head))
        changed = sorted(name for name in {*old, *new} if old.get(name) != new.get(name) and name not in DATA)
        by_folder: dict[str, list[str]] = defaultdict(list)
        for name in changed:
            by_folder[str(Path(name).parent) if "/" in name else name].append(name)
        for names in by_folder.values():
            shown = ", ".join(names) if len(names) <= NAMED else f"{many(len(names), 'file')} like {names[0]}"
            yield True, names[0], f"changes the {what}: {shown}"


def _program(tree: Path) -> str:
    """Return the folder of a program that the tree does not have itself, with its rules; empty if it has."""
    main = _mapping(_read(tree / "Pulumi.yaml")).get("main")
    named = Path(main).as_posix() if isinstance(main, str) else "."
    return "" if named == "." else named


def _files(tree: Path, roots: Iterable[str]) -> Iterator[tuple[str, str]]:
    for root in roots:
        place = tree / root
        found: Sequence[Path] = [place] if place.is_file() else sorted(_below(place))
        for file in found:
            name = file.relative_to(tree).as_posix()
            skipped = any(part in name for part in SKIPPED) or file.name == SUBMODULE or file.suffix == ".pyc"
            if not skipped and file.is_file():
                yield name, hashlib.sha256(file.read_bytes()).hexdigest()


def _below(folder: Path) -> Iterator[Path]:
    for where, folders, files in os.walk(folder):
        folders[:] = [each for each in folders if each not in SKIPPED]
        yield from (Path(where) / each for each in files)
