"""What a project tells its policy pack: levels and thresholds, exemptions, and ledgers.

The pack reads these files itself, under Pulumi's CLI too. Here their mistakes are found before anything is planned, all at
once, each with its line.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import Any

import yaml

from slipway.cli.selection import LEVELS, POLICIES, own_pack
from slipway.rehearsal import PolicyPack
from slipway.reports import ledger
from slipway.reports.policy_page import LONGEST_EXEMPTION
from slipway.settings.document import LocatedDict, LocatedList, mark_at, read_all, text_of, value_at
from slipway.settings.pointers import Path as Keys
from slipway.settings.problems import InvalidSettings, Place, Problem, nearest
from slipway.settings.project import Project

EXEMPTIONS = "exemptions.yaml"
DAY = "2027-01-31"
ENTRY = "{provider: main, named: {bucket: shop-files}}"
THRESHOLDS_ONLY = (
    "is a level: a stack has thresholds only; levels follow its environment: set them under `environments`"
)
REMEDIATE = "remediate"
"""A level that Pulumi knows and no rule of the pack needs: a file for Pulumi may name it."""
_TYPES = {
    "object": "is not a mapping of keys",
    "array": "is not a list",
    "string": "is not text",
    "integer": "is not a whole number",
    "number": "is not a number",
    "boolean": "is not true or false",
}


def refuse_mistakes(project: Project, stack: str | None = None) -> None:
    """Raise InvalidSettings with every mistake in the files; `stack` may be one whose file is elsewhere."""
    found = [*_of_pack(project, stack), *_of_ledgers(project)]
    if found:
        raise InvalidSettings(found)


def refuse_mistakes_in(folder: Path, shown: str, pack: PolicyPack) -> None:
    """Raise InvalidSettings with every mistake in the files of a folder that the command line names, or that of a base:
    it may have levels for stacks of other projects. `shown` is its name in messages."""
    found = list(_of_folder(folder, shown, pack, stacks=None))
    if found:
        raise InvalidSettings(found)


def configuration(file: Path, pack: PolicyPack) -> dict[str, Any]:
    """Return the content of a file of Pulumi's `--policy-pack-config`. Raises InvalidSettings: with the mistakes that the
    schema of Slipway's pack finds; the process of another pack knows its rules alone, and refuses them itself."""
    shown, text = str(file), text_of(file, str(file))
    try:
        found = json.loads(text)
    except ValueError as error:
        line = getattr(error, "lineno", None)
        raise InvalidSettings([Problem(Place(shown, line), f"is not JSON: {getattr(error, 'msg', error)}")]) from None
    if not isinstance(found, dict):
        raise InvalidSettings([Problem(Place(shown, 1), 'is not a mapping of rules, for example {"all": "advisory"}')])
    if problems := list(_of_configuration(found, text, shown, pack)):
        raise InvalidSettings(problems)
    return found


def _of_configuration(found: dict[str, Any], text: str, shown: str, pack: PolicyPack) -> Iterator[Problem]:
    schema = _schema_file(pack, LEVELS)
    if not schema.is_file():
        return
    levels = _schema(schema)
    for path, rule in _violations(found, {**levels["$defs"]["Layer"], "$defs": levels["$defs"]}):
        value = _below(found, path)
        if value != REMEDIATE:
            quoted = {} if value is None or isinstance(value, dict | list) else {"value": value}
            yield Problem(Place(shown, _line(text, path), path), _in_layer(path, rule, len(path) - 1), **quoted)


def _below(found: Any, path: Keys) -> Any:
    """Return the value at a path, or None if there is none."""
    for key in path:
        try:
            found = found[key]
        except (KeyError, IndexError, TypeError):
            return None
    return found


def _line(text: str, path: Keys) -> int:
    """Return the line of the value at a path, or of the last existing one on it. JSON is YAML, but for tabs."""
    node: Any = yaml.compose(text.replace("\t", " "), yaml.SafeLoader)
    line = node.start_mark.line
    for key in path:
        if isinstance(node, yaml.MappingNode):
            named, node = next((pair for pair in node.value if pair[0].value == key), (node, None))
        else:
            named = node = node.value[key] if isinstance(node, yaml.SequenceNode) else None
        line = named.start_mark.line if named else line
    return line + 1


