"""Every heading and every step of the five runbooks is done by something, or by a person for a reason.

A file has the outline of one runbook. Below a heading, each entry of `done` is about the `steps` that it names, or about
the text below the heading. It has what does them now:

- `declared`: paths in the system's definition, or after `prod:` in a stack; parts of lists by name or number
- `instead`: why nothing has to be declared, or why the step is gone
- `tests`: tests that would fail if it were not done
- `sections`: the sections of the generated runbook that show it
- `person`: why a person must do it
- `missing`: what is not done yet
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from slipway.reports import runbook
from slipway.reports.runbook.blocks import Section
from slipway.reports.runbook.release_facts import Facts
from slipway.settings.load import load_stack
from slipway.settings.project import find_project
from slipway.settings.stacks import Slot
from tests.runbooks.outline import outline

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent
SEEDS = ROOT.parent / "shared" / "seeds"
SYSTEMS = ("fleet", "expenses", "smartwallet", "kingstons", "marketplace")
KEYS = {"steps", "declared", "instead", "tests", "sections", "person", "missing"}
STACK = "prod"
INFORMATION = {"Overview", "Reference/Links", "During/By itself/Migrations"}
"""Sections that say what is, where nothing is done."""

Entry = dict[str, Any]


@cache
def written(system: str) -> list[Entry]:
    return yaml.load((FOLDER / f"{system}.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)["headings"]


@cache
def facts(system: str) -> Facts:
    """The system in prod before its first version, so that all of its migrations are to come."""
    stack = load_stack(find_project(ROOT), STACK)
    (cluster,) = [each for each in stack.clusters.values() if system in each.systems]
    deployed = cluster.systems[system]
    empty = deployed.deployment.model_copy(update={"blue": Slot(), "green": Slot()})
    return Facts(stack, cluster, replace(deployed, deployment=empty), datetime(2026, 11, 30, 12, tzinfo=UTC))


def entries(system: str) -> Iterator[tuple[str, Entry]]:
    for heading in written(system):
        for entry in heading.get("done", []):
            yield heading["heading"], entry


def every() -> list[Any]:
    return [
        pytest.param(system, entry, id=f"{system}-{number}-{heading[:30]}")
        for system in SYSTEMS
        for number, (heading, entry) in enumerate(entries(system))
    ]


@cache
def generated(system: str) -> frozenset[str]:
    found: set[str] = set()

    def take(sections: list[Section], above: str) -> None:
        for section in sections:
            if not section.is_empty:
                found.add(f"{above}{section.title}")
                take(list(section.sections), f"{above}{section.title}/")

    take(runbook.sections(facts(system)), "")
    return frozenset(found)


@cache
def declared(system: str) -> Any:
    return facts(system).definition.model_dump(by_alias=True)


@cache
def clusters(stack: str) -> Any:
    text = (ROOT / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)["config"]["slipway:clusters"]


def at(value: Any, path: str) -> Any:
    """What stands at a path; keys with dots in them are found too. Raises KeyError."""
    if not path:
        return value
    items = {str(number): each for number, each in enumerate(value)} if isinstance(value, list) else value
    if isinstance(value, list):
        named = {each[key]: each for each in value if isinstance(each, dict) for key in ("name", "role") if key in each}
        items = {**named, **items}
    if not isinstance(items, dict):
        raise KeyError(path)
    for key in sorted(items, key=len, reverse=True):
        if path == key or path.startswith(f"{key}."):
            return at(items[key], path[len(key) + 1 :])
    raise KeyError(path)


def value_at(system: str, path: str) -> Any:
    stack, separator, rest = path.partition(":")
    return at(clusters(stack), rest) if separator else at(declared(system), path)


@cache
def functions(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return frozenset(each.name for each in tree.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("system", SYSTEMS)
def test_it_is_the_outline_of_the_runbook(system: str) -> None:
    """Each heading in its order and each step below it, where the runbooks lie beside the project."""
    found = list(SEEDS.glob(f"{SYSTEMS.index(system):03}_*"))
    if not found:
        pytest.skip("not run: the runbooks are not here")
    wanted = [(each.text, each.level, sorted(each.steps)) for each in outline(found[0].read_text(encoding="utf-8"))]
    assert [(each["heading"], each["level"], sorted(steps(each))) for each in written(system)] == wanted


def steps(heading: Entry) -> list[str]:
    return [step for entry in heading.get("done", []) for step in entry.get("steps", [])]


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_heading_is_done(system: str) -> None:
    """One without entries only holds the headings below it together."""
    headings = written(system)
    for number, heading in enumerate(headings):
        following = headings[number + 1]["level"] if number + 1 < len(headings) else 0
        assert heading.get("done") or following > heading["level"], heading["heading"]


@pytest.mark.parametrize(("system", "entry"), every())
def test_an_entry_says_what_does_it(system: str, entry: Entry) -> None:
    """A declaration, or why none; and a test, or what is missing, unless the page only informs."""
    assert set(entry) <= KEYS
    assert entry.get("declared") or entry.get("instead")
    assert entry.get("tests") or entry.get("missing") or set(entry["sections"]) <= INFORMATION


@pytest.mark.parametrize(("system", "entry"), every())
def test_what_is_named_exists(system: str, entry: Entry) -> None:
    """Declarations are there and say something, tests are functions of their files, sections are on the page."""
    for path in entry.get("declared", []):
        assert value_at(system, path) not in (None, "", [], {}), path
    for test in entry.get("tests", []):
        file, _, name = test.partition("::")
        assert name.startswith("test_"), test
        assert name in functions(file), test
    assert set(entry.get("sections", [])) <= generated(system)


@pytest.mark.parametrize(("system", "entry"), every())
def test_what_a_person_does_is_an_approval_an_attestation_or_a_review(system: str, entry: Entry) -> None:
    """So that it is asked for and recorded, or it is on the page that people read."""
    if "person" in entry:
        assert entry.get("sections"), entry
        assert any("By a person" in each or each in READ for each in entry["sections"]), entry


READ = {
    *("After/Reviews", "Rollback/Triggers", "Monitoring/Logs", "Contacts and escalation", "Timeline"),
    *("Timeline/Timetable of the participants", "Reference/Recovery"),
}
"""What tells people what to look at, besides what they are asked for."""


def test_a_path_that_is_none_is_found() -> None:
    """The walker is not content with anything."""
    assert at(declared("fleet"), "checks.health.path") == "/api/health"
    assert at(declared("smartwallet"), "metrics.User satisfaction (of 5).target") == 4.5
    assert at(clusters("prod"), "main.systems.smartwallet.blue.version") == "2.3.0"
    for path in ("checks.helth", "checks.99", "title.more", "services.fleet-api.portt"):
        with pytest.raises(KeyError):
            at(declared("fleet"), path)


def test_the_outline_of_a_page() -> None:
    """Headings, boxes, rows without their header, and the comments of what is typed; no output, and no heading in it."""
    text = """# A
- [ ] **one** `x`
| time | what |
|---|---|
| T-0 | go |
```bash
# two
ls
```
```
# output
```
## B
```sql
SELECT 1;
```
"""
    assert [(each.text, each.level, each.steps) for each in outline(text)] == [
        ("A", 1, ["one x", "T-0 | go", "two"]),
        ("B", 2, ["SELECT 1;"]),
    ]
