"""`slipway destroy --plan`: what leaving costs. Nothing is destroyed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from slipway.reports.leaving import leaving
from tests.rehearsed import rehearsed
from tests.slipway.cli.conftest import ROOT, Copy
from tests.slipway.cli.test_any_program import NO_PLANS_SHARED, PROGRAMS


@pytest.fixture
def shop(tmp_path: Path) -> Copy:
    """The small program, whose database is protected."""
    shutil.copytree(PROGRAMS / "shop", tmp_path / "shop")
    copy = Copy(tmp_path / "shop")
    copy.edit("__main__.py", '    "orders",\n', '    "orders",\n    pulumi.ResourceOptions(protect=True),\n')
    return copy


def test_the_page_shows_what_is_printed(shop: Copy) -> None:
    """docs/leave.md, of the small program; the order is below it."""
    run = shop.slipway("destroy", "--plan", "--stack", "dev", **NO_PLANS_SHARED)
    assert run.status == 0, run.everything
    page = (ROOT / "docs" / "leave.md").read_text(encoding="utf-8")
    assert page.partition("```text\n")[2].partition("```")[0] in run.out
    assert "shop: site-0, 1 resource" in run.out


def test_a_lock_of_the_cloud_is_named(shop: Copy) -> None:
    shop.edit("__main__.py", "multiAz=False", "deletionProtection=True")
    run = shop.slipway("destroy", "--plan", "--stack", "dev", "--format", "json", **NO_PLANS_SHARED)
    assert json.loads(run.out)["locked"] == [
        "orders (aws:rds/instance:Instance): set deletionProtection to false, and update"
    ]


def test_nothing_is_destroyed_without_the_plan_either(shop: Copy) -> None:
    run = shop.slipway("destroy", "--stack", "dev", **NO_PLANS_SHARED)
    assert (run.status, run.out) == (2, "")
    assert "pass --plan" in run.err


def test_systems_go_before_what_they_need() -> None:
    """Of a stack of Slipway's: systems, cluster services, foundation; what is protected is named by its URN."""
    made = rehearsed("prod")
    found = leaving(made.stack, made.rehearsal.plan)
    titles = [line.partition(": ")[2].partition(",")[0] for line in found["order"] if line.startswith("main: ")]
    assert titles[-2:] == ["cluster services", "foundation"]
    assert {"expenses", "smartwallet"} <= set(titles[:-2])
    assert found["protected"]
    assert any("the database" in line for line in found["goes"])
