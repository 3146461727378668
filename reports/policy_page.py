"""What follows from the pack's rules and the answers to scanners: the tables in `docs/policies.md`, and the JSON Schemas of
the pack's two files.

`python -m reports.policy_page --update | --verify`
"""

from __future__ import annotations

import argparse
import difflib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from reports import answers
from reports.answers import Answer
from reports.catalogue import Concern, Rule, read
from settings.problems import InvalidSettings
from settings.project import Project, find_project

PACK = "policies"
PAGE = Path("docs", "policies.md")
STACKS, EXEMPTIONS = Path(PACK, "stacks.schema.json"), Path(PACK, "exemptions.schema.json")
BEGIN = "<!-- Made by `make policies` from policies/rules/: what is changed between here and the end is lost. -->"
END = "<!-- The end of what is made. -->"
ANSWERS_BEGIN = (
    "<!-- Made by `make policies` from policies/scanners.yaml: what is changed between here and the end is lost. -->"
)
ANSWERS_END = "<!-- The end of the answers. -->"
UPDATE = "python -m reports.policy_page --update"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
LEVELS = ("advisory", "mandatory", "disabled")


def page(text: str, concerns: Sequence[Concern], answered: Sequence[Answer]) -> str:
    """The page with its tables made anew. Raises ValueError when one of its marks is missing."""
    text = _between(text, BEGIN, END, _tables(concerns))
    return _between(text, ANSWERS_BEGIN, ANSWERS_END, _answers(answered))


def _between(text: str, begin: str, end: str, lines: Iterator[str]) -> str:
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    if not after:
        raise ValueError(f"{PAGE}: the lines that begin and end the tables are missing")
    return "\n".join([before + begin, *lines, end + after])


def _tables(concerns: Sequence[Concern]) -> Iterator[str]:
    for concern in concerns:
        yield f"\n### {concern.name}\n\n{concern.about}\n"
        yield "| rule | what holds | level | asked for by | judges |"
        yield "|---|---|---|---|---|"
        yield from (_row(rule) for rule in concern.rules)
        thresholds = [line for rule in concern.rules for line in _thresholds(rule)]
        yield from ["", *thresholds] if thresholds else []
    yield ""


def _row(rule: Rule) -> str:
    return _cells(f"`{rule.name}`", rule.description, _level(rule), "; ".join(rule.clauses), rule.applies)


def _answers(answered: Sequence[Answer]) -> Iterator[str]:
    yield "\n| scanner | checks | resources | answer |"
    yield "|---|---|---|---|"
    for each in answered:
        yield _cells(
            each.scanner,
            *(", ".join(f"`{one}`" for one in many) for many in (each.checks, each.resources)),
            each.answer,
        )
    yield ""


def _cells(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _level(rule: Rule) -> str:
    """That of most stacks, and of those that differ."""
    levels = list(rule.levels.values())
    usual = max(levels, key=levels.count)
    others = [f"{stack}: {level}" for stack, level in rule.levels.items() if level != usual]
    return f"{usual} ({', '.join(others)})" if others else usual


def _thresholds(rule: Rule) -> Iterator[str]:
    for name, schema in rule.thresholds.items():
        default = json.dumps(schema["default"], ensure_ascii=False)
        yield f"- `{rule.name}`, `{name}` ({default}): {schema.get('description', '')}"


def stacks_schema(concerns: Sequence[Concern]) -> dict[str, Any]:
    """What `policies/stacks.yaml` may say."""
    rules = {rule.name: _entry(rule) for concern in concerns for rule in concern.rules}
    layer = {
        "type": "object",
        "properties": {"all": {"enum": list(LEVELS), "description": "The level of every rule."}} | rules,
        "additionalProperties": False,
    }
    return {
        "$schema": DIALECT,
        "title": "Levels and thresholds of Slipway's rules",
        "type": "object",
        "properties": {
            "default": {"$ref": "#/$defs/Layer", "description": "Holds for every stack."},
            "stacks": {
                "type": "object",
                "additionalProperties": {"$ref": "#/$defs/Layer"},
                "description": "What a stack, by its name, says over the default.",
            },
        },
        "additionalProperties": False,
        "$defs": {"Layer": layer},
    }


def _entry(rule: Rule) -> dict[str, Any]:
    level = {"enum": [*LEVELS, "remediate"] if rule.remedies else list(LEVELS)}
    thresholds = {name: dict(schema) for name, schema in rule.thresholds.items()}
    return {
        "description": rule.description,
        "anyOf": [
            level,
            {
                "type": "object",
                "properties": {"enforcementLevel": level} | thresholds,
                "additionalProperties": False,
            },
        ],
    }


def exemptions_schema(concerns: Sequence[Concern]) -> dict[str, Any]:
    """What `policies/exemptions.yaml` may say."""
    text = {"type": "string", "minLength": 1}
    properties = {
        "rule": {"enum": [rule.name for concern in concerns for rule in concern.rules]},
        "stack": text | {"description": "The stack in which it holds."},
        "resource": text | {"description": "The end of the resource's URN: Deployment::fleet/fleet-api-blue."},
        "reason": text | {"description": "Why, for whoever reads the finding."},
        "owner": text | {"description": "Who sees to it that it ends."},
        "expires": {"type": "string", "format": "date", "description": "The last day on which it holds, UTC."},
    }
    return {
        "$schema": DIALECT,
        "title": "Exemptions from Slipway's rules",
        "type": "array",
        "items": {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        },
    }


def files(project: Project) -> Mapping[Path, str]:
    """The text of each file that follows from the rules and the answers. Raises InvalidSettings and ValueError."""
    concerns = read(project.root / PACK, list(project.stacks()))
    return {
        PAGE: page((project.root / PAGE).read_text(encoding="utf-8"), concerns, answers.read(project.root)),
        STACKS: _json(stacks_schema(concerns)),
        EXEMPTIONS: _json(exemptions_schema(concerns)),
    }


def _json(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the files anew, or says how they differ; returns the exit status."""
    parser = argparse.ArgumentParser(description="Make what follows from the rules of the policy pack.")
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--update", action="store_true", help="write the files")
    action.add_argument("--verify", action="store_true", help="exit with 1 when a file is out of date")
    update = parser.parse_args(arguments).update
    project = find_project(Path())
    stale = 0
    for path, text in files(project).items():
        file = project.root / path
        current = file.read_text(encoding="utf-8") if file.is_file() else ""
        if update:
            file.write_text(text, encoding="utf-8")
        elif current != text:
            stale = 1
            difference = difflib.unified_diff(current.splitlines(), text.splitlines(), str(path), "rules", lineterm="")
            print("\n".join(difference), file=sys.stderr)
            print(f"{path} is out of date; run {UPDATE}", file=sys.stderr)
    return stale


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InvalidSettings as error:
        sys.exit("\n".join(map(str, error.problems)))
