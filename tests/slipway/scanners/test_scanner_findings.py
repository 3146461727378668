"""An answer covers what it is about, no more, and is needed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slipway.reports.scanner_answers import Answer
from slipway.scanners.scanner_findings import Finding, covers, idle, unanswered

FINDING = Finding("checkov", "CKV_K8S_43", "prod", "Deployment/fleet/fleet-api-blue", "Image should use digest")
ANSWER = Answer("checkov", ("CKV_K8S_43",), ("Deployment/*",), "The rule `image-pins` covers it.", "scanners.yaml:2")


@pytest.mark.parametrize(
    ("answer", "covered"),
    [
        (ANSWER, True),
        (replace(ANSWER, resources=("Job/*", "Deployment/fleet/*-blue")), True),
        (replace(ANSWER, checks=("CKV_K8S_15", "CKV_K8S_43")), True),
        (replace(ANSWER, scanner="kube-score"), False),
        (replace(ANSWER, checks=("CKV_K8S_4",)), False),
        (replace(ANSWER, resources=("Deployment",)), False),
        (replace(ANSWER, resources=("deployment/*",)), False),
        (replace(ANSWER, resources=("*/kingstons/*",)), False),
    ],
)
def test_an_answer_is_about_a_scanner_checks_and_resources(answer: Answer, covered: bool) -> None:
    """All three must fit; a pattern is that of the whole kind and name."""
    assert covers(answer, FINDING) is covered


def test_what_no_answer_covers_is_reported_once_and_in_order() -> None:
    """The same finding in two documents is one."""
    other = replace(FINDING, resource="Job/fleet/migrate")
    earlier = replace(other, check="CKV_K8S_15")
    assert unanswered([other, FINDING, earlier, other], [ANSWER]) == [earlier, other]


def test_a_finding_says_where_it_is_and_what_is_wrong() -> None:
    """One line has all that an answer needs."""
    assert str(FINDING) == ("checkov CKV_K8S_43 on prod: Deployment/fleet/fleet-api-blue: Image should use digest")


def test_an_answer_that_something_needs_is_not_idle() -> None:
    """Nor is one of two that cover the same."""
    assert idle([ANSWER, replace(ANSWER, resources=("*",))], [FINDING], ["checkov"]) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"checks": ("CKV_K8S_43", "CKV_K8S_15")}, "nothing fails CKV_K8S_15 there any more"),
        ({"resources": ("Deployment/*", "Job/*")}, "Job/* matches nothing any more"),
    ],
)
def test_each_check_and_pattern_must_be_needed(changes: dict[str, tuple[str, ...]], message: str) -> None:
    """What was fixed leaves the file, where the sentence points to."""
    (sentence,) = idle([replace(ANSWER, **changes)], [FINDING], ["checkov"])
    assert sentence == f"scanners.yaml:2: {message}: remove it"


def test_answers_to_a_scanner_that_did_not_run_are_left_alone() -> None:
    """Without Go there is no kube-score, and nothing is known of what it would say."""
    assert idle([replace(ANSWER, scanner="kube-score")], [FINDING], ["checkov"]) == []
