"""`slipway runbook`."""

from __future__ import annotations

import pytest

from tests.slipway.cli.conftest import Copy

AT = ("--at", "2026-12-01T10:00:00Z")


def test_it_prints_the_page(project: Copy) -> None:
    """As Markdown, the same for the same time."""
    run = project.slipway("runbook", "--stack", "prod", "--system", "kingstons", *AT)
    assert run.status == 0, run.err
    assert run.out.startswith("# Runbook: Kingstons, client products and revenue on prod\n")
    assert "Tue 2026-12-01 10:00" in run.out
    assert project.slipway("runbook", "--stack", "prod", "--system", "kingstons", *AT).out == run.out


def test_it_writes_a_page_for_a_browser(project: Copy) -> None:
    """To a file, and prints nothing."""
    file = project.root / "kingstons.html"
    run = project.slipway(
        "runbook", "--stack", "prod", "--system", "kingstons", "--format", "html", "--page", str(file)
    )
    assert (run.status, run.out) == (0, "")
    assert file.read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("system", "at", "message"),
    [
        ("fleat", AT, "did you mean 'fleet'"),
        ("monitoring-main", AT, "no system of its own"),
        ("fleet", ("--at", "2026-12-01 10:00"), "not a time with its zone, for example 2026-12-01T10:00:00Z"),
    ],
)
def test_bad_input(project: Copy, system: str, at: tuple[str, str], message: str) -> None:
    """Exit status 2, and what to pass instead."""
    run = project.slipway("runbook", "--stack", "prod", "--system", system, *at)
    assert run.status == 2
    assert message in run.err
