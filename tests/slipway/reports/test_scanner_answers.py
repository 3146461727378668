"""The answers to independent scanners are read, or refused with one clear sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.reports.scanner_answers import FILE, Answer, read
from slipway.settings.problems import InvalidSettings

ROOT = Path(__file__).parents[3]


def written(root: Path, text: str) -> Path:
    """A project with these answers."""
    (root / FILE).parent.mkdir()
    (root / FILE).write_text(text, encoding="utf-8")
    return root


def test_an_answer_knows_its_place(tmp_path: Path) -> None:
    """Scanner, checks, patterns, the sentence and the line that it begins on."""
    root = written(
        tmp_path, "# About.\nkube-score:\n  - checks: [a, b]\n    resources: [Job/*]\n    answer: It ends.\n"
    )
    assert read(root) == [Answer("kube-score", ("a", "b"), ("Job/*",), "It ends.", "policies/scanners.yaml:3")]


def test_a_project_s_own_answers_count_alone(tmp_path: Path) -> None:
    """Those that come with its program hold where it has no file."""
    (program := tmp_path / "program").mkdir()
    (project := tmp_path / "project").mkdir()
    answer = "  - {{checks: [a], resources: [Job/*], answer: {}}}\n"
    written(program, "checkov:\n" + answer.format("Theirs."))
    assert [each.answer for each in read(program, project)] == ["Theirs."]
    written(project, "checkov:\n" + answer.format("Ours."))
    assert [each.answer for each in read(program, project)] == ["Ours."]


def test_our_own_answers_are_well_formed() -> None:
    """Each is a sentence, and no two rows of one scanner say the same of the same check."""
    answers = read(ROOT)
    assert all(each.answer.endswith(".") for each in answers)
    rows = [(each.scanner, check, pattern) for each in answers for check in each.checks for pattern in each.resources]
    assert len(rows) == len(set(rows))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("trivy: []\n", "policies/scanners.yaml:1: trivy is not a scanner, for example checkov"),
        ("checkov: yes\n", "policies/scanners.yaml:1: checkov: is not a list of answers"),
        ("checkov:\n  - checks: [a]\n    resources: [b]\n", "policies/scanners.yaml:2: checkov[0]: is not an answer"),
        ("checkov:\n  - {checks: a, resources: [b], answer: c.}\n", "checkov[0]: is not an answer"),
        ("checkov:\n  - {checks: [], resources: [b], answer: c.}\n", "checkov[0]: is not an answer"),
        ("checkov:\n  - {checks: [a], resources: [b], answer: ' '}\n", "checkov[0]: is not an answer"),
        ("checkov:\n  - {checks: [a], resources: [b], answer: c., stack: prod}\n", "checkov[0]: is not an answer"),
    ],
)
def test_what_is_no_answer_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """One problem with file, line and key, and an example."""
    with pytest.raises(InvalidSettings) as caught:
        read(written(tmp_path, text))
    (problem,) = caught.value.problems
    assert message in str(problem)
    assert "for example" in str(problem)