def _of_pack(project: Project, stack: str | None) -> Iterator[Problem]:
    """Yield the mistakes that the schemas of the pack find; another pack than Slipway's has none."""
    pack = own_pack(project)
    if pack is not None:
        stacks = {*project.stacks(), *([stack] if stack else ())} if project.is_slipway else None
        yield from _of_folder(project.root / POLICIES, POLICIES, pack, stacks)


def _of_folder(folder: Path, shown: str, pack: PolicyPack, stacks: Collection[str] | None) -> Iterator[Problem]:
    for name, evaluated in ((LEVELS, _of_levels), (EXEMPTIONS, _of_exemptions)):
        file, schema = folder / name, _schema_file(pack, name)
        if file.is_file() and schema.is_file():
            yield from _read(file, f"{shown}/{name}", partial(evaluated, schema=_schema(schema), stacks=stacks))


def _schema_file(pack: PolicyPack, name: str) -> Path:
    return pack.path / f"{name.removesuffix('.yaml')}.schema.json"


Evaluated = Callable[[LocatedList], Iterator[Problem]]


def _read(file: Path, shown: str, evaluated: Evaluated) -> Iterator[Problem]:
    """Yield the mistakes of the only document of a file; nothing for an empty one."""
    try:
        documents = read_all(file, shown, lambda _: None)
    except InvalidSettings as error:
        yield from error.problems
        return
    if len(documents) > 1:
        yield Problem(Place(shown, documents.marks[1].line), "begins a second document: the file contains one")
    elif documents:
        yield from evaluated(documents)


@cache
def _schema(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text(encoding="utf-8"))


def _problem(documents: LocatedList, path: Iterable[Any], rule: str, **value: Any) -> Problem:
    """Return a problem at `path` below the document."""
    keys: Keys = tuple(path)
    mark = mark_at(documents, (0, *keys))
    return Problem(Place(mark.file, mark.line, keys), rule, **value)


def _of_levels(documents: LocatedList, schema: dict[str, Any], stacks: Collection[str] | None) -> Iterator[Problem]:
    for path, rule in _violations(_without_empty(documents[0]), schema):
        yield _problem(documents, path, _for_levels(path, rule, schema), **_value(documents, path))
    yield from _unknown_stacks(documents, [("stacks", name) for name in _keys(documents, ("stacks",))], stacks)


def _of_exemptions(documents: LocatedList, schema: dict[str, Any], stacks: Collection[str] | None) -> Iterator[Problem]:
    found = list(_violations(documents[0], schema))
    for path, rule in found:
        yield _problem(documents, path, rule, **_value(documents, path))
    if found:
        return
    yield from _unknown_stacks(documents, [(index, "stack") for index in range(len(documents[0]))], stacks)
    for index, entry in enumerate(documents[0]):
        since, expires = (date.fromisoformat(entry[key]) for key in ("since", "expires"))
        if not 0 <= (expires - since).days <= LONGEST_EXEMPTION:
            rule = f"is not within {LONGEST_EXEMPTION} days after since, the first day on which it applies"
            yield _problem(documents, (index, "expires"), rule, value=entry["expires"])


def _unknown_stacks(documents: LocatedList, paths: Iterable[Keys], stacks: Collection[str] | None) -> Iterator[Problem]:
    """Yield the stacks that do not exist: what is said of them would apply to none. A program that is not Slipway's has
    stacks without a file, so `stacks` is None."""
    for path in paths if stacks is not None else ():
        named = value_at(documents, (0, *path)) if path[-1] == "stack" else path[-1]
        if named not in (stacks or ()):
            rule = f"is not a stack of the project: there is no Pulumi.{named}.yaml{nearest(named, stacks or ())}"
            yield _problem(documents, path, rule)


def _keys(documents: LocatedList, path: Keys) -> list[str]:
    found = value_at(documents, (0, *path))
    return list(found) if isinstance(found, LocatedDict) else []


def _value(documents: LocatedList, path: Keys) -> dict[str, Any]:
    """Return the value to quote in a message, if there is a short one."""
    value = value_at(documents, (0, *path))
    return {} if value is None or isinstance(value, dict | list) else {"value": value}


