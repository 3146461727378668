"""`slipway release history` and `report`."""

from __future__ import annotations

import json

import pytest

from tests.slipway.cli.release.conftest import Release
from tests.slipway.ops.cluster.sample_release import ID, NEW, OLD, entry, spec, status
from tests.slipway.ops.cluster.server import Cluster

BEFORE = {
    "id": "ffffffffff",
    "version": OLD,
    "outcome": "RolledBack",
    "started": "2026-11-20T02:00:00Z",
    "ended": "2026-11-20T02:20:00Z",
    "reason": "step 1: 7 % errors, more than 5 %",
}
DONE = status(
    "Promoted",
    active="green",
    activeVersion=NEW,
    weights={"blue": 0, "green": 100},
    promoted="2026-11-21T02:45:00Z",
    watchUntil="2026-11-22T02:45:00Z",
    history=[entry("02:00:00", "admitted"), entry("02:30:00", "promoted early: | quiet night", "anna")],
    results=[
        {"name": "smoke/login", "passed": True, "detail": "200 in 84 ms", "at": "2026-11-21T02:01:00Z"},
        {"name": "load/1", "passed": False, "detail": "p95 0.9 s, more than 0.2 s", "at": "2026-11-21T02:02:00Z"},
    ],
    previous=[BEFORE],
    asked=["sign-off by Product owner"],
)


@pytest.fixture
def done(cluster: Cluster, release: Release) -> Cluster:
    wanted = spec(approvals=[{"role": "Product owner"}], migrations=[{"name": "005-use", "job": "migrate-1"}])
    cluster.put_release("fleet", "fleet", wanted, DONE)
    assert release("approve", "--system", "fleet", "--role", "Product owner", "--comment", "<b>fine</b>").status == 0
    return cluster


@pytest.mark.usefixtures("done")
def test_the_history_of_this_release_and_those_before(release: Release) -> None:
    run = release("history", "--system", "fleet")
    assert run.out.splitlines() == [
        f"fleet {NEW}: Promoted",
        "  2026-11-21 02:00:00 UTC  admitted",
        "  2026-11-21 02:30:00 UTC  promoted early: | quiet night (anna)",
        "",
        f"fleet {OLD}: RolledBack, 2026-11-20 02:00 UTC to 2026-11-20 02:20 UTC",
        "  step 1: 7 % errors, more than 5 %",
    ]
    found = json.loads(release("history", "--system", "fleet", "--format", "json").out)
    assert (found["id"], len(found["history"]), found["previous"][0]["outcome"]) == (ID, 2, "RolledBack")


@pytest.mark.usefixtures("done")
def test_the_report(release: Release) -> None:
    """Facts, steps, who decided what, evidence with figures; what people wrote is text."""
    text = release("report", "--system", "fleet").out
    assert text.startswith(f"# Release of fleet {NEW} on local\n\n**Promoted**\n")
    for line in (
        "| took | 45 minutes |",
        "| visitors | blue 0 %, green 100 % |",
        "| 10 % | 15 minutes |",
        "| 005-use | none | yes |",
        "| 2026-11-21 02:01 UTC | smoke/login | passed: 200 in 84 ms |",
        "| 2026-11-21 02:02 UTC | load/1 | **failed**: p95 0.9 s, more than 0.2 s |",
        "- sign-off by Product owner",
    ):
        assert line in text.splitlines()
    decisions = text.partition("## Decisions")[2].partition("##")[0]
    assert "approved as Product owner (before) (&#60;b&#62;fine&#60;/b&#62;)" in decisions
    assert "promoted early: &#124; quiet night | anna |" in decisions
    assert decisions.index("promoted early") < decisions.index("approved as")


@pytest.mark.usefixtures("done")
def test_the_report_for_programs(release: Release) -> None:
    found = json.loads(release("report", "--system", "fleet", "--format", "json").out)
    assert (found["outcome"], found["version"], found["traffic"]["active"]) == ("Promoted", NEW, "green")
    assert [each["by"] for each in found["approvals"]] == ["anna@example.com"]
    assert [each["passed"] for each in found["results"]] == [True, False]
    assert found["times"]["promoted"] == "2026-11-21T02:45:00Z"


def test_the_report_is_about_the_release_of_the_status(cluster: Cluster, release: Release) -> None:
    """Approvals of the next one are not its own, and it says that there is a next one."""
    wanted = spec(id="eeeeeeeeee", approvals=[{"role": "Product owner"}])
    cluster.put_release("fleet", "fleet", wanted, DONE)
    release("approve", "--system", "fleet", "--role", "Product owner")
    assert json.loads(release("report", "--system", "fleet", "--format", "json").out)["approvals"] == []
    assert "which `pulumi up` has not asked for yet." in release("report", "--system", "fleet").out


def test_a_release_that_nothing_happened_to(cluster: Cluster, release: Release) -> None:
    cluster.put_release("fleet", "fleet", spec(), {})
    assert "nothing happened yet" in release("history", "--system", "fleet").out
    assert "**Idle**" in release("report", "--system", "fleet").out
