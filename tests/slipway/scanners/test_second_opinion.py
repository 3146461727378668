"""What other judges find stands beside the pack's findings, under our rules' names where both look for the same."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from slipway.rehearsal.plan import Plan, Step
from slipway.reports import catalogue
from slipway.scanners import checkov, kube_score, second_opinion
from tests.rehearsed import ROOT

JOB = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "one", "namespace": "fleet"}}
URN = "urn:pulumi:staging::slipway::kubernetes:batch/v1:Job::fleet/one"
PLAN = Plan(
    "slipway", "staging", "o",
    (Step("create", URN, {"type": "kubernetes:batch/v1:Job", "inputs": JOB, "provider": "a::b::main::c"}),),
)  # fmt: skip
CHECKOV = """{"summary": {"parsing_errors": 0}, "results": {"failed_checks": [
  {"check_id": "CKV_K8S_16", "check_name": "Container should not be privileged", "resource": "Job.fleet.one"},
  {"check_id": "CKV_K8S_15", "check_name": "Image Pull Policy should be Always", "resource": "Job.fleet.one"}]}}"""
KUBE_SCORE = """[{"type_meta": {"kind": "Job"}, "object_meta": {"name": "one", "namespace": "fleet"}, "checks": [
  {"check": {"id": "container-resources"}, "skipped": false, "grade": 1, "comments": [{"summary": "No limit"}]},
  {"check": {"id": "stable-version"}, "skipped": false, "grade": 5, "comments": [{"summary": "Old"}]}]}]"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Scanners that find the same every time, and an answer to one of the findings."""
    for module, answer in ((checkov, CHECKOV), (kube_score, KUBE_SCORE)):
        program = tmp_path / module.NAME
        program.write_text(f"#!/bin/sh\ncat <<'END'\n{answer}\nEND\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setattr(module, "PROGRAM", program)
    (tmp_path / "policies").mkdir()
    answer = "checkov: [{checks: [CKV_K8S_15], resources: ['Job/fleet/*'], answer: Tags never move.}]\n"
    (tmp_path / "policies" / "scanners.yaml").write_text(answer)
    return tmp_path


def test_findings_without_an_answer_block(installed: Path) -> None:
    """Each names its scanner, its check and the resource; a check that we have no rule for keeps its name."""
    found = second_opinion.findings(PLAN, "staging", [installed])
    assert [(each.pack, each.policy, each.level, each.urn) for each in found] == [
        ("checkov", "container-hardening", "mandatory", URN),
        ("kube-score", "container-hardening", "mandatory", URN),
        ("kube-score", "stable-version", "mandatory", URN),
    ]
    assert found[0].message.startswith(
        "fleet/one (kubernetes:batch/v1:Job) fails CKV_K8S_16 of checkov: Container should"
    )


def test_findings_on_a_laptop_advise(installed: Path) -> None:
    assert {each.level for each in second_opinion.findings(PLAN, "local", [installed])} == {"advisory"}


@pytest.mark.parametrize("module", [checkov, kube_score])
@pytest.mark.usefixtures("installed")
def test_a_scanner_that_is_missing_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: object) -> None:
    """Never a judgement that looks whole."""
    monkeypatch.setattr(module, "PROGRAM", tmp_path / "nowhere")
    with pytest.raises(second_opinion.NotInstalled, match="make scanners"):
        second_opinion.findings(PLAN, "staging", [tmp_path])


def test_checks_agree_with_rules_that_exist() -> None:
    """And each with one only."""
    rules = {rule.name for concern in catalogue.read(ROOT / "policies", {}) for rule in concern.rules}
    assert second_opinion.RULES.keys() <= rules
    checks = [check for each in second_opinion.RULES.values() for check in each]
    assert len(checks) == len(set(checks))
