"""A plan that packs evaluate only if somebody asks them to."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.rehearsal import PolicyPack, PolicyPackError, Rehearsal, rehearse
from tests.forking import forked_workers

PROGRAM = """
import pulumi
class Thing(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("test:index:Thing", name, {"size": 11})
Thing("big")
"""
PACK = """
import pathlib
from pulumi_policy import *
def size(args, report):
    pathlib.Path("evaluated").touch()
    report("too large")
def count(args, report):
    report(f"{len(args.resources)} in all")
POLICIES = [ResourceValidationPolicy("size", "Sizes are small.", size), StackValidationPolicy("count", "Few things exist.", count)]
PolicyPack("pack", POLICIES)
"""
ALTERING = """
from pulumi_policy import *
def shrink(args):
    return {**args.props, "size": 1}
PolicyPack("pack", [ResourceValidationPolicy("size", "Sizes are small.", remediate=shrink, enforcement_level=EnforcementLevel.REMEDIATE)])
"""


def rehearsed(folder: Path, pack: str = PACK, *, evaluated: bool | None) -> Rehearsal:
    (folder / "pack").mkdir(exist_ok=True)
    (folder / "__main__.py").write_text(PROGRAM)
    (folder / "pack" / "PulumiPolicy.yaml").write_text("runtime: python\n")
    (folder / "pack" / "__main__.py").write_text(pack)
    later = None if evaluated is None else (lambda planned: bool(planned.plan.steps) and evaluated)
    with forked_workers():
        return rehearse(
            folder, project="p", stack="s", config={}, packs=[PolicyPack(folder / "pack")], is_evaluated=later
        )


def test_a_plan_that_nobody_asks_about(tmp_path: Path) -> None:
    """It is evaluated by no pack, and says so; no policy runs."""
    found = rehearsed(tmp_path, evaluated=False)
    assert found.findings == found.evaluated_by == ()
    assert not (tmp_path / "pack" / "evaluated").exists()


def test_a_plan_that_somebody_asks_about(tmp_path: Path) -> None:
    """Its findings are those of a plan that is evaluated at once."""
    later, at_once = rehearsed(tmp_path, evaluated=True), rehearsed(tmp_path, evaluated=None)
    assert {each.policy for each in later.findings} == {"size", "count"}
    assert later.findings == at_once.findings
    assert later.evaluated_by == at_once.evaluated_by
    assert later.plan == at_once.plan


def test_a_remediation_alters_a_plan_that_is_not_judged(tmp_path: Path) -> None:
    """It is part of the plan, as it is for the engine."""
    plans = [rehearsed(tmp_path, ALTERING, evaluated=evaluated).plan for evaluated in (False, None)]
    assert plans[0] == plans[1]


def test_a_pack_that_fails_when_it_is_asked(tmp_path: Path) -> None:
    """It fails the rehearsal, as it does at once."""
    with pytest.raises(PolicyPackError, match="policy size failed on"):
        rehearsed(tmp_path, PACK.replace('report("too large")', "raise ValueError"), evaluated=True)