def _without_empty(document: Any) -> Any:
    """Return the document without layers that say nothing."""
    if not isinstance(document, dict):
        return document
    parts = {key: value for key, value in document.items() if value is not None}
    for part in ("environments", "stacks"):
        if isinstance(parts.get(part), dict):
            parts[part] = {name: layer for name, layer in parts[part].items() if layer is not None}
    return parts


def _for_levels(path: Keys, rule: str, schema: dict[str, Any]) -> str:
    """Return the rule as it is called in a file of levels."""
    depth = len(path) - (1 if path[:1] == ("default",) else 2)
    rules = schema["$defs"]["Layer"]["properties"]
    if path[:1] == ("stacks",) and ((depth == 1 and path[-1] in rules) or path[-1] == "enforcementLevel"):
        return THRESHOLDS_ONLY
    if len(path) <= 1:
        return rule
    return _in_layer(path, rule, depth - 1) if depth else rule.replace("a known key", "an environment", 1)


def _in_layer(path: Keys, rule: str, depth: int) -> str:
    """Return the rule about a key, `depth` levels below a layer's own keys."""
    names = {0: "a rule", 1: f"a setting of {path[-2:][0]}"}
    return rule.replace("is not a known key", f"is not {names.get(depth, 'a known key')}", 1)


def _violations(document: Any, schema: dict[str, Any]) -> Iterator[tuple[Keys, str]]:
    """Yield where a document breaks its schema, and how."""
    from jsonschema import Draft202012Validator, FormatChecker

    validator = Draft202012Validator(schema, format_checker=FormatChecker(formats=["date"]))
    for error in validator.iter_errors(document):
        yield from _explained(error)


def _explained(error: Any) -> Iterator[tuple[Keys, str]]:
    path, wanted = tuple(error.absolute_path), error.validator_value
    if error.validator == "anyOf":
        # A rule has a level alone, or a mapping: what was written says which was meant.
        meant = 0 if isinstance(error.instance, str) else 1
        for each in error.context:
            if each.schema_path[0] == meant:
                yield from _explained(each)
    elif error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        for key in error.instance:
            if key not in known:
                yield (*path, key), f"is not a known key{nearest(key, known)}"
    elif error.validator == "required":
        # One error a key, which only the message names.
        yield from (((*path, key), "is required") for key in wanted if error.message.startswith(repr(key)))
    else:
        yield path, _rule(error.validator, wanted, error.instance)


def _rule(validator: str, wanted: Any, value: Any) -> str:
    if validator == "enum":
        return f"is not one of those that exist{nearest(value, map(str, wanted))}"
    rules = {
        "type": _TYPES.get(str(wanted), f"is not of type {wanted}"),
        "format": f"is not a day, for example {DAY}",
        "pattern": f"does not match {wanted}",
        "minimum": f"is less than {wanted}",
        "maximum": f"is more than {wanted}",
        "minLength": "must not be empty",
    }
    return rules.get(validator, f"breaks {validator}: {wanted}")


def _of_ledgers(project: Project) -> Iterator[Problem]:
    for file in sorted((project.root / ledger.FOLDER).glob("*.yaml")):
        yield from ledger_mistakes(file)


def ledger_mistakes(file: Path) -> Iterator[Problem]:
    """Yield the mistakes of a ledger's file."""
    yield from _read(file, f"{ledger.FOLDER}/{file.name}", _of_ledger)


def _of_ledger(documents: LocatedList) -> Iterator[Problem]:
    if not isinstance(documents[0], LocatedDict):
        yield _problem(documents, (), f"is not a mapping of URNs: write `<URN>: {ENTRY}`")
        return
    for urn, entry in documents[0].items():
        if not urn.startswith("urn:pulumi:") or urn.count("::") < 3:
            yield _problem(documents, (urn,), "is not a Pulumi URN, for example urn:pulumi:prod::shop::type::name")
        elif not isinstance(entry, LocatedDict) or not isinstance(entry.get("provider"), str):
            yield _problem(documents, (urn,), f"names no provider, for example {ENTRY}")
        elif not _is_named(entry.get("named")):
            yield _problem(documents, (urn, "named"), f"is not a mapping of text, for example {ENTRY}")


def _is_named(named: Any) -> bool:
    return named is None or (isinstance(named, LocatedDict) and all(isinstance(each, str) for each in named.values()))
