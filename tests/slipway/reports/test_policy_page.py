"""The page of rules and the schemas of the pack's files say what the rules say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from slipway.reports.catalogue import Concern, Rule, read
from slipway.reports.policy_page import ANSWERS_BEGIN, ANSWERS_END, BEGIN, END, EXEMPTIONS, STACKS, files, page
from slipway.reports.scanner_answers import Answer
from slipway.settings.problems import InvalidSettings
from slipway.settings.project import find_project

ROOT = Path(__file__).parents[3]
MARKS = f"{BEGIN}{END}{ANSWERS_BEGIN}{ANSWERS_END}."


@pytest.fixture(scope="module")
def concerns() -> list[Concern]:
    """All rules, with their levels on the three stacks."""
    return read(ROOT / "policies", {"local": "local", "prod": "production", "staging": "staging"})


def rule(**changes: Any) -> Rule:
    parts: dict[str, Any] = {
        "name": "image-pins", "description": "Every image is pinned.", "why": "It moves", "clauses": ["CIS 5.1"],
        "severity": "high", "types": ["kubernetes:apps/v1:Deployment"], "of": "resource", "remedies": False,
        "thresholds": {}, "levels": {"prod": "mandatory"},
    }  # fmt: skip
    return Rule(**parts | changes)


def test_files_are_up_to_date() -> None:
    """What is committed is what the rules make: run `make policies` after a change."""
    for path, text in files(find_project(ROOT)).items():
        assert (ROOT / path).read_text() == text, path


def test_every_rule_says_who_wants_it(concerns: list[Concern]) -> None:
    """Each has a clause, a reason that is a sentence without its full stop, and blocks prod unless it only advises."""
    for each in (rule for concern in concerns for rule in concern.rules):
        assert each.clauses, each.name
        assert each.description.endswith("."), each.name
        assert not each.why.endswith("."), each.name
        assert set(each.levels) == {"local", "prod", "staging"}


def test_levels_of_stacks_that_differ_are_reported() -> None:
    """A row has the usual level, and beside it those of other stacks."""
    text = page(
        MARKS,
        [Concern("images", "About.", [rule(levels={"a": "mandatory", "b": "mandatory", "c": "advisory"})])],
        [],
    )
    assert "| `image-pins` | Every image is pinned. | mandatory (c: advisory) | CIS 5.1 | Deployment |" in text


def test_text_around_the_tables_stays() -> None:
    """Only what stands between the marks is made."""
    text = page(f"before {BEGIN} old {END} among {ANSWERS_BEGIN} older {ANSWERS_END} after", [], [])
    assert text.startswith("before ")
    assert " among " in text
    assert text.endswith(" after")
    assert "old" not in text


def test_answers_to_scanners_are_listed() -> None:
    """A row has the scanner, what it looks for, where, and the answer."""
    answer = Answer("checkov", ("CKV_1", "CKV_2"), ("Deployment/*",), "Either | or.", "scanners.yaml:2")
    assert "| checkov | `CKV_1`, `CKV_2` | `Deployment/*` | Either \\| or. |" in page(MARKS, [], [answer])


@pytest.mark.parametrize("mark", [BEGIN, END, ANSWERS_BEGIN, ANSWERS_END])
def test_page_without_its_marks_is_an_error(mark: str) -> None:
    """Nothing is lost where it is not clear what is made."""
    with pytest.raises(ValueError, match="are missing"):
        page(MARKS.replace(mark, ""), [], [])


@pytest.mark.parametrize(
    ("types", "words"),
    [
        ([], "every resource"),
        (
            ["aws:rds/instance:Instance", "azure-native:dbforpostgresql:Server"],
            "AWS rds Instance, Azure dbforpostgresql Server",
        ),
        (
            ["kubernetes:autoscaling/v1:HorizontalPodAutoscaler", "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"],
            "HorizontalPodAutoscaler",
        ),
        ([*(f"aws:s3/bucket:B{n}" for n in range(7)), "kubernetes:batch/v1:Job"], "7 types of AWS, Job"),
    ],
)
def test_where_a_rule_applies_in_words(types: list[str], words: str) -> None:
    """Few types are named, many are counted."""
    assert rule(types=types).applies == words


def test_schema_accepts_what_the_pack_reads() -> None:
    """The pack's own files are valid, and a level, threshold or rule that does not exist is not."""
    schema = json.loads((ROOT / STACKS).read_text())
    jsonschema.validate(yaml.safe_load((ROOT / "policies/stacks.yaml").read_text()), schema)
    for wrong in (
        {"default": {"all": "strict"}},
        {"environments": {"production": {"no-such-rule": "advisory"}}},
        {"environments": {"prod": {}}},
        {"stacks": {"prod": {"database-backups": "advisory"}}},
        {"stacks": {"prod": {"all": "advisory"}}},
        {"stacks": {"prod": {"database-backups": {"enforcementLevel": "advisory"}}}},
        {"default": {"database-backups": {"minimumRetentionDays": "seven"}}},
        {"default": {"database-backups": {"minimumRetention": 7}}},
        {"defaults": {}},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)


def test_schema_of_exemptions_wants_every_key() -> None:
    """An exemption without an end or an owner is none."""
    schema = json.loads((ROOT / EXEMPTIONS).read_text())
    entry = {
        "rule": "database-backups", "stack": "prod", "resource": "Instance::x", "reason": "r", "owner": "o",
        "since": "2027-01-01", "expires": "2027-01-31",
    }  # fmt: skip
    jsonschema.validate([entry], schema)
    for key in entry:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate([{name: value for name, value in entry.items() if name != key}], schema)


def test_pack_that_cannot_list_its_rules_is_an_error(tmp_path: Path) -> None:
    """The reason is told, as one line."""
    (tmp_path / "catalogue.py").write_text("import sys\nsys.exit('stacks.yaml: strict is no level')\n")
    with pytest.raises(InvalidSettings, match="strict is no level"):
        read(tmp_path, {})
